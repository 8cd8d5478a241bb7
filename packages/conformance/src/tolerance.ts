/**
 * How far a backend may be from the reference: bound = C · |double − single| + ε · scale, for each element of a float.
 *
 * `double` is the reference in double, `single` the reference rounded to float32 after every op: their distance says
 * how much this Program amplifies rounding here. ε · scale covers what that sample cannot see: another order of
 * summation, functions that are a few units in the last place off, a lucky rounding. Integers and bools are exact;
 * NaN must be NaN, an infinity must be that infinity. Below 2^-126 a backend may flush to zero, so this is the least
 * bound. ε is stated for f32; for f64 it shrinks with the unit in the last place.
 */

import type { TensorData, TensorType } from '@rheo/ir';
import { isFloat } from '@rheo/ir';
import { boundsOf, sameSpecial, verdictOf } from './bounds.ts';

/** What the scale is: the element; the largest of the result, but at least `floor`; or the sum of absolute terms. */
export type Scale = 'element' | 'result' | 'terms';

/** The constants of the rule. */
export interface Tolerance {
  readonly name: string;
  /** C. */
  readonly factor: number;
  /** ε for f32. */
  readonly epsilon: number;
  readonly scale: Scale;
  /** Least scale; 0 unless given. */
  readonly floor?: number;
}

const ulp = 2 ** -23;

/** Copies, integers, and what IEEE 754 defines to the bit but for the rounding of constants. */
export const roundedTolerance: Tolerance = { name: 'rounded', factor: 2, epsilon: ulp / 2, scale: 'element' };

/** One function of the language: 4 units in the last place. */
export const functionTolerance: Tolerance = { name: 'function', factor: 1, epsilon: 4 * ulp, scale: 'element' };

/** A function whose zeros cannot be hit relatively (sin, cos): 4 units of the last place of 1. */
export const boundedTolerance: Tolerance = {
  name: 'bounded',
  factor: 1,
  epsilon: 4 * ulp,
  scale: 'element',
  floor: 1,
};

/** One sum or product of matrices, in any order: relative to the sum of the absolute terms. */
export const sumTolerance: Tolerance = { name: 'sum', factor: 2, epsilon: 8 * ulp, scale: 'terms' };

/** Whole Programs, whose values are of the order of 1. */
export const programTolerance: Tolerance = {
  name: 'program',
  factor: 16,
  epsilon: 48 * ulp,
  scale: 'result',
  floor: 1,
};

/** Result of a comparison: the largest error in units of its bound, and where it is. */
export interface Deviation {
  readonly worst: number;
  readonly index: number;
  readonly expected: number;
  readonly got: number;
  readonly bound: number;
}

/** What one result should be. */
export interface Expected {
  readonly type: TensorType;
  readonly double: TensorData;
  readonly single: TensorData;
  /** Sums of absolute terms; needed for the scale `terms`. */
  readonly terms?: TensorData;
}

/** The element that is worst; `worst` above 1 breaks the rule. */
export function deviation(expected: Expected, got: ArrayLike<number>, tolerance: Tolerance): Deviation {
  const { double, single, type } = expected;
  const float = isFloat(type.dtype);
  const boundAt = boundsOf(expected, tolerance);
  let worst: Deviation = { worst: 0, index: -1, expected: 0, got: 0, bound: 0 };
  for (let i = 0; i < double.length; i++) {
    const d = double[i] as number;
    const g = got[i] as number;
    const bound = boundAt(i);
    let error: number;
    if (float) error = floatError(type, d, single[i] as number, g, bound);
    else error = g === d ? 0 : Number.POSITIVE_INFINITY;
    if (error > worst.worst || worst.index < 0) worst = { worst: error, index: i, expected: d, got: g, bound };
  }
  return worst;
}

/** Error in units of the bound. */
function floatError(type: TensorType, d: number, s: number, g: number, bound: number): number {
  const verdict = verdictOf(type, d, s);
  if (verdict === 'open') return 0;
  if (verdict === 'special') return sameSpecial(type, d, g) ? 0 : Number.POSITIVE_INFINITY;
  const error = Math.abs(g - d) / bound;
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
