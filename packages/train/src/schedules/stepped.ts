/**
 * Exponential decay in stairs: rate^⌊step / steps⌋ (PyTorch's StepLR, Keras' ExponentialDecay with `staircase`). Half a
 * step is added before the division, so that the stairs fall at the right step where division is not exact.
 */

import { add, div, exp, floor, mul } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { Schedule } from './schedule.ts';
import type { Span } from './span.ts';
import { checkSpan, spanConfig, spanSteps } from './span.ts';

/** Options of `stepped`: the factor of each stair, above 0, and its length. */
export interface SteppedOptions extends Span {
  readonly rate: number;
}

/** Exponential decay in stairs. Throws `argument` for an option out of range. */
export function stepped(options: SteppedOptions): Schedule {
  checkOptions('stepped', options, { rate: 'positive', steps: 'count', epochs: 'count' });
  checkOptions('stepped', { rate: options.rate ?? Number.NaN }, { rate: 'positive' });
  checkSpan('stepped', options);
  return {
    name: 'stepped',
    config: { rate: options.rate, ...spanConfig(options) },
    factor: ({ step, stepsPerEpoch }) =>
      exp(mul(floor(div(add(step, 0.5), spanSteps(options, stepsPerEpoch))), Math.log(options.rate))),
  };
}
