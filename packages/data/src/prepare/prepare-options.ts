/** How a table is made into sequences; everything but the task has a default that is reported. */
import { DataError } from '../data-error.ts';
import type { CalendarCycle, Task, TimePreparation, TimeUnit } from './preparation.ts';

/** Time column with its rules; see {@link TimePreparation}. */
export interface TimeOptions {
  readonly column: string;
  /** Default: dates as such, numbers by their magnitude. */
  readonly unit?: TimeUnit;
  readonly order?: TimePreparation['order'];
  readonly repeats?: TimePreparation['repeats'];
}

/** How rows are divided into a training, a validation and a test part. */
export interface SplitOptions {
  /** Whole series; before and after a time; or blocks of rows. Default: series if there are ten, else time. */
  readonly by?: 'series' | 'time' | 'block';
  /** Shares of the rows (of the series, of the blocks); default 0.15 each. 0 leaves the part out. */
  readonly validation?: number;
  readonly test?: number;
  /** Seed of the shuffle of series or blocks; default 0. */
  readonly seed?: number;
  /** Rows of a block; default four windows. */
  readonly blockRows?: number;
}

export interface PrepareOptions {
  readonly task: Task;
  /** Column of time, and what to do with rows out of order; without it rows are one unit apart. */
  readonly time?: string | TimeOptions;
  /** Columns that tell series apart. */
  readonly group?: string | readonly string[];
  /** Input columns. Default: all columns but time, group and, unless the future is predicted, the targets. */
  readonly features?: readonly string[];
  /** Columns to predict; may be left out for next-step, which then predicts every feature that is a number. */
  readonly target?: string | readonly string[];
  /** A target at every step (default) or one at the end of the sequence; regression and classification only. */
  readonly at?: 'step' | 'end';
  /** Steps of a sequence and rows between starts. Default: whole series up to 256 rows, else 64 with a stride of 16. */
  readonly window?: { readonly steps: number; readonly stride?: number };
  /** How far a forecast looks: rows (default 1), or time in the unit of the times (seconds for dates). */
  readonly horizon?: { readonly steps: number } | { readonly time: number; readonly tolerance?: number };
  /** Missing numbers: the last known value, with marks (default), or the mean of the training part. */
  readonly missing?: 'forward-fill' | 'mean';
  /** Labels that the training part has fewer than 10 times or never: a channel for all of them (default), or an error. */
  readonly unknownCategory?: 'other' | 'error';
  readonly normalise?: 'standard' | 'min-max' | 'none';
  /** What elapsed times are divided by. Default: the median gap of the training part. */
  readonly timeScale?: number;
  /** Cycles of the calendar as inputs. Default: those that the data spans at least twice and resolves. */
  readonly calendar?: readonly CalendarCycle[];
  readonly split?: SplitOptions;
}

const choices: Readonly<Record<string, readonly string[]>> = {
  task: ['regression', 'classification', 'next-step', 'forecast'],
  at: ['step', 'end'],
  missing: ['forward-fill', 'mean'],
  unknownCategory: ['other', 'error'],
  normalise: ['standard', 'min-max', 'none'],
  by: ['series', 'time', 'block'],
  unit: ['date', 'epoch-seconds', 'epoch-milliseconds', 'epoch-microseconds', 'epoch-nanoseconds', 'number'],
  order: ['error', 'sort'],
  repeats: ['error', 'first', 'last', 'mean'],
};

/** Refuses values that no table could satisfy. Errors: `argument` naming the option. */
export function checkPrepareOptions(options: PrepareOptions): void {
  const { task, window, horizon, split = {}, at } = options;
  const time = typeof options.time === 'object' ? options.time : {};
  for (const [name, value] of Object.entries({ ...options, ...split, ...time })) {
    const allowed = choices[name];
    if (allowed === undefined || value === undefined || allowed.includes(String(value))) continue;
    throw refused(`${name} is "${String(value)}"`, `Use one of ${allowed.join(', ')}.`);
  }
  for (const [name, value] of Object.entries({
    'window.steps': window?.steps,
    'window.stride': window?.stride,
    'horizon.steps': horizon !== undefined && 'steps' in horizon ? horizon.steps : undefined,
    'split.blockRows': split.blockRows,
  })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= 1_000_000_000)) continue;
    throw refused(`${name} is ${value}`, 'Use a whole number of at least 1.');
  }
  for (const [name, value] of Object.entries({
    timeScale: options.timeScale,
    'horizon.time': horizon !== undefined && 'time' in horizon ? horizon.time : undefined,
  })) {
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw refused(`${name} is ${value}`, 'Use a number above zero.');
  }
  const { validation = 0.15, test = 0.15 } = split;
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw refused(`the shares validation ${validation} and test ${test}`, 'Use shares from 0 that leave some rows.');
  }
  if (horizon !== undefined && task !== 'forecast') {
    throw refused(`a horizon with the task ${task}`, 'Use the task forecast, or leave the horizon out.');
  }
  if (at === 'end' && (task === 'forecast' || task === 'next-step')) {
    throw refused(
      `one target at the end with the task ${task}`,
      'Leave "at" out: the future is predicted at every step.',
    );
  }
}

function refused(what: string, remedy: string): DataError {
  return new DataError('argument', what, { remedy });
}
