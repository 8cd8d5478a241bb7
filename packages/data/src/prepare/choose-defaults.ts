/** What `fitPreparation` chooses where its user said nothing, each with a note. */
import { DataError } from '../data-error.ts';
import { columnOf, type Table } from '../table/table.ts';
import { visibleCycles } from './calendar.ts';
import { describeSeconds } from './describe-seconds.ts';
import type { CalendarCycle, Horizon, Preparation, TimePreparation } from './preparation.ts';
import type { PrepareOptions } from './prepare-options.ts';
import type { TimeFacts } from './time-facts.ts';
import { isCalendar, timesOf } from './times.ts';

/** One name or several, as a list. */
export function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}

/** Rules of time, with the unit found. */
export function chooseTime(table: Table, { time }: PrepareOptions, notes: string[]): TimePreparation | null {
  if (time === undefined) {
    notes.push('There is no column of time: rows are taken as one step apart.');
    return null;
  }
  const {
    column,
    unit: given,
    order = 'error',
    repeats = 'error',
  } = typeof time === 'string' ? { column: time } : time;
  const { unit } = timesOf(table, column, given);
  if (given === undefined && unit !== 'date') {
    const said = unit === 'number' ? 'numbers of their own unit' : `${unit.replace('epoch-', '')} since 1970`;
    notes.push(`Times of column ${column} are taken as ${said}.`);
  }
  return { column, unit, order, repeats };
}

/** Steps and stride of windows over series of which the longest has so many rows. */
export function chooseWindow(longest: number, { window }: PrepareOptions, notes: string[]): Preparation['window'] {
  if (window !== undefined) {
    const steps = Math.min(window.steps, longest);
    if (steps < window.steps) notes.push(`No series has ${window.steps} rows: sequences are of ${steps}.`);
    return { steps, stride: window.stride ?? quarter(steps) };
  }
  if (longest <= 256) {
    notes.push(`Sequences are whole series, of up to ${longest} rows.`);
    return { steps: longest, stride: longest };
  }
  notes.push('Sequences are windows of 64 rows, one every 16 rows.');
  return { steps: 64, stride: 16 };
}

function quarter(steps: number): number {
  return Math.max(1, Math.floor(steps / 4));
}

/** Names of features and targets. Errors: `argument` for names that there are not, or that play two parts. */
export function chooseColumns(
  table: Table,
  { task, features, target }: PrepareOptions,
  time: TimePreparation | null,
  group: readonly string[],
  notes: string[],
): { readonly features: readonly string[]; readonly targets: readonly string[] } {
  const targets = listOf(target);
  const ahead = task === 'forecast' || task === 'next-step';
  for (const name of [...targets, ...(features ?? [])]) columnOf(table, name);
  const repeated = [targets, features ?? []].flatMap((list) => list.filter((name, i) => list.indexOf(name) !== i))[0];
  if (repeated !== undefined) {
    throw new DataError('argument', 'the column is named twice', {
      column: repeated,
      remedy: 'Name each column once.',
    });
  }
  if (targets.length === 0 && task !== 'next-step') {
    throw new DataError('argument', `the task ${task} has no target`, { remedy: 'Name the column to predict.' });
  }
  if (task === 'classification' && targets.length > 1) {
    throw new DataError('argument', `${targets.length} targets for a classification`, { remedy: 'Name one target.' });
  }
  const leaking = ahead ? undefined : features?.find((name) => targets.includes(name));
  if (leaking !== undefined) {
    throw new DataError('argument', 'the target is also a feature', {
      column: leaking,
      remedy: `Leave it out of the features: with the task ${task} the model would be told the answer.`,
    });
  }
  if (features !== undefined) return { features, targets };
  const used = new Set([...group, ...(time === null ? [] : [time.column]), ...(ahead ? [] : targets)]);
  const free = table.columns.filter(({ name }) => !used.has(name));
  const isFeature = ({ name, kind }: (typeof free)[number]): boolean =>
    kind !== 'time' && !/^(row_name|column_\d+)$/.test(name);
  const left = free.filter((column) => !isFeature(column)).map(({ name }) => name);
  if (left.length > 0) notes.push(`Not used as features: ${left.join(', ')} (times and names of rows).`);
  const chosen = free.filter(isFeature).map(({ name }) => name);
  notes.push(`Features: ${chosen.join(', ')}.`);
  return { features: chosen, targets };
}

/** What elapsed times are divided by. */
export function chooseTimeScale(
  gap: number,
  { timeScale }: PrepareOptions,
  time: TimePreparation | null,
  notes: string[],
): number {
  if (time === null) return timeScale ?? 1;
  const scale = timeScale ?? (gap > 0 ? gap : 1);
  const words = isCalendar(time.unit) ? describeSeconds(scale) : String(scale);
  const why =
    timeScale !== undefined ? 'as given' : gap > 0 ? 'the median gap of the training part' : 'no gap is known';
  notes.push(`Elapsed times are divided by ${words}, ${why}.`);
  return scale;
}

/** Cycles of the calendar, for a training part of such a span in time. Errors: `argument` when times have no place in it. */
export function chooseCalendar(
  { gap, span }: TimeFacts,
  { calendar }: PrepareOptions,
  time: TimePreparation | null,
  notes: string[],
): readonly CalendarCycle[] {
  const dated = time !== null && isCalendar(time.unit);
  if (calendar !== undefined) {
    if (calendar.length === 0 || dated) return calendar;
    throw new DataError('argument', 'cycles of the calendar without times of the calendar', {
      ...(time === null ? {} : { column: time.column }),
      remedy: 'Leave calendar out, or name a column of dates or of seconds since 1970.',
    });
  }
  if (!dated) return [];
  const found = visibleCycles(span, gap);
  if (found.length > 0) notes.push(`The place in the ${found.join(', the ')} (UTC) is added to the features.`);
  return found;
}

/** How far ahead the target lies; null for tasks of the present. */
export function chooseHorizon({ task, horizon }: PrepareOptions, gap: number, notes: string[]): Horizon | null {
  if (task === 'next-step') return { kind: 'steps', steps: 1 };
  if (task !== 'forecast') return null;
  if (horizon === undefined) notes.push('The forecast is for the next row.');
  if (horizon === undefined || 'steps' in horizon) return { kind: 'steps', steps: horizon?.steps ?? 1 };
  return { kind: 'time', ahead: horizon.time, tolerance: horizon.tolerance ?? gap / 2 };
}
