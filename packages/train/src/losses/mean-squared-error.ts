/**
 * Mean squared error: for each item the mean of (output − target)² over its features.
 */

import { reduceMean, square, sub } from '@rheo/core';
import type { Loss } from './loss.ts';
import { floatTargets } from './loss.ts';

/** Mean squared error; takes as many target features as the model has outputs. */
export const meanSquaredError: Loss = {
  name: 'mean-squared-error',
  prepareTargets: (targets, width, outputs) => floatTargets('meanSquaredError', targets, width, outputs),
  each: (outputs, targets) => reduceMean(square(sub(outputs, targets)), -1),
};
