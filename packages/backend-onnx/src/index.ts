/**
 * The backend on ONNX Runtime.
 */

export type { OnnxBackendOptions } from './onnx.ts';
export { onnx } from './onnx.ts';
export type { OnnxRuntime, Provider } from './runtime.ts';
