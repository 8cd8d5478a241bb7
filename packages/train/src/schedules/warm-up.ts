/**
 * Linear warm-up: from + (1 − from) t / T for the steps t < T, then another schedule that counts from T on (PyTorch's
 * LinearLR in a SequentialLR).
 */

import { add, lt, max, mul, select, sub } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import { constantRate } from './constant-rate.ts';
import type { Schedule } from './schedule.ts';
import { describeSchedule } from './schedule.ts';
import type { Span } from './span.ts';
import { checkSpan, spanConfig, spanSteps } from './span.ts';

/** Options of `warmUp`: how long it rises. */
export interface WarmUpOptions extends Span {
  /** Factor at the first step, from 0 to 1; default 0. */
  readonly from?: number;
  /** What follows; the full rate unless given. */
  readonly next?: Schedule;
}

/** Linear warm-up before another schedule. Throws `argument` for an option out of range. */
export function warmUp(options: WarmUpOptions): Schedule {
  checkOptions('warmUp', options, { from: 'from 0 to 1', next: 'given', steps: 'count', epochs: 'count' });
  checkSpan('warmUp', options);
  const { from = 0 } = options;
  const after = options.next ?? constantRate();
  return {
    name: 'warm-up',
    config: { from, ...spanConfig(options), next: describeSchedule(after) },
    decision: after.decision,
    factor: ({ step, stepsPerEpoch, decided }) => {
      const steps = spanSteps(options, stepsPerEpoch);
      const rising = add(mul(step, (1 - from) / steps), from);
      return select(lt(step, steps), rising, after.factor({ step: max(sub(step, steps), 0), stepsPerEpoch, decided }));
    },
  };
}
