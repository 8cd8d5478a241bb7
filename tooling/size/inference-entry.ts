/**
 * What a page that runs a trained CfC loads: the layers that it is made of, sequence and streaming prediction, and the
 * WebAssembly backend with its compiler; of core, all that these need (tracing, tensor functions, parameter trees).
 * No gradients, losses, first values or files; other cells and the wirings are only loaded by pages that name them.
 */
export { wasm } from '@rheo/backend-wasm';
export { cfc, linear, predictor, sequential, stream } from '@rheo/layers';
