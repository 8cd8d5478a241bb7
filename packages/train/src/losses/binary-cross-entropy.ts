/**
 * Binary cross entropy from logits: w t · log(1 + e^−x) + (1 − t) · log(1 + e^x), through softplus, so it stays finite
 * however large the logits are; for each item the mean over its outputs, each output a yes or no of its own. Label
 * smoothing s takes the targets to t(1 − s) + s/2.
 */

import { add, mul, neg, reduceMean, softplus, sub } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import { checkOptions } from '../check-options.ts';
import type { Loss } from './loss.ts';
import { floatTargets } from './loss.ts';

/** Options of `binaryCrossEntropyWith`. */
export interface BinaryCrossEntropyOptions {
  /** How much more a yes counts than a no; default 1. */
  readonly positiveWeight?: number;
  /** Share of each target given to its opposite, from 0 to 1; default 0. */
  readonly labelSmoothing?: number;
}

/** Binary cross entropy from logits; takes as many targets, from 0 (no) to 1 (yes), as the model has outputs. */
export const binaryCrossEntropy: Loss = binaryCrossEntropyWith();

/** The same with yes weighted or targets smoothed. Throws `argument` for an option out of range. */
export function binaryCrossEntropyWith(options: BinaryCrossEntropyOptions = {}): Loss {
  checkOptions('binaryCrossEntropy', options, { positiveWeight: 'positive', labelSmoothing: 'from 0 to 1' });
  const { positiveWeight = 1, labelSmoothing = 0 } = options;
  const plain = positiveWeight === 1 && labelSmoothing === 0;
  return {
    name: 'binary-cross-entropy',
    ...(plain ? {} : { config: { positiveWeight, labelSmoothing } }),
    prepareTargets: (targets, width, outputs) => {
      const prepared = floatTargets('binaryCrossEntropy', targets, width, outputs);
      const wrong = prepared.data.findIndex((value) => !(value >= 0 && value <= 1));
      if (wrong < 0) return prepared;
      throw new RheoError('value', {
        from: '@rheo/train',
        what: `target ${prepared.data[wrong]} of item ${Math.floor(wrong / width)} is not from 0 to 1`,
        where: 'targets',
        remedy: 'Use 0 for no and 1 for yes; padded steps may have either',
      });
    },
    each: (outputs, targets) => {
      const yes = labelSmoothing === 0 ? targets : add(mul(targets, 1 - labelSmoothing), labelSmoothing / 2);
      const positive = mul(yes, softplus(neg(outputs)));
      const weighted = positiveWeight === 1 ? positive : mul(positive, positiveWeight);
      return reduceMean(add(weighted, mul(sub(1, yes), softplus(outputs))), -1);
    },
  };
}
