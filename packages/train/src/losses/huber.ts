/**
 * Huber's loss (1964): with e = |output − target|, ½e² up to δ and δ(e − ½δ) beyond; for each item the mean over its
 * features. Written as ½q² + δ(e − q) with q = min(e, δ), which has no branch and the same gradient on both sides of δ.
 */

import { abs, add, min, mul, reduceMean, square, sub } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { Loss } from './loss.ts';
import { floatTargets } from './loss.ts';

/** Options of `huber`. */
export interface HuberOptions {
  /** Error from which on the loss grows linearly, in units of the targets; default 1. */
  readonly delta?: number;
}

/** Huber loss; takes as many target features as the model has outputs. Throws `argument` unless delta is above 0. */
export function huber(options: HuberOptions = {}): Loss {
  checkOptions('huber', options, { delta: 'positive' });
  const { delta = 1 } = options;
  return {
    name: 'huber',
    config: { delta },
    prepareTargets: (targets, width, outputs) => floatTargets('huber', targets, width, outputs),
    each: (outputs, targets) => {
      const error = abs(sub(outputs, targets));
      const quadratic = min(error, delta);
      return reduceMean(add(mul(square(quadratic), 0.5), mul(sub(error, quadratic), delta)), -1);
    },
  };
}
