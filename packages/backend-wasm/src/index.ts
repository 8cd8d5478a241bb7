/**
 * The WebAssembly backend of Rheo.
 */

export type { WasmBackend, WasmOptions } from './runtime/wasm.ts';
export { wasm } from './runtime/wasm.ts';
