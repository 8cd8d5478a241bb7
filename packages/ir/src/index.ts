/**
 * The language of Rheo: types, ops, Programs, verifier, text form, reference interpreter, backend contract.
 */

export * from './backend.ts';
export * from './builder.ts';
export * from './errors.ts';
export * from './ops.ts';
export * from './program.ts';
export type { Fail } from './shape-checks.ts';
export type { ShapeRule } from './shape-rules.ts';
export { inferTypes, shapeRules } from './shape-rules.ts';
export * from './types.ts';
export { verify } from './verify.ts';
