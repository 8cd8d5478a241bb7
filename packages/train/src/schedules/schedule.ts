/**
 * What a learning rate schedule is: a factor on the base rate as a function of the step, traced into the step itself.
 *
 * A schedule may also decide between epochs, from how they went. It has no state: what it decides follows from the
 * history, so that a training which was interrupted goes on as if it had not been.
 */

import type { Tensor } from '@rheo/core';
import type { EpochRecord } from '../training-facts.ts';

/** Where training stands. */
export interface Progress {
  /** Index of the step from 0, f32[]. */
  readonly step: Tensor;
  /** Full batches in an epoch, at least 1. */
  readonly stepsPerEpoch: number;
  /** What the schedule decided for this epoch, f32[]; present where it has a `decision`. */
  readonly decided?: Tensor | undefined;
}

/** How a schedule decides between epochs. */
export interface EpochDecision {
  /** Which loss of the epochs it goes by. */
  readonly watch: 'validation' | 'training';
  /**
   * The number for the epoch after these, 1 after none. Throws `argument` for an epoch without the loss that it goes by.
   */
  after(history: readonly EpochRecord[]): number;
}

/** Options of a schedule as plain data; a schedule within one is its description. */
export type ScheduleConfig = { readonly [option: string]: number | string | ScheduleConfig };

/** A schedule; `name` and `config` go into checkpoints. */
export interface Schedule {
  readonly name: string;
  readonly config: ScheduleConfig;
  /** Absent where the steps alone decide. */
  readonly decision?: EpochDecision | undefined;
  /** Factor on the base learning rate, f32[]. */
  factor(progress: Progress): Tensor;
}

/** A schedule as plain data, for `scheduleByName`. */
export function describeSchedule({ name, config }: Schedule): ScheduleConfig {
  return { name, ...config };
}
