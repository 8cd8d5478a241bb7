/**
 * Mean absolute error: for each item the mean of |output − target| over its features. Where they are equal the gradient
 * is 0.
 */

import { abs, reduceMean, sub } from '@rheo/core';
import type { Loss } from './loss.ts';
import { floatTargets } from './loss.ts';

/** Mean absolute error; takes as many target features as the model has outputs. */
export const meanAbsoluteError: Loss = {
  name: 'mean-absolute-error',
  prepareTargets: (targets, width, outputs) => floatTargets('meanAbsoluteError', targets, width, outputs),
  each: (outputs, targets) => reduceMean(abs(sub(outputs, targets)), -1),
};
