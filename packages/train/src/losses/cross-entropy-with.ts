/**
 * Cross entropy with class weights and label smoothing: Σ wᵢ pᵢ (log Σ e^x − xᵢ), where p is the target (one-hot for a
 * label) smoothed to p(1 − s) + s / classes. This is PyTorch's rule of each item; the mean over items divides by their
 * number, as Keras does and as every loss here does, not by the sum of the weights of their labels.
 */

import type { Tensor } from '@rheo/core';
import { add, broadcast, constant, convert, eq, iota, keepAxes, logSumExp, mul, reduceSum, sub } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import { checkOptions } from '../check-options.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { Loss } from './loss.ts';

/** Options of `crossEntropyWith`. */
export interface CrossEntropyOptions {
  /** How much each class counts, one number of at least 0 for each; default 1. */
  readonly classWeights?: readonly number[];
  /** Share of each target spread over all classes, from 0 to 1; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross entropy from logits, of the targets that `crossEntropy` takes. Throws `argument` for an option out of range, and
 * when the targets are prepared unless there is one weight per class.
 */
export function crossEntropyWith(options: CrossEntropyOptions): Loss {
  checkOptions('crossEntropyWith', options, { classWeights: 'given', labelSmoothing: 'from 0 to 1' });
  const { classWeights, labelSmoothing = 0 } = options;
  const { name } = crossEntropy;
  const usable = (weight: number): boolean => Number.isFinite(weight) && weight >= 0;
  if (classWeights !== undefined && (!classWeights.every(usable) || !classWeights.some((weight) => weight > 0))) {
    throw wrongWeights(`classWeights are [${classWeights.slice(0, 20)}]`);
  }
  return {
    name,
    config: { labelSmoothing, ...(classWeights === undefined ? {} : { classWeights: [...classWeights] }) },
    prepareTargets: (targets, width, outputs) => {
      if (classWeights !== undefined && classWeights.length !== outputs) {
        throw wrongWeights(`there are ${classWeights.length} classWeights for ${outputs} outputs`);
      }
      return crossEntropy.prepareTargets?.(targets, width, outputs) as never;
    },
    each: (outputs, targets) => {
      const { shape } = outputs;
      const last = shape.length - 1;
      const probabilities = targets.dtype === 'i32' ? oneHot(targets, outputs) : targets;
      const classes = shape[last] as number;
      const smoothed =
        labelSmoothing === 0 ? probabilities : add(mul(probabilities, 1 - labelSmoothing), labelSmoothing / classes);
      const surprise = sub(keepAxes(logSumExp(outputs, -1), outputs, -1), outputs);
      const each = mul(smoothed, surprise);
      if (classWeights === undefined) return reduceSum(each, -1);
      return reduceSum(mul(each, broadcast(constant(classWeights), shape, [last])), -1);
    },
  };
}

function oneHot(labels: Tensor, outputs: Tensor): Tensor {
  const { shape, dtype } = outputs;
  const spread = broadcast(labels, shape, all(labels.shape));
  return convert(eq(iota(shape, shape.length - 1), spread), dtype);
}

function all(shape: readonly unknown[]): number[] {
  return shape.map((_, axis) => axis);
}

function wrongWeights(what: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/train',
    what: `crossEntropyWith: ${what}`,
    where: 'classWeights',
    remedy: 'Give one finite number of at least 0 per class, not all 0',
  });
}
