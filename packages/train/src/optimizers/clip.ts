/**
 * Gradient clipping, in one of three ways. By norm, a gradient longer than the limit is scaled to it and a shorter one left
 * as it is; by value, each number of it is held between −limit and limit.
 *
 * By norm it is g · limit / max(‖g‖, limit), which is Keras' `clipnorm` (each tensor by its own norm) and
 * `global_clipnorm` (all by the norm of all together); it is defined for a gradient of zero. By value it is Keras'
 * `clipvalue` and PyTorch's `clip_grad_value_`.
 */

import type { Tensor } from '@rheo/core';
import { add, div, max, min, mul, reduceSum, sqrt, square } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { OptionRule } from '../check-options.ts';
import type { OptimizerConfig } from './optimizer.ts';

/** How gradients are clipped before anything else; one of them. */
export interface ClipOptions {
  /** Clips each tensor's gradient to this norm. */
  readonly clipNorm?: number | undefined;
  /** Clips all gradients together to this norm. */
  readonly clipGlobalNorm?: number | undefined;
  /** Clips each number of the gradients to this size. */
  readonly clipValue?: number | undefined;
}

/** Their rules, for `checkOptions`. */
export const clipRules: { readonly [way in keyof ClipOptions]-?: OptionRule } = {
  clipNorm: 'positive',
  clipGlobalNorm: 'positive',
  clipValue: 'positive',
};

/** Their values as plain data. Throws `argument` when several are set. */
export function clipConfig(of: string, { clipNorm, clipGlobalNorm, clipValue }: ClipOptions): OptimizerConfig {
  const ways = { clipNorm, clipGlobalNorm, clipValue };
  const set = Object.entries(ways).filter(([, limit]) => limit !== undefined);
  if (set.length > 1) {
    const names = set.map(([name]) => name).join(' and ');
    const what = `${of}: ${names} are ${set.length === 2 ? 'both' : 'all'} set`;
    throw new RheoError('argument', { from: '@rheo/train', what, where: set[0]?.[0], remedy: 'Use one of them' });
  }
  return {
    clipNorm: clipNorm ?? null,
    clipGlobalNorm: clipGlobalNorm ?? null,
    // Absent unless set: files of trainings without it stay as they were.
    ...(clipValue === undefined ? {} : { clipValue }),
  };
}

/** Gradients after clipping in the way that is set. */
export function clipped(
  { clipNorm, clipGlobalNorm, clipValue }: ClipOptions,
  gradients: readonly Tensor[],
): readonly Tensor[] {
  if (clipNorm !== undefined) return clipByNorm(gradients, clipNorm);
  if (clipGlobalNorm !== undefined) return clipByGlobalNorm(gradients, clipGlobalNorm);
  return clipValue === undefined ? gradients : clipByValue(gradients, clipValue);
}

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

/** Holds each number of the gradients between −limit and limit. */
export function clipByValue(gradients: readonly Tensor[], limit: number): Tensor[] {
  return gradients.map((gradient) => max(min(gradient, limit), -limit));
}

function scaled(gradient: Tensor, sumOfSquares: Tensor, limit: number): Tensor {
  const factor = div(limit, max(sqrt(sumOfSquares), limit));
  return mul(gradient, factor);
}
