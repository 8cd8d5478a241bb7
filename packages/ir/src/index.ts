/**
 * The language of Rheo: types, ops, Programs, verifier, text form, reference interpreter, backend contract.
 */

export * from './backend.ts';
export * from './bind-dims.ts';
export * from './builder.ts';
export { Digest } from './digest.ts';
export * from './errors.ts';
export { hash } from './hash.ts';
export * from './ops.ts';
export * from './program.ts';
export { Queue, queueOf } from './queue.ts';
export type { EvaluateOptions } from './reference/evaluate.ts';
export { evaluate } from './reference/evaluate.ts';
export type { Precision } from './reference/prepare.ts';
export type { ReferenceOptions } from './reference/reference-backend.ts';
export { referenceBackend } from './reference/reference-backend.ts';
export type { Fail } from './shape-checks.ts';
export type { ShapeRule } from './shape-rules.ts';
export { inferTypes, shapeRules } from './shape-rules.ts';
export { parse } from './text/parse.ts';
export type { PrintOptions } from './text/print.ts';
export { print } from './text/print.ts';
export { threefry2x32 } from './threefry.ts';
export * from './types.ts';
export { verify } from './verify.ts';
