/**
 * Expansions of ops that an emitter may lack into ops that every emitter has.
 *
 * The table is total: an op is either expanded, or `core`, which is what an emitter must have. Expansions keep NaN
 * and infinities; their error is stated where it is more than rounding. They emit through the builder they are
 * given, so what they use may be expanded in turn.
 */

import type { Attributes, Op, RuleTable, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { argmax, concat, dotAsSum, reduceMax, reverse } from './decompositions-arrays.ts';

/** Emits the meaning of an op in other ops; undefined where it has none for these operands. */
export type Decomposition<K extends Op> = (
  builder: ProgramBuilder,
  operands: readonly ValueId[],
  attributes: Attributes[K],
) => ValueId | undefined;

/** Expansions of all ops that are not core. */
export const decompositions: RuleTable<{ [K in Op]: Decomposition<K> | 'core' }> = {
  constant: 'core',
  iota: 'core',
  dimension: 'core',
  neg: (b, [x = 0]) => b.plain('mul', x, like(b, x, -1)),
  abs: (b, [x = 0]) => b.plain('max', x, b.plain('neg', x)),
  sign: (b, [x = 0]) => {
    const [zero, one] = [like(b, x, 0), like(b, x, 1)];
    const negative = b.plain('select', b.plain('lt', x, zero), like(b, x, -1), x);
    return b.plain('select', b.plain('lt', zero, x), one, negative);
  },
  floor,
  exp: 'core',
  // Kahan's form below 1, where exp(x) − 1 cancels.
  expm1: (b, [x = 0]) => {
    const one = like(b, x, 1);
    const u = b.plain('exp', x);
    const difference = b.plain('sub', u, one);
    const near = b.plain('div', b.plain('mul', difference, x), b.plain('log', u));
    const small = b.plain('select', b.plain('eq', u, one), x, near);
    return b.plain('select', b.plain('lt', b.plain('abs', x), one), small, difference);
  },
  log: 'core',
  log1p: (b, [x = 0]) => {
    const one = like(b, x, 1);
    const u = b.plain('add', one, x);
    const log = b.plain('log', u);
    const near = b.plain('div', b.plain('mul', x, log), b.plain('sub', u, one));
    const small = b.plain('select', b.plain('eq', u, one), x, near);
    return b.plain('select', b.plain('lt', b.plain('abs', x), one), small, log);
  },
  sin: 'core',
  // The rounding of the sum adds an absolute error of about |x| ulp.
  cos: (b, [x = 0]) => b.plain('sin', b.plain('add', x, like(b, x, Math.PI / 2))),
  sqrt: 'core',
  // −e / (e + 2) with e = expm1(−2|x|), which does not cancel near 0 nor overflow.
  tanh: (b, [x = 0]) => {
    const e = b.plain('expm1', b.plain('mul', b.plain('abs', x), like(b, x, -2)));
    const size = b.plain('div', b.plain('neg', e), b.plain('add', e, like(b, x, 2)));
    return b.plain('select', b.plain('lt', x, like(b, x, 0)), b.plain('neg', size), size);
  },
  logistic: (b, [x = 0]) => {
    const one = like(b, x, 1);
    return b.plain('div', one, b.plain('add', one, b.plain('exp', b.plain('neg', x))));
  },
  erf,
  add: 'core',
  sub: (b, [x = 0, y = 0]) => (b.type(x).dtype === 'u32' ? undefined : b.plain('add', x, b.plain('neg', y))),
  mul: 'core',
  div: 'core',
  // The sum is NaN where neither comparison holds.
  max: (b, [x = 0, y = 0]) => {
    const other = b.plain('select', b.plain('le', x, y), y, b.plain('add', x, y));
    return b.plain('select', b.plain('lt', y, x), x, other);
  },
  min: (b, [x = 0, y = 0]) => b.plain('neg', b.plain('max', b.plain('neg', x), b.plain('neg', y))),
  eq: 'core',
  lt: 'core',
  le: (b, [x = 0, y = 0]) => b.plain('or', b.plain('lt', x, y), b.plain('eq', x, y)),
  and: 'core',
  or: 'core',
  not: 'core',
  select: 'core',
  convert: 'core',
  reshape: 'core',
  transpose: 'core',
  broadcast: 'core',
  slice: 'core',
  pad: 'core',
  concat,
  reverse,
  gather: 'core',
  scatter_add: 'core',
  reduce_sum: 'core',
  reduce_max: reduceMax,
  argmax,
  dot: dotAsSum,
  random_bits: 'core',
  scan: 'core',
  while: 'core',
  call: 'core',
};

/** Through i32, which is exact below 2^23 where fractions end; f64 has fractions beyond what i32 holds. */
function floor(b: ProgramBuilder, [x = 0]: readonly ValueId[]): ValueId | undefined {
  const { dtype } = b.type(x);
  if (dtype !== 'f32') return undefined;
  const cut = b.one('convert', [b.one('convert', [x], { to: 'i32' })], { to: dtype });
  const below = b.plain('select', b.plain('lt', x, cut), b.plain('sub', cut, like(b, x, 1)), cut);
  return b.plain('select', b.plain('lt', b.plain('abs', x), like(b, x, 2 ** 23)), below, x);
}

/**
 * 2/√π · exp(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms all have the sign of x, up to |x| = 6; beyond, ±1.
 * NaN passes through the clamp, as max and min keep it.
 */
function erf(b: ProgramBuilder, [x = 0]: readonly ValueId[]): ValueId {
  const { dtype, shape } = b.type(x);
  const steps = 128;
  const clamped = b.plain('max', b.plain('min', x, like(b, x, 6)), like(b, x, -6));
  const square = b.plain('mul', clamped, clamped);
  const odd = b.constant(
    dtype,
    [steps],
    Array.from({ length: steps }, (_, n) => 2 / (2 * n + 3)),
  );
  const inner = new ProgramBuilder();
  const [square_, term, sum] = [square, clamped, clamped].map((id) => inner.param(b.type(id))) as [
    ValueId,
    ValueId,
    ValueId,
  ];
  const factor = inner.param({ dtype, shape: [] });
  const next = inner.plain('mul', term, inner.plain('mul', square_, inner.broadcast(factor, shape, [])));
  const body = inner.build([next, inner.plain('add', sum, next)]);
  const [, total = 0] = b.emit('scan', [square, clamped, clamped, odd], {
    body,
    length: steps,
    reverse: false,
    consts: 1,
    carries: 2,
  });
  const scale = b.plain('mul', b.plain('exp', b.plain('neg', square)), like(b, x, 2 / Math.sqrt(Math.PI)));
  return b.plain('mul', scale, total);
}

function like(b: ProgramBuilder, id: ValueId, value: number): ValueId {
  const { dtype, shape } = b.type(id);
  return b.fill(dtype, shape, value);
}
