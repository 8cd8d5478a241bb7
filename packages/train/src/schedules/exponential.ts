/**
 * Continuous exponential decay: rate^(step / steps), without stairs, computed as e^(step / steps · log rate).
 */

import { exp, mul } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Schedule } from './schedule.ts';

/** Options of `exponential`. */
export interface ExponentialOptions {
  /** Factor after `steps` steps, above 0. */
  readonly rate: number;
  /** Steps after which the factor is `rate`; the full batches of an epoch unless given. */
  readonly steps?: number;
}

/** Exponential decay. Throws `argument` for a rate or a number of steps that is not positive. */
export function exponential(options: ExponentialOptions): Schedule {
  const { rate, steps } = options;
  for (const [name, value] of [
    ['rate', rate],
    ['steps', steps ?? 1],
  ] as const) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new RheoError('argument', {
        from: '@rheo/train',
        what: `${name} of exponential is ${value}`,
        where: name,
        remedy: 'Use a finite number above 0, such as exponential({ rate: 0.95 })',
      });
    }
  }
  return {
    name: 'exponential',
    config: steps === undefined ? { rate } : { rate, steps },
    factor: ({ step, stepsPerEpoch }) => exp(mul(step, Math.log(rate) / (steps ?? stepsPerEpoch))),
  };
}
