/**
 * The schedules that a checkpoint can name, made again from their descriptions.
 */

import { constantRate } from './constant-rate.ts';
import { cosine } from './cosine.ts';
import { exponential } from './exponential.ts';
import { onPlateau } from './on-plateau.ts';
import { oneCycle } from './one-cycle.ts';
import type { Schedule, ScheduleConfig } from './schedule.ts';
import { stepped } from './stepped.ts';
import { warmUp } from './warm-up.ts';

const makers: { readonly [name: string]: (options: never) => Schedule } = {
  constant: constantRate,
  exponential,
  stepped,
  cosine,
  'warm-up': ({ next, ...options }: { readonly next?: ScheduleConfig }) => {
    const after = next === undefined ? undefined : scheduleByName(next);
    return warmUp(after === undefined ? options : { ...options, next: after });
  },
  'one-cycle': oneCycle,
  'on-plateau': onPlateau,
};

/**
 * The schedule of a description (see `describeSchedule`), or undefined when it is none of Rheo's own. Throws `argument`
 * for options that the schedule does not take.
 */
export function scheduleByName({ name, ...options }: ScheduleConfig): Schedule | undefined {
  const make = typeof name === 'string' && Object.hasOwn(makers, name) ? makers[name] : undefined;
  return make?.(options as never);
}
