/**
 * The bound of each element under a tolerance, and the distance of a number from the reference in units of it.
 */

import type { TensorType } from '@rheo/ir';
import { isFloat } from '@rheo/ir';
import type { Expected, Tolerance } from './tolerance.ts';

/** Gives the bound of an element: C · |double − single| + ε · scale, at least 2^-126; 0 for integers and bools. */
export function boundsOf({ double, single, terms, type }: Expected, tolerance: Tolerance): (index: number) => number {
  if (!isFloat(type.dtype)) return () => 0;
  const { factor, epsilon, scale, floor = 0 } = tolerance;
  const unit = type.dtype === 'f64' ? epsilon * 2 ** -29 : epsilon;
  if (scale === 'result') {
    let spread = 0;
    let largest = floor;
    for (let i = 0; i < double.length; i++) {
      const d = double[i] as number;
      const difference = Math.abs(d - (single[i] as number));
      if (Number.isFinite(difference)) spread = Math.max(spread, difference);
      if (Number.isFinite(d)) largest = Math.max(largest, Math.abs(d));
    }
    const bound = Math.max(factor * spread + unit * largest, 2 ** -126);
    return () => bound;
  }
  return (index) => {
    const d = double[index] as number;
    const size = Math.max(floor, Math.abs(scale === 'terms' ? ((terms ?? double)[index] as number) : d));
    return Math.max(factor * Math.abs(d - (single[index] as number)) + unit * size, 2 ** -126);
  };
}

/** What the two precisions of the reference say about an element of a float. */
export type Verdict = 'number' | 'special' | 'open';

/**
 * `number` if both are finite; `special` if both are the same NaN or infinity; `open` where rounding alone decides
 * between a number, an infinity and NaN, so that the reference has nothing to say.
 */
export function verdictOf(type: TensorType, d: number, s: number): Verdict {
  const e = type.dtype === 'f32' ? Math.fround(d) : d;
  if (Number.isFinite(e) && Number.isFinite(s)) return 'number';
  return Number.isNaN(e) === Number.isNaN(s) && (Number.isNaN(e) || e === s) ? 'special' : 'open';
}

/** True if a number is what the reference has where that is NaN, an infinity, or a finite double beyond float32. */
export function sameSpecial(type: TensorType, d: number, g: number): boolean {
  const e = type.dtype === 'f32' ? Math.fround(d) : d;
  if (Number.isNaN(e)) return Number.isNaN(g);
  // For a finite double beyond float32, the largest float32 is as near as infinity.
  return g === e || (Number.isFinite(d) && g * Math.sign(e) > 3.4e38);
}
