/**
 * Gradient clipping by norm: a gradient longer than the limit is scaled to it, a shorter one is left as it is.
 *
 * Written as g · limit / max(‖g‖, limit), which is Keras' `clipnorm` (each tensor by its own norm) and
 * `global_clipnorm` (all by the norm of all together); it is defined for a gradient of zero.
 */

import type { Tensor } from '@rheo/core';
import { add, div, max, mul, reduceSum, sqrt, square } from '@rheo/core';

/** Clips each gradient by its own norm. */
export function clipByNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  return gradients.map((gradient) => scaled(gradient, reduceSum(square(gradient)), limit));
}

/** Clips all gradients by the norm of all together. */
export function clipByGlobalNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  const squares = gradients.map((gradient) => reduceSum(square(gradient)));
  if (squares.length === 0) return [];
  const total = squares.reduce((sum, part) => add(sum, part));
  return gradients.map((gradient) => scaled(gradient, total, limit));
}

function scaled(gradient: Tensor, sumOfSquares: Tensor, limit: number): Tensor {
  const factor = div(limit, max(sqrt(sumOfSquares), limit));
  return mul(gradient, factor);
}
