/**
 * Stochastic gradient descent with momentum μ and Nesterov's look-ahead, in the two forms that differ when the rate η
 * changes on the way, and in what weight decay λ means:
 *   keras      p ← p − η λ p      v' = μ v − η g                      p' = p + v'     (Nesterov: p + μ v' − η g)
 *   pytorch    g ← g + λ p        v' = μ v + g (dampening 0)          p' = p − η v'   (Nesterov: p − η (g + μ v'))
 * Without momentum there is no state. Gradients are clipped before anything else.
 */

import type { Tensor } from '@rheo/core';
import { add, mul, sub } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import { checkOptions } from '../check-options.ts';
import type { CommonOptions } from './common-options.ts';
import { commonConfig, commonRules, prepared, rateAt } from './common-options.ts';
import type { Optimizer, OptimizerInput, OptimizerOutput } from './optimizer.ts';

/** Options of `sgd`; all have defaults. */
export interface SgdOptions extends CommonOptions {
  /** Base rate; default 0.01. */
  readonly learningRate?: number;
  /** At least 0 and below 1; default 0. */
  readonly momentum?: number;
  /** Looks ahead; needs momentum. Default false. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent. Throws `argument` for an option out of range. */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, { ...commonRules, momentum: 'below 1', nesterov: 'flag' });
  const { learningRate = 0.01, momentum = 0, nesterov = false } = options;
  if (nesterov && momentum === 0) {
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: 'sgd: nesterov without momentum',
      where: 'nesterov',
      remedy: 'Set momentum as well, such as sgd({ momentum: 0.9, nesterov: true })',
    });
  }
  const common = commonConfig('sgd', options, learningRate);
  const settings: Settings = { options, learningRate, momentum, nesterov };
  return {
    name: 'sgd',
    config: { ...common, momentum, nesterov },
    slots: momentum === 0 ? [] : ['momentum'],
    schedule: options.decay,
    update: (input) => update(settings, input),
  };
}

interface Settings {
  readonly options: SgdOptions;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

function update({ options, learningRate, momentum, nesterov }: Settings, input: OptimizerInput): OptimizerOutput {
  const rate = rateAt(options, learningRate, input);
  const { gradients, parameters } = prepared(options, rate, input);
  const keras = options.variant !== 'pytorch';
  const next: Tensor[] = [];
  const speeds: Tensor[] = [];
  parameters.forEach((parameter, index) => {
    const gradient = gradients[index] as Tensor;
    const pull = keras ? mul(gradient, rate) : gradient;
    let move = pull;
    if (momentum > 0) {
      const held = mul(input.slots[0]?.[index] as Tensor, momentum);
      const speed = keras ? sub(held, pull) : add(held, pull);
      speeds.push(speed);
      const ahead = mul(speed, momentum);
      if (keras) move = nesterov ? sub(pull, ahead) : mul(speed, -1);
      else move = nesterov ? add(pull, ahead) : speed;
    }
    next.push(sub(parameter, keras ? move : mul(move, rate)));
  });
  return { parameters: next, slots: momentum > 0 ? [speeds] : [] };
}
