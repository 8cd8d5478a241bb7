/**
 * Tensor functions that trace to a Program, gradients, parameter trees and random keys.
 */

export type { Backend, ErrorCode, ErrorDetails, TensorType } from '@rheo/ir';
export { isRheoError, RheoError, tensorType } from '@rheo/ir';
export { compile } from './compile.ts';
export * from './composites.ts';
export type { CustomGradient, ScanOptions } from './control.ts';
export { call, customGradient, inlineProgram, scan, stopGradient, whileLoop } from './control.ts';
export type { DeviceWatch } from './device-watch.ts';
export { watchDevice } from './device-watch.ts';
export * from './elementwise.ts';
export type { GradientOptions } from './gradient/vjp.ts';
export { gradient, vjp } from './gradient/vjp.ts';
export * from './initializers.ts';
export * from './movement.ts';
export * from './parameter.ts';
export { deriveKey, foldIn, key, splitKey } from './random.ts';
export type { Axes, DotAxes } from './reductions.ts';
export { argmax, dot, keepAxes, matmul, reduceMax, reduceMean, reduceSum } from './reductions.ts';
export type { ConstantOptions, NestedNumbers } from './sources.ts';
export { constant, dimension, full, iota, ones, randomBits, zeros } from './sources.ts';
export type { Operand } from './tensor.ts';
export { Tensor } from './tensor.ts';
export type { Traced } from './trace.ts';
export { trace } from './trace.ts';
export { withLayer } from './tracing.ts';
export * from './tree.ts';
export type { ValueAndGrad } from './value-and-grad.ts';
export { valueAndGrad } from './value-and-grad.ts';
