/**
 * Which items a metric counts: all, or those where a mask is not 0. What the others hold is never looked at, be it NaN.
 */

import { RheoError } from '@rheo/ir';

/** Numbers on the host, in any array. */
export type Numbers = ArrayLike<number>;

/** Options that every metric takes. */
export interface MetricOptions {
  /** One entry per item; items with 0 or false do not count. */
  readonly mask?: ArrayLike<number | boolean> | undefined;
}

/** What two lists of numbers have in common, and who asks. */
export interface Compared {
  readonly of: string;
  readonly first: Numbers;
  readonly second: Numbers;
  /** Numbers per item; default 1. */
  readonly features?: number;
}

/**
 * Indices of the items that count. Throws `shape` unless both lists hold the same whole number of items, as many as the
 * mask has entries, and `value` when none counts.
 */
export function counted({ of, first, second, features = 1 }: Compared, { mask }: MetricOptions): number[] {
  const items = first.length / features;
  const wrong = (code: 'shape' | 'value', what: string, remedy: string): RheoError =>
    new RheoError(code, { from: '@rheo/train', what: `${of}: ${what}`, where: 'mask', remedy });
  if (first.length !== second.length || !Number.isInteger(items)) {
    const what = `${first.length} and ${second.length} numbers cannot be compared, ${features} per item`;
    throw wrong('shape', what, 'Give both as many numbers, a whole number of items');
  }
  if (mask !== undefined && mask.length !== items) {
    throw wrong('shape', `the mask has ${mask.length} entries for ${items} items`, 'Give one entry per item');
  }
  const indices = Array.from({ length: items }, (_, item) => item);
  const counting = mask === undefined ? indices : indices.filter((item) => Boolean(mask[item]));
  if (counting.length === 0) throw wrong('value', 'no item counts', 'Check the data and the mask');
  return counting;
}
