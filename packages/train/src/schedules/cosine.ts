/**
 * Cosine annealing (Loshchilov and Hutter, SGDR, ICLR 2017, without restarts): final + (1 − final) ½ (1 + cos(π t / T)),
 * t the step, at most T; afterwards the rate stays where it ended.
 */

import { add, cos, min, mul } from '@rheo/core';
import { checkOptions } from '../check-options.ts';
import type { Schedule } from './schedule.ts';
import type { Span } from './span.ts';
import { checkSpan, spanConfig, spanSteps } from './span.ts';

/** Options of `cosine`: how long it falls, and to which factor. */
export interface CosineOptions extends Span {
  /** Factor at the end, from 0 to 1; default 0. */
  readonly final?: number;
}

/** Cosine annealing. Throws `argument` for an option out of range. */
export function cosine(options: CosineOptions): Schedule {
  checkOptions('cosine', options, { final: 'from 0 to 1', steps: 'count', epochs: 'count' });
  checkSpan('cosine', options);
  const { final = 0 } = options;
  return {
    name: 'cosine',
    config: { final, ...spanConfig(options) },
    factor: ({ step, stepsPerEpoch }) => {
      const steps = spanSteps(options, stepsPerEpoch);
      const height = (1 - final) / 2;
      return add(mul(cos(mul(min(step, steps), Math.PI / steps)), height), final + height);
    },
  };
}
