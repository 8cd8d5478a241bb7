/**
 * Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019), with the two places in which frameworks
 * put epsilon:
 *   m' = β₁ m + (1 − β₁) g      v' = β₂ v + (1 − β₂) g²      c₁ = 1 − β₁ᵗ      c₂ = 1 − β₂ᵗ
 *   keras      p' = p − η √c₂ / c₁ · m' / (√v' + ε)
 *   pytorch    p' = p − η / c₁ · m' / (√v' / √c₂ + ε)
 * AdamW first takes η · weightDecay · p away. The corrections are −expm1(t · log β): 1 − β^t loses five digits in
 * float32. Gradients are clipped before anything else.
 */

import type { Tensor } from '@rheo/core';
import { add, div, expm1, mul, neg, sqrt, square, sub } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Schedule } from '../schedules/schedule.ts';
import { describeSchedule } from '../schedules/schedule.ts';
import type { ClipOptions } from './clip.ts';
import { clipConfig, clipped } from './clip.ts';
import type { Optimizer, OptimizerConfig, OptimizerInput, OptimizerOutput } from './optimizer.ts';

/** Where epsilon goes, and which framework's defaults hold. */
export type AdamVariant = 'keras' | 'pytorch';

/** Options of `adam`; all have defaults. */
export interface AdamOptions extends ClipOptions {
  /** Base rate; default 0.001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7 for `keras`, 1e-8 for `pytorch`. */
  readonly epsilon?: number;
  /** Factor on the rate as training goes on. */
  readonly decay?: Schedule | undefined;
  /** Default `keras`. */
  readonly variant?: AdamVariant;
}

/** Options of `adamw`. */
export interface AdamwOptions extends AdamOptions {
  /** Share of a parameter taken away per step, times the rate; default 0.004 for `keras`, 0.01 for `pytorch`. */
  readonly weightDecay?: number;
}

/** Adam. Throws `argument` for an option out of range. */
export function adam(options: AdamOptions = {}): Optimizer {
  return make('adam', options, 0);
}

/** Adam with decoupled weight decay on every trainable parameter. Throws `argument` for an option out of range. */
export function adamw(options: AdamwOptions = {}): Optimizer {
  const { weightDecay = options.variant === 'pytorch' ? 0.01 : 0.004, ...rest } = options;
  return make('adamw', rest, weightDecay);
}

interface Settings extends ClipOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly variant: AdamVariant;
  readonly decay: Schedule | undefined;
}

function make(name: string, options: AdamOptions, weightDecay: number): Optimizer {
  const variant = options.variant ?? 'keras';
  const settings: Settings = {
    learningRate: options.learningRate ?? 1e-3,
    beta1: options.beta1 ?? 0.9,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? (variant === 'pytorch' ? 1e-8 : 1e-7),
    weightDecay,
    variant,
    clipNorm: options.clipNorm,
    clipGlobalNorm: options.clipGlobalNorm,
    clipValue: options.clipValue,
    decay: options.decay,
  };
  check(name, options, settings);
  const { decay, clipNorm: _norm, clipGlobalNorm: _global, clipValue: _value, ...numbers } = settings;
  const config: OptimizerConfig = {
    ...numbers,
    ...clipConfig(name, options),
    decay: decay === undefined ? null : describeSchedule(decay),
  };
  return { name, config, slots: ['m', 'v'], schedule: decay, update: (input) => update(settings, input) };
}

function update(settings: Settings, input: OptimizerInput): OptimizerOutput {
  const { learningRate, beta1, beta2, epsilon, weightDecay, variant, decay } = settings;
  const { parameters, step, slots } = input;
  const gradients = clipped(settings, input.gradients);

  const count = add(step, 1);
  const correction = (beta: number): Tensor => neg(expm1(mul(count, Math.log(beta))));
  const c1 = correction(beta1);
  const root2 = sqrt(correction(beta2));
  const rate = decay === undefined ? learningRate : mul(decay.factor(input), learningRate);
  const scale = variant === 'keras' ? div(mul(root2, rate), c1) : div(rate, c1);

  const next: Tensor[] = [];
  const firsts: Tensor[] = [];
  const seconds: Tensor[] = [];
  parameters.forEach((parameter, index) => {
    const gradient = gradients[index] as Tensor;
    const m = add(mul(slots[0]?.[index] as Tensor, beta1), mul(gradient, 1 - beta1));
    const v = add(mul(slots[1]?.[index] as Tensor, beta2), mul(square(gradient), 1 - beta2));
    const deviation = variant === 'keras' ? sqrt(v) : div(sqrt(v), root2);
    const moved = mul(div(m, add(deviation, epsilon)), scale);
    const kept =
      weightDecay === 0
        ? parameter
        : sub(parameter, mul(parameter, typeof rate === 'number' ? rate * weightDecay : mul(rate, weightDecay)));
    next.push(sub(kept, moved));
    firsts.push(m);
    seconds.push(v);
  });
  return { parameters: next, slots: [firsts, seconds] };
}

function check(name: string, options: AdamOptions, settings: Settings): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, variant } = settings;
  const { clipNorm = 1, clipGlobalNorm = 1, clipValue = 1 } = settings;
  const wrong = (what: string, where: string, remedy: string): RheoError =>
    new RheoError('argument', { from: '@rheo/train', what: `${name}: ${what}`, where, remedy });
  const known = Object.keys(settings).filter((option) => name === 'adamw' || option !== 'weightDecay');
  for (const option of Object.keys(options)) {
    if (!known.includes(option))
      throw wrong(`no option "${option.slice(0, 80)}"`, option, `There are ${known.join(', ')}`);
  }
  if (variant !== 'keras' && variant !== 'pytorch') {
    throw wrong(`variant is ${String(variant)}`, 'variant', 'It takes "keras" or "pytorch"');
  }
  const numbers: readonly (readonly [string, number, (value: number) => boolean, string])[] = [
    ['learningRate', learningRate, (x) => x >= 0, 'a finite number of at least 0'],
    ['beta1', beta1, (x) => x > 0 && x < 1, 'a number between 0 and 1'],
    ['beta2', beta2, (x) => x > 0 && x < 1, 'a number between 0 and 1'],
    ['epsilon', epsilon, (x) => x > 0, 'a finite number above 0'],
    ['weightDecay', weightDecay, (x) => x >= 0, 'a finite number of at least 0'],
    ['clipNorm', clipNorm, (x) => x > 0, 'a finite number above 0'],
    ['clipGlobalNorm', clipGlobalNorm, (x) => x > 0, 'a finite number above 0'],
    ['clipValue', clipValue, (x) => x > 0, 'a finite number above 0'],
  ];
  for (const [option, value, fits, takes] of numbers) {
    if (!Number.isFinite(value) || !fits(value)) throw wrong(`${option} is ${value}`, option, `It takes ${takes}`);
  }
}
