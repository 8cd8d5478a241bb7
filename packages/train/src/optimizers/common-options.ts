/**
 * What SGD and RMSprop have in common: the rate with its schedule, clipping, and weight decay, which `keras` takes from
 * the parameters (p ← p − η λ p) and `pytorch` adds to the gradients (g ← g + λ p).
 */

import type { Operand, Tensor } from '@rheo/core';
import { add, mul, sub } from '@rheo/core';
import type { OptionRule } from '../check-options.ts';
import type { Progress, Schedule } from '../schedules/schedule.ts';
import { describeSchedule } from '../schedules/schedule.ts';
import type { ClipOptions } from './clip.ts';
import { clipConfig, clipped, clipRules } from './clip.ts';
import type { OptimizerConfig, OptimizerInput } from './optimizer.ts';

/** Options that these optimisers share. */
export interface CommonOptions extends ClipOptions {
  readonly learningRate?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Factor on the rate as training goes on. */
  readonly decay?: Schedule | undefined;
  /** Whose form of the update; default `keras`. */
  readonly variant?: 'keras' | 'pytorch';
}

/** Their rules, for `checkOptions`. */
export const commonRules: { readonly [option: string]: OptionRule } = {
  learningRate: 'not negative',
  weightDecay: 'not negative',
  ...clipRules,
  decay: 'given',
  variant: ['keras', 'pytorch'],
};

/** Their values as plain data. Throws `argument` when several ways of clipping are set. */
export function commonConfig(of: string, options: CommonOptions, learningRate: number): OptimizerConfig {
  const { weightDecay = 0, decay, variant = 'keras' } = options;
  return {
    learningRate,
    weightDecay,
    variant,
    ...clipConfig(of, options),
    decay: decay === undefined ? null : describeSchedule(decay),
  };
}

/** The rate of this step: a number where no schedule changes it. */
export function rateAt({ decay }: CommonOptions, learningRate: number, progress: Progress): Operand {
  return decay === undefined ? learningRate : mul(decay.factor(progress), learningRate);
}

/** Parameters and gradients after clipping and weight decay, at `rate`. */
export function prepared(
  options: CommonOptions,
  rate: Operand,
  { parameters, gradients }: OptimizerInput,
): { readonly parameters: readonly Tensor[]; readonly gradients: readonly Tensor[] } {
  const { weightDecay = 0, variant } = options;
  const pulls = clipped(options, gradients);
  if (weightDecay === 0) return { parameters, gradients: pulls };
  if (variant === 'pytorch') {
    const decayed = pulls.map((pull, index) => add(pull, mul(parameters[index] as Tensor, weightDecay)));
    return { parameters, gradients: decayed };
  }
  const share = typeof rate === 'number' ? rate * weightDecay : mul(rate, weightDecay);
  return { parameters: parameters.map((parameter) => sub(parameter, mul(parameter, share))), gradients: pulls };
}
