/**
 * The lowering of every op, as a table that is total by type.
 */

import { convert, div, eq, extreme, plain1, plain2, select, sign } from './elementwise.ts';
import { exp, expm1, function1, log, log1p } from './functions.ts';
import { cos, erf, logistic, sin, tanh } from './functions-bounded.ts';
import { broadcast, concat, gather, moving, pad, reshape, reverse, scatterAdd, slice, transpose } from './movement.ts';
import { dot, reduceMax, reduceSum } from './reduce.ts';
import type { LoweringTable } from './rule.ts';

/** See the head of this file. */
export const lowerings: LoweringTable = {
  constant: 'host',
  iota: 'host',
  dimension: 'host',
  neg: plain1('neg'),
  abs: plain1('abs'),
  sign,
  floor: plain1('floor'),
  exp: function1('exp', 'exp', exp),
  expm1: function1('expm1', 'expm1', expm1),
  log: function1('log', 'log', log),
  log1p: function1('log1p', 'log1p', log1p),
  sin: function1('sin', 'sin', sin),
  cos: function1('cos', 'cos', cos),
  sqrt: plain1('sqrt'),
  tanh: function1('tanh', 'tanh', tanh),
  logistic: function1('logistic', 'sigmoid', logistic),
  erf,
  add: plain2('add'),
  sub: plain2('sub'),
  mul: plain2('mul'),
  div,
  max: extreme('maximum'),
  min: extreme('minimum'),
  eq,
  lt: plain2('less'),
  le: plain2('lessEqual'),
  and: plain2('logicalAnd'),
  or: plain2('logicalOr'),
  not: plain1('logicalNot'),
  select,
  convert,
  reshape,
  transpose: moving(transpose),
  broadcast: moving(broadcast),
  slice: moving(slice),
  pad: moving(pad),
  concat: moving(concat),
  reverse: moving(reverse),
  gather: moving(gather),
  scatter_add: scatterAdd,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  argmax: 'host',
  dot,
  random_bits: 'host',
  scan: 'host',
  while: 'host',
  call: 'host',
};
