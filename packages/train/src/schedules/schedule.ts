/**
 * What a learning rate schedule is: a factor on the base rate as a function of the step, traced into the step itself.
 */

import type { Tensor } from '@rheo/core';

/** Where training stands. */
export interface Progress {
  /** Index of the step from 0, f32[]. */
  readonly step: Tensor;
  /** Full batches in an epoch, at least 1. */
  readonly stepsPerEpoch: number;
}

/** Options of a schedule as plain data; a schedule within one is its description. */
export type ScheduleConfig = { readonly [option: string]: number | string | ScheduleConfig };

/** A schedule; `name` and `config` go into checkpoints. */
export interface Schedule {
  readonly name: string;
  readonly config: ScheduleConfig;
  /** Factor on the base learning rate, f32[]. */
  factor(progress: Progress): Tensor;
}

/** A schedule as plain data, for `scheduleByName`. */
export function describeSchedule({ name, config }: Schedule): ScheduleConfig {
  return { name, ...config };
}
