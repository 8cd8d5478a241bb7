/**
 * The meaning of every op, as a table that is total by type: the living definition of the language.
 */

import type { Op } from '../ops.ts';
import { call, scan, whileRule } from './control.ts';
import { binary, convert, logistic, mul, randomBits, select, unary } from './elementwise.ts';
import { erf } from './erf.ts';
import type { MeaningRule } from './kernel.ts';
import { offsets } from './kernel.ts';
import { broadcast, concat, gather, pad, reshape, reverse, scatterAdd, slice, transpose } from './movement.ts';
import { argmax, dot, reduceMax, reduceSum } from './reduce.ts';

/** Meanings of all ops. */
export const meanings: { readonly [K in Op]: MeaningRule<K> } = {
  constant: ({ value }, { result, allocate }) => {
    const data = allocate(result);
    data.set(value);
    return () => [data];
  },
  iota: ({ axis }, { result, allocate }) => {
    const data = allocate(result);
    data.set(
      offsets(
        result.shape,
        result.shape.map((_, i) => (i === axis ? 1 : 0)),
      ),
    );
    return () => [data];
  },
  dimension: ({ name }, { bindDim }) => {
    const size = Int32Array.of(bindDim(name));
    return () => [size];
  },
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  sqrt: unary(Math.sqrt),
  tanh: unary(Math.tanh),
  logistic: unary(logistic),
  erf: unary(erf),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul,
  div: binary((a, b) => a / b),
  max: binary((a, b) => Math.max(a, b)),
  min: binary((a, b) => Math.min(a, b)),
  eq: binary((a, b) => (a === b ? 1 : 0)),
  lt: binary((a, b) => (a < b ? 1 : 0)),
  le: binary((a, b) => (a <= b ? 1 : 0)),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  not: unary((x) => 1 - x),
  select,
  convert,
  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  reverse,
  gather,
  scatter_add: scatterAdd,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  argmax,
  dot,
  random_bits: randomBits,
  scan,
  while: whileRule,
  call,
};
