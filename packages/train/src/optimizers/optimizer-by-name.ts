/**
 * The optimisers that a checkpoint can name, made again from their options.
 */

import type { Schedule, ScheduleConfig } from '../schedules/schedule.ts';
import { scheduleByName } from '../schedules/schedule-by-name.ts';
import { adam, adamw } from './adam.ts';
import type { Optimizer, OptimizerConfig } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

const makers: { readonly [name: string]: (options: never) => Optimizer } = { sgd, rmsprop, adam, adamw };

/**
 * The optimiser of a name and its `config`, or undefined when it, or its schedule, is none of Rheo's own. Throws `argument`
 * for options that it does not take.
 */
export function optimizerByName(name: string, config: OptimizerConfig): Optimizer | undefined {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) return undefined;
  const options: Record<string, number | string | boolean | Schedule | ScheduleConfig> = {};
  for (const [option, value] of Object.entries(config)) {
    if (value === null || (name === 'adam' && option === 'weightDecay')) continue;
    if (option === 'decay') {
      const schedule = typeof value === 'object' ? scheduleByName(value) : undefined;
      if (schedule === undefined) return undefined;
      options[option] = schedule;
    } else options[option] = value;
  }
  return make(options as never);
}
