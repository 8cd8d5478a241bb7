/**
 * Everything a program needs in one import: tensor functions, layers, training, data and the WebAssembly backend.
 *
 * Holds no code of its own. A bundler that finds this too much takes the packages one by one; their names are the same.
 */

export * from '@rheo/backend-wasm';
export * from '@rheo/core';
export * from '@rheo/data';
export * from '@rheo/layers';
export * from '@rheo/train';
