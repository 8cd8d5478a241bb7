/**
 * The cases of every op. The table is total by type: an op without cases does not compile.
 */

import type { Op } from '@rheo/ir';
import type { ConformanceCase } from '../conformance-case.ts';
import { dotCases } from './dot-cases.ts';
import { elementwiseCases } from './elementwise-cases.ts';
import { gatherCases, scatterCases } from './index-cases.ts';
import { movementCases } from './movement-cases.ts';
import { programCases } from './program-cases.ts';
import { argmaxCases, reduceMaxCases, reduceSumCases } from './reduce-cases.ts';
import { scanBodyCases } from './scan-body-cases.ts';
import { scanLengthCases, scanNestingCases } from './scan-nesting-cases.ts';
import { scanWiringCases } from './scan-wiring-cases.ts';
import { constantCases, convertCases, dimensionCases, iotaCases, randomBitsCases } from './source-cases.ts';
import { callCases, whileCases } from './while-call-cases.ts';

const floats = ['f32', 'f64'] as const;
const signed = ['f32', 'i32', 'f64'] as const;
const numeric = ['f32', 'i32', 'u32', 'f64'] as const;
const every = ['f32', 'i32', 'u32', 'bool', 'f64'] as const;

/** Makes the cases of each op. */
export const opCases: { readonly [K in Op]: () => ConformanceCase[] } = {
  constant: constantCases,
  iota: iotaCases,
  dimension: dimensionCases,
  neg: () => elementwiseCases('neg', signed, 1),
  abs: () => elementwiseCases('abs', signed, 1),
  sign: () => elementwiseCases('sign', signed, 1),
  floor: () => elementwiseCases('floor', floats, 1),
  exp: () => elementwiseCases('exp', floats, 1),
  expm1: () => elementwiseCases('expm1', floats, 1),
  log: () => elementwiseCases('log', floats, 1),
  log1p: () => elementwiseCases('log1p', floats, 1),
  sin: () => elementwiseCases('sin', floats, 1),
  cos: () => elementwiseCases('cos', floats, 1),
  sqrt: () => elementwiseCases('sqrt', floats, 1),
  tanh: () => elementwiseCases('tanh', floats, 1),
  logistic: () => elementwiseCases('logistic', floats, 1),
  erf: () => elementwiseCases('erf', floats, 1),
  add: () => elementwiseCases('add', numeric, 2),
  sub: () => elementwiseCases('sub', numeric, 2),
  mul: () => elementwiseCases('mul', numeric, 2),
  div: () => elementwiseCases('div', floats, 2),
  max: () => elementwiseCases('max', signed, 2),
  min: () => elementwiseCases('min', signed, 2),
  eq: () => elementwiseCases('eq', every, 2),
  lt: () => elementwiseCases('lt', numeric, 2),
  le: () => elementwiseCases('le', numeric, 2),
  and: () => elementwiseCases('and', ['bool'], 2),
  or: () => elementwiseCases('or', ['bool'], 2),
  not: () => elementwiseCases('not', ['bool'], 1),
  select: () => elementwiseCases('select', ['f32', 'i32', 'bool', 'f64'], 3),
  convert: convertCases,
  reshape: () => movementCases('reshape'),
  transpose: () => movementCases('transpose'),
  broadcast: () => movementCases('broadcast'),
  slice: () => movementCases('slice'),
  pad: () => movementCases('pad'),
  concat: () => movementCases('concat'),
  reverse: () => movementCases('reverse'),
  gather: gatherCases,
  scatter_add: scatterCases,
  reduce_sum: reduceSumCases,
  reduce_max: reduceMaxCases,
  argmax: argmaxCases,
  dot: dotCases,
  random_bits: randomBitsCases,
  scan: () => [
    ...scanWiringCases(),
    ...scanLengthCases(),
    ...scanNestingCases(),
    ...scanBodyCases(),
    ...programCases(),
  ],
  while: whileCases,
  call: callCases,
};
