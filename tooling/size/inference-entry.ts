/** What a page that only runs a model loads: all of core, layers and the WebAssembly backend. Nothing of training or data. */
export * as backend from '@rheo/backend-wasm';
export * as core from '@rheo/core';
export * as layers from '@rheo/layers';
