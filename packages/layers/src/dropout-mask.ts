/**
 * Inverted dropout with counter-based masks: equal keys give equal masks on every backend, and each time step and each
 * row draws its own. Which elements stay is decided on integers, so it never depends on rounding.
 */

import type { Tensor } from '@rheo/core';
import { add, iota, lt, mul, randomBits, select } from '@rheo/core';

/**
 * Sets elements to zero with probability `rate` and scales the rest by 1/(1 − rate).
 * `x` is [batch, units] with the index of its step, or [time, batch, units] without.
 */
export function dropoutMask(x: Tensor, rate: number, key: Tensor, index: Tensor | undefined): Tensor {
  const { shape } = x;
  const units = Number(shape.at(-1));
  const row = iota(shape, shape.length - 2, 'u32');
  const low = add(mul(row, units), iota(shape, shape.length - 1, 'u32'));
  const high = shape.length === 3 ? iota(shape, 0, 'u32') : (index ?? 0);
  const keep = 1 - rate;
  const stays = lt(randomBits(key, high, low, 24), Math.round(keep * 2 ** 24));
  return select(stays, mul(x, 1 / keep), 0);
}
