/**
 * How exact a single op is, in units in the last place of f32: what accuracy tables of engines are made of.
 */

import type { Expected, Tolerance } from './tolerance.ts';

/**
 * The largest error of an f32 result in units in the last place, at the scale of the tolerance: of the element, at least
 * of 1 for sin and cos, of the sum of absolute terms for sums. Nothing is counted where such a unit is below 2^-126, which
 * a backend may flush to zero, nor where the scale or the result is infinite or NaN. Undefined for other element types, for empty results, and for
 * tolerances that speak of whole Programs.
 */
export function ulpsOf(expected: Expected, got: ArrayLike<number>, tolerance: Tolerance): number | undefined {
  const { type, double, terms } = expected;
  const { scale, floor = 0 } = tolerance;
  if (type.dtype !== 'f32' || scale === 'result' || double.length === 0) return undefined;
  let worst = 0;
  for (let i = 0; i < double.length; i++) {
    const d = double[i] as number;
    const g = got[i] as number;
    const size = Math.max(floor, Math.abs(scale === 'terms' ? ((terms ?? double)[i] as number) : d));
    if (size < 2 ** -103 || !Number.isFinite(Math.fround(size)) || !Number.isFinite(g)) continue;
    worst = Math.max(worst, Math.abs(g - d) / unitAt(size));
  }
  return worst;
}

/** The distance of neighbouring f32 numbers at a size of at least 2^-103. */
function unitAt(size: number): number {
  let exponent = Math.floor(Math.log2(size));
  // log2 may round up to the next power.
  if (2 ** exponent > size) exponent--;
  return 2 ** (exponent - 23);
}
