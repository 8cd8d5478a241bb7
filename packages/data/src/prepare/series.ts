/**
 * Rows of a table as series: one per group, in order of first appearance, each strictly forward in time. What is out of
 * order is an error with its line, or is mended and counted as the rules say.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { type CategoryColumn, type Column, cellText, columnOf, placeOf, type Table } from '../table/table.ts';
import type { TimePreparation } from './preparation.ts';
import { timesOf } from './times.ts';

/** One series. */
export interface Series {
  /** Cells of the group columns. */
  readonly key: readonly string[];
  /** Table row of each entry. */
  readonly rows: Int32Array;
  /** Time of each entry, strictly rising: in seconds since 1970, or in the unit of the column. */
  readonly times: Float64Array;
  /** Rows that an entry is the mean of, where repeated times are averaged. */
  readonly members?: readonly (readonly number[])[];
}

/** All series, and what was done to make them. */
export interface SeriesSet {
  readonly series: readonly Series[];
  readonly notes: readonly string[];
}

/** Errors: `argument` (no such column), `value` with the line (no group, no time, time backwards or repeated). */
export function seriesOf(table: Table, group: readonly string[], time: TimePreparation | null): SeriesSet {
  const times =
    time === null
      ? Float64Array.from({ length: table.rows }, (_, i) => i)
      : timesOf(table, time.column, time.unit).times;
  const groups = groupRows(table, group);
  const counts = { sorted: 0, merged: 0 };
  const series = groups.map(({ key, rows }) => {
    // Without a time column each series counts its own rows.
    const own = time === null ? (_: number, i: number) => i : (row: number) => times[row] ?? Number.NaN;
    return inOrder(table, key, rows, rows.map(own), time, counts);
  });
  return { series, notes: seriesNotes(counts, time) };
}

/** Numbers of a column at entries `from` to `to` of a series; NaN where missing. */
export function numbersAlong(
  column: Exclude<Column, CategoryColumn>,
  { rows, members }: Series,
  from: number,
  to: number,
): Float64Array {
  if (members === undefined) {
    return Float64Array.from(rows.subarray(from, to), (row) => column.values[row] ?? Number.NaN);
  }
  return Float64Array.from(members.slice(from, to), (all) => {
    const present = all.map((row) => column.values[row] ?? Number.NaN).filter((value) => !Number.isNaN(value));
    return present.length === 0 ? Number.NaN : present.reduce((a, b) => a + b, 0) / present.length;
  });
}

interface Group {
  readonly key: readonly string[];
  readonly rows: number[];
}

function groupRows(table: Table, names: readonly string[]): Group[] {
  const { keys, of } = seriesKeys(table, names);
  const groups = keys.map((key): Group => ({ key, rows: [] }));
  of.forEach((series, row) => {
    groups[series]?.rows.push(row);
  });
  return groups;
}

/** Series in order of first appearance. */
export interface SeriesKeys {
  readonly keys: readonly (readonly string[])[];
  /** Which of them each row is of. */
  readonly of: Int32Array;
}

/** Which series each row is of. Errors: `argument` (no such column), `value` with the line (no name). */
export function seriesKeys(table: Table, names: readonly string[]): SeriesKeys {
  const of = new Int32Array(table.rows);
  if (names.length === 0) return { keys: [[]], of };
  const columns = names.map((name) => columnOf(table, name));
  const series = new Map<string, number>();
  const keys: (readonly string[])[] = [];
  for (let row = 0; row < table.rows; row++) {
    const key = columns.map((column) => {
      const text = cellText(column, row);
      if (text !== undefined) return text;
      const remedy = 'Give every row the name of its series, or leave the row out.';
      throw new DataError('value', 'the name of the series is missing', {
        ...placeOf(table, row, column.name),
        remedy,
      });
    });
    const joined = JSON.stringify(key);
    const found = series.get(joined) ?? keys.push(key) - 1;
    series.set(joined, found);
    of[row] = found;
  }
  return { keys, of };
}

function inOrder(
  table: Table,
  key: readonly string[],
  rows: number[],
  times: number[],
  rules: TimePreparation | null,
  counts: { sorted: number; merged: number },
): Series {
  const order = rows.map((_, i) => i);
  const at = (i: number): number => times[order[i] ?? -1] ?? Number.NaN;
  if (rules !== null) {
    const backwards = order.findIndex((_, i) => i > 0 && at(i) < at(i - 1));
    if (backwards > 0 && rules.order === 'error') {
      throw runsBackwards(key, at(backwards - 1), at(backwards), placeOf(table, rows[backwards], rules.column));
    }
    if (backwards > 0) {
      order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
      counts.sorted++;
    }
  }
  const kept: number[][] = [];
  order.forEach((i, o) => {
    const row = rows[i] ?? -1;
    if (o === 0 || at(o) !== at(o - 1)) {
      kept.push([row]);
      return;
    }
    if (rules?.repeats === 'error') throw timeRepeats(key, placeOf(table, row, rules.column));
    counts.merged++;
    kept.at(-1)?.push(row);
  });
  const chosen = kept.map((all) => (rules?.repeats === 'first' ? all[0] : all.at(-1)) ?? -1);
  const timeOf = new Map(rows.map((row, i) => [row, times[i] ?? Number.NaN]));
  return {
    key,
    rows: Int32Array.from(chosen),
    times: Float64Array.from(chosen, (row) => timeOf.get(row) ?? Number.NaN),
    ...(rules?.repeats === 'mean' && kept.length < rows.length ? { members: kept } : {}),
  };
}

function inSeries(key: readonly string[]): string {
  return key.length === 0 ? '' : ` in the series ${key.join(', ')}`;
}

type Place = Omit<DataErrorPlace, 'remedy'>;

/** The error for a row that is before the one above it. */
export function runsBackwards(key: readonly string[], from: number, to: number, place: Place): DataError {
  const what = `time runs backwards${inSeries(key)}, from ${from} to ${to}`;
  return new DataError('value', what, { ...place, remedy: 'Sort the rows, or ask for it: order "sort".' });
}

/** The error for a row at the time of another. */
export function timeRepeats(key: readonly string[], place: Place): DataError {
  const remedy =
    'Leave one of the rows out, name the column that tells series apart (group), or choose: repeats "first", "last" or "mean".';
  return new DataError('value', `the time repeats${inSeries(key)}`, { ...place, remedy });
}

/** What was done to make series, one sentence each. */
export function seriesNotes(
  counts: { readonly sorted: number; readonly merged: number },
  time: TimePreparation | null,
): string[] {
  const how = { first: 'the first was kept', last: 'the last was kept', mean: 'they were averaged', error: '' };
  return [
    ...(counts.sorted > 0 ? [`${counts.sorted} series were sorted by time.`] : []),
    ...(counts.merged > 0 && time !== null
      ? [`${counts.merged} rows repeat the time of another row of their series: ${how[time.repeats]}.`]
      : []),
  ];
}
