/**
 * What an optimiser is: named slots of state beside each parameter, and one traced update of all of them.
 *
 * It sees flat lists; trees, devices and batches are not its business. Everything it needs of the run besides is in
 * `Progress`, so that the update belongs to the one Program of a training step.
 */

import type { ParameterRole, Tensor } from '@rheo/core';
import type { Progress, Schedule, ScheduleConfig } from '../schedules/schedule.ts';

/** Plain data of an option set. */
export type OptimizerConfig = { readonly [option: string]: number | string | boolean | null | ScheduleConfig };

/** Parameters with all that belongs to them; the lists run in parallel. */
export interface OptimizerInput extends Progress {
  readonly parameters: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  readonly roles: readonly ParameterRole[];
  /** `slots[s][i]` is slot s of parameter i, of its type. */
  readonly slots: readonly (readonly Tensor[])[];
}

/** New values, in the order of the old. */
export interface OptimizerOutput {
  readonly parameters: readonly Tensor[];
  readonly slots: readonly (readonly Tensor[])[];
}

/** An optimiser; `name` and `config` go into checkpoints. */
export interface Optimizer {
  readonly name: string;
  readonly config: OptimizerConfig;
  /** Names of the state beside each parameter; it starts at zero. */
  readonly slots: readonly string[];
  /** The schedule that `update` follows; training tells one that decides between epochs how they went. */
  readonly schedule?: Schedule | undefined;
  update(input: OptimizerInput): OptimizerOutput;
}
