/**
 * What every attribute of every op is made of: one table for the text form, the hash and the verifier.
 *
 * It is total by type in ops and in their attributes; its order is the order of the text form and of the hash.
 */

import type { Attributes, Op } from './ops.ts';

/** What an attribute holds. */
export type AttributeKind =
  | 'integer'
  | 'integers'
  | 'pair' // two lists of integers
  | 'numbers' // any numbers, NaN and infinities included
  | 'dim'
  | 'shape'
  | 'dimension' // name of a dimension
  | 'dtype'
  | 'flag'
  | 'text'
  | 'program'
  | 'gradient';

/** Kinds of the attributes of all ops. */
export const attributeKinds: {
  readonly [K in Op]: { readonly [A in keyof Attributes[K]]: AttributeKind };
} = {
  constant: { dtype: 'dtype', shape: 'integers', value: 'numbers' },
  iota: { dtype: 'dtype', shape: 'shape', axis: 'integer' },
  dimension: { name: 'dimension' },
  neg: {},
  abs: {},
  sign: {},
  floor: {},
  exp: {},
  expm1: {},
  log: {},
  log1p: {},
  sin: {},
  cos: {},
  sqrt: {},
  tanh: {},
  logistic: {},
  erf: {},
  add: {},
  sub: {},
  mul: {},
  div: {},
  max: {},
  min: {},
  eq: {},
  lt: {},
  le: {},
  and: {},
  or: {},
  not: {},
  select: {},
  convert: { to: 'dtype' },
  reshape: { shape: 'shape' },
  transpose: { permutation: 'integers' },
  broadcast: { shape: 'shape', axes: 'integers' },
  slice: { axis: 'integer', start: 'integer', limit: 'integer' },
  pad: { axis: 'integer', low: 'integer', high: 'integer' },
  concat: { axis: 'integer' },
  reverse: { axis: 'integer' },
  gather: { axis: 'integer' },
  scatter_add: { axis: 'integer', size: 'dim' },
  reduce_sum: { axes: 'integers' },
  reduce_max: { axes: 'integers' },
  argmax: { axis: 'integer' },
  dot: { contract: 'pair', batch: 'pair' },
  random_bits: { bits: 'integer' },
  scan: { length: 'dim', reverse: 'flag', consts: 'integer', carries: 'integer', body: 'program' },
  while: { consts: 'integer', cond: 'program', body: 'program' },
  call: { name: 'text', body: 'program', gradient: 'gradient' },
};

/** Attributes of an op in table order, as name and kind. */
export function attributesOf(op: Op): readonly (readonly [name: string, kind: AttributeKind])[] {
  return Object.entries<AttributeKind>(attributeKinds[op]);
}
