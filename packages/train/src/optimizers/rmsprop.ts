/**
 * RMSprop (Hinton, 2012) with momentum μ and centring, in the two forms that put ε and the rate η in different places:
 *   both       v' = ρ v + (1 − ρ) g²      a' = ρ a + (1 − ρ) g, only when centred; otherwise a' = 0
 *   keras      s = η g / √(v' − a'² + ε)          b' = μ b + s      p' = p − b'
 *   pytorch    s = g / (√(v' − a'²) + ε)          b' = μ b + s      p' = p − η b'
 * v' − a'² is held at 0 or above, where rounding may take it below. Gradients are clipped before anything else; weight
 * decay is as in `sgd`.
 */

import type { Tensor } from '@rheo/core';
import { add, div, max, mul, sqrt, square, sub } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { CommonOptions } from './common-options.ts';
import { commonConfig, commonRules, prepared, rateAt } from './common-options.ts';
import type { Optimizer, OptimizerInput, OptimizerOutput } from './optimizer.ts';

/** Options of `rmsprop`; all have defaults. */
export interface RmspropOptions extends CommonOptions {
  /** Base rate; default 0.001 for `keras`, 0.01 for `pytorch`. */
  readonly learningRate?: number;
  /** Share of the old mean of squares, between 0 and 1; default 0.9 for `keras`, 0.99 for `pytorch`. */
  readonly rho?: number;
  /** At least 0 and below 1; default 0. */
  readonly momentum?: number;
  /** Default 1e-7 for `keras`, 1e-8 for `pytorch`. */
  readonly epsilon?: number;
  /** Divides by the deviation of the gradients, not by their root mean square; default false. */
  readonly centered?: boolean;
}

/** RMSprop. Throws `argument` for an option out of range. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkOptions('rmsprop', options, {
    ...commonRules,
    rho: 'between 0 and 1',
    momentum: 'below 1',
    epsilon: 'positive',
    centered: 'flag',
  });
  const keras = options.variant !== 'pytorch';
  const { learningRate = keras ? 0.001 : 0.01, rho = keras ? 0.9 : 0.99, momentum = 0, centered = false } = options;
  const { epsilon = keras ? 1e-7 : 1e-8 } = options;
  const common = commonConfig('rmsprop', options, learningRate);
  const settings: Settings = { options, learningRate, rho, momentum, epsilon, centered };
  return {
    name: 'rmsprop',
    config: { ...common, rho, momentum, epsilon, centered },
    slots: ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['momentum'] : [])],
    schedule: options.decay,
    update: (input) => update(settings, input),
  };
}

type Settings = Required<Pick<RmspropOptions, 'learningRate' | 'rho' | 'momentum' | 'epsilon' | 'centered'>> & {
  readonly options: RmspropOptions;
};

function update(settings: Settings, input: OptimizerInput): OptimizerOutput {
  const { options, learningRate, rho, momentum, epsilon, centered } = settings;
  const rate = rateAt(options, learningRate, input);
  const { parameters, gradients } = prepared(options, rate, input);
  const keras = options.variant !== 'pytorch';
  const slot = (name: number, index: number): Tensor => input.slots[name]?.[index] as Tensor;
  const next: Tensor[] = [];
  const squares: Tensor[] = [];
  const means: Tensor[] = [];
  const speeds: Tensor[] = [];
  parameters.forEach((parameter, index) => {
    const gradient = gradients[index] as Tensor;
    let spread = add(mul(slot(0, index), rho), mul(square(gradient), 1 - rho));
    squares.push(spread);
    if (centered) {
      const mean = add(mul(slot(1, index), rho), mul(gradient, 1 - rho));
      means.push(mean);
      spread = max(sub(spread, square(mean)), 0);
    }
    let move = keras ? div(mul(gradient, rate), sqrt(add(spread, epsilon))) : div(gradient, add(sqrt(spread), epsilon));
    if (momentum > 0) {
      move = add(mul(slot(centered ? 2 : 1, index), momentum), move);
      speeds.push(move);
    }
    next.push(sub(parameter, keras ? move : mul(move, rate)));
  });
  const slots = [squares, ...(centered ? [means] : []), ...(momentum > 0 ? [speeds] : [])];
  return { parameters: next, slots };
}
