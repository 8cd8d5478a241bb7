/**
 * Program to ONNX.
 */

export type { OnnxOptions } from './to-onnx.ts';
export { toOnnx } from './to-onnx.ts';
