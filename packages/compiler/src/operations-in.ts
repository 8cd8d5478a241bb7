/**
 * An estimate of how much steps do, in arithmetic operations: enough to tell a loop that is worth waking a thread for from
 * one that is over before the thread is awake.
 */

import type { Step } from './kernels.ts';
import { workOf } from './profile/work.ts';

/** What an elementary function counts as, and a byte moved. */
const perFunction = 20;
const perByte = 1 / 4;

/** Operations of one run of some steps; a `while` counts as one pass. */
export function operationsIn(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + operationsOf(step), 0);
}

function operationsOf(step: Step): number {
  if (step.kind === 'loop') return step.length * operationsIn(step.body);
  if (step.kind === 'while') return operationsIn(step.test) + operationsIn(step.body);
  const { flops, functions, bytes } = workOf(step);
  return flops + functions * perFunction + bytes * perByte;
}
