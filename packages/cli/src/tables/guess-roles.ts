/**
 * What columns are for, where the user did not say: time, series, target and with it the task. A guess is made where the
 * table leaves no doubt, and told in one line with the option that overrules it; where there is doubt, it is an error.
 */

import type { Column, Table, Task } from '@rheo/data';
import { columnOf, seriesColumn } from '@rheo/data';
import { misuse } from '../failure.ts';
import type { TrainSettings } from '../settings/train-settings.ts';
import { fileColumn } from './read-table.ts';

/** Roles of columns; null where there is none. */
export interface Roles {
  readonly time: string | null;
  readonly group: readonly string[];
  readonly target: readonly string[];
  readonly task: Task;
}

/** Roles that were given or guessed, and what is to be told about the guesses. */
export interface GuessedRoles {
  readonly roles: Roles;
  readonly notes: readonly string[];
}

const timeNames = /^(time|times|timestamp|date|datetime|date_?time|t|ts|epoch)$/i;
/** Columns that the CSV reader names, and counters of rows. */
const rowNames = /^(row_name|column_\d+|index|row|no|id)$/i;
/** Fewer different values than this may be classes. */
const mostClasses = 12;

/** Guesses what is not given. Throws `argument` where it cannot be told, or for a column that there is not. */
export function guessRoles(table: Table, given: Partial<TrainSettings>): GuessedRoles {
  const notes: string[] = [];
  const time = given.time === undefined ? guessTime(table, notes) : given.time;
  const group = given.group === undefined ? guessGroup(table, notes) : (given.group ?? []);
  for (const name of [...group, ...(time === null ? [] : [time])]) columnOf(table, name);
  const used = [...group, ...(time === null ? [] : [time]), fileColumn];
  const target = given.target ?? guessTarget(table, used, given, notes);
  const columns = target.map((name) => columnOf(table, name));
  const task = given.task ?? guessTask(columns, given, notes);
  return { roles: { time, group, target, task }, notes };
}

/** Columns that may be the time: dates, else numbers with a name for it. */
export function timeCandidates(table: Table): string[] {
  return timeColumns(table).map(({ name }) => name);
}

function timeColumns({ columns }: Table): readonly Column[] {
  const dates = columns.filter(({ kind }) => kind === 'time');
  return dates.length > 0 ? dates : columns.filter(({ name, kind }) => kind === 'number' && timeNames.test(name));
}

function guessTime(table: Table, notes: string[]): string | null {
  const found = timeColumns(table);
  if (found.length > 1) {
    const names = timeCandidates(table);
    throw misuse(
      `the columns ${names.join(', ')} could each be the time`,
      '--time',
      `Say which: --time ${names[0]}, or --time none for rows that are equally spaced`,
    );
  }
  const [one] = found;
  if (one === undefined) return null;
  const why = one.kind === 'time' ? 'the only column of dates' : 'by its name';
  notes.push(`Time: ${one.name}, ${why} (--time).`);
  return one.name;
}

function guessGroup(table: Table, notes: string[]): readonly string[] {
  const found = [fileColumn, seriesColumn].filter((group) => table.columns.some(({ name }) => name === group));
  if (found.length === 0) return [];
  const what = found.includes(seriesColumn) ? 'sequence of the array' : 'file';
  notes.push(`Each ${what} is a series of its own (--group).`);
  return found;
}

function guessTarget(
  table: Table,
  used: readonly string[],
  { task, features = [], ignore = [] }: Partial<TrainSettings>,
  notes: string[],
): readonly string[] {
  // A next step of nothing in particular is that of every number.
  if (task === 'next-step') return [];
  const ahead = task === 'forecast';
  const taken = [...used, ...ignore, ...(ahead ? [] : features)];
  const free = table.columns.filter(
    ({ name, kind }) => kind !== 'time' && !taken.includes(name) && !rowNames.test(name),
  );
  const last = free.at(-1);
  if (last === undefined) throw misuse('no column is left to predict', '--target', 'Name it: --target COLUMN');
  notes.push(`Target: ${last.name}, the last column (--target).`);
  return [last.name];
}

function guessTask(
  targets: readonly Column[],
  { horizon, features = [] }: Partial<TrainSettings>,
  notes: string[],
): Task {
  const [target] = targets;
  const say = (task: Task, why: string): Task => {
    notes.push(`Task: ${task}, because ${why} (--task).`);
    return task;
  };
  const known = features.find((name) => targets.some((column) => column.name === name));
  if (horizon !== undefined) return say('forecast', 'a horizon is given');
  if (known !== undefined) return say('forecast', `${known} is both a feature and the target`);
  if (targets.length !== 1 || target === undefined) return say('regression', `there are ${targets.length} targets`);
  if (target.kind === 'category') return say('classification', `${target.name} holds texts`);
  if (target.kind === 'boolean') return say('classification', `${target.name} is yes or no`);
  const distinct = distinctNumbers(target.values);
  const few = distinct !== undefined && distinct.length < mostClasses && target.values.length >= 10 * distinct.length;
  if (!few || !distinct.every(Number.isInteger)) {
    return say('regression', `${target.name} is a number; --task forecast predicts its future`);
  }
  return say('classification', `${target.name} is one of ${distinct.join(', ')}`);
}

/** The different numbers in order; undefined when there are many. */
function distinctNumbers(values: Float64Array): number[] | undefined {
  const found = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value)) found.add(value);
    if (found.size > mostClasses) return undefined;
  }
  return [...found].sort((a, b) => a - b);
}
