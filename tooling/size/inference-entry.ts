/**
 * What a page that runs models loads: every layer, sequence and streaming prediction, and the WebAssembly backend with its
 * compiler; of core, all that these need (tracing, tensor functions, parameter trees). No gradients, losses or files.
 */
export { wasm } from '@rheo/backend-wasm';
export * from '@rheo/layers';
