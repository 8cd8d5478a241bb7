/**
 * Random sequences that exports are tried on: values in ±1, elapsed times of 0 … 2 with zeros among them, observation flags.
 * Seeded, so that a check says the same each time.
 */

import { RandomState } from '@rheo/data';

/** Sequences of one batch and length, row after row. */
export interface TrialSequences {
  readonly batch: number;
  readonly time: number;
  /** [batch, time, features] */
  readonly values: Float32Array;
  /** [batch, time] */
  readonly dt: Float32Array;
  /** [batch, time, features], 0 or 1. */
  readonly observed: Float32Array;
}

/** Batches and lengths that are tried: one step, a few, many. */
export const trialSizes: readonly (readonly [batch: number, time: number])[] = [
  [3, 1],
  [2, 7],
  [1, 500],
];

/** The sequences of a size. */
export function trialSequences(batch: number, time: number, features: number): TrialSequences {
  const random = new RandomState(batch * 1000 + time);
  const draw = (count: number, from: (u: number) => number): Float32Array =>
    Float32Array.from({ length: count }, () => from(random.rand()));
  return {
    batch,
    time,
    values: draw(batch * time * features, (u) => 2 * u - 1),
    dt: draw(batch * time, (u) => (u < 0.1 ? 0 : 2 * u)),
    observed: draw(batch * time * features, (u) => (u < 0.3 ? 0 : 1)),
  };
}

/** The largest difference, of numbers above 1 as a part of them; NaN where one is. */
export function largestDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.NaN;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const x = wanted[i] ?? Number.NaN;
    const difference = Math.abs(x - (found[i] ?? Number.NaN)) / Math.max(1, Math.abs(x));
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}
