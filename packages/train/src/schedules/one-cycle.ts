/**
 * One cycle (Smith and Topin, 2018, in two phases as PyTorch's OneCycleLR has it): with T steps the factor rises from
 * `initial` to 1 until step `rise` · T − 1 and falls to `final` until step T − 1, each along half a cosine or a line.
 * After the cycle it stays at `final`. Momentum is not cycled.
 */

import type { Tensor } from '@rheo/core';
import { add, cos, lt, min, mul, select, sub } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { Schedule } from './schedule.ts';
import type { Span } from './span.ts';
import { checkSpan, spanConfig, spanSteps } from './span.ts';

/** Options of `oneCycle`: its length and its turning points. */
export interface OneCycleOptions extends Span {
  /** Share of the steps in which the rate rises, between 0 and 1; default 0.3. */
  readonly rise?: number;
  /** Factor at the first step; default 1/25. */
  readonly initial?: number;
  /** Factor at the last step; default `initial` / 10,000. */
  readonly final?: number;
  /** Default `cosine`. */
  readonly shape?: 'cosine' | 'linear';
}

/** One cycle up to the base rate and down. Throws `argument` for an option out of range. */
export function oneCycle(options: OneCycleOptions): Schedule {
  checkOptions('oneCycle', options, {
    rise: 'between 0 and 1',
    initial: 'from 0 to 1',
    final: 'from 0 to 1',
    shape: ['cosine', 'linear'],
    steps: 'count',
    epochs: 'count',
  });
  checkSpan('oneCycle', options);
  const { rise = 0.3, initial = 1 / 25, shape = 'cosine' } = options;
  const { final = initial / 1e4 } = options;
  return {
    name: 'one-cycle',
    config: { rise, initial, final, shape, ...spanConfig(options) },
    factor: ({ step, stepsPerEpoch }) => {
      const steps = spanSteps(options, stepsPerEpoch);
      const top = rise * steps - 1;
      const end = Math.max(steps - 1, 1);
      const falling = between(
        shape,
        1,
        final,
        mul(sub(min(step, end), Math.max(top, 0)), 1 / (end - Math.max(top, 0))),
      );
      return top > 0 ? select(lt(step, top), between(shape, initial, 1, mul(step, 1 / top)), falling) : falling;
    },
  };
}

/** From `start` to `stop` as `share` goes from 0 to 1. */
function between(shape: 'cosine' | 'linear', start: number, stop: number, share: Tensor): Tensor {
  if (shape === 'linear') return add(mul(share, stop - start), start);
  return add(mul(add(cos(mul(share, Math.PI)), 1), (start - stop) / 2), stop);
}
