/**
 * The numbers of a time column: seconds since 1970 for dates and epoch times, else as they stand. Which of these a column
 * of numbers holds is told by its magnitude, unless it is given.
 */
import { DataError } from '../data-error.ts';
import { columnOf, type NumericColumn, placeOf, type Table } from '../table/table.ts';
import type { TimeUnit } from './preparation.ts';

/** What a number of the unit is multiplied by. */
export const seconds: Readonly<Record<TimeUnit, number>> = {
  date: 1e-3,
  'epoch-seconds': 1,
  'epoch-milliseconds': 1e-3,
  'epoch-microseconds': 1e-6,
  'epoch-nanoseconds': 1e-9,
  number: 1,
};

/** Times of all rows. */
export interface TableTimes {
  readonly unit: TimeUnit;
  readonly times: Float64Array;
}

/** Reads a time column. Errors: `argument` for no such column, `value` for a missing time or one that is no time. */
export function timesOf(table: Table, name: string, given?: TimeUnit): TableTimes {
  const { kind, values } = timeColumn(table, name, given);
  const unit = kind === 'time' ? 'date' : (given ?? unitByMagnitude(values));
  const factor = seconds[unit];
  return { unit, times: factor === 1 ? values : values.map((value) => value * factor) };
}

/** The column with its cells as they stand. Errors: as `timesOf`. */
export function timeColumn(table: Table, name: string, given?: TimeUnit): NumericColumn {
  const column = columnOf(table, name);
  const place = placeOf(table, undefined, name);
  if (column.kind === 'category' || column.kind === 'boolean') {
    const example = column.kind === 'category' ? ` such as "${column.labels[0] ?? ''}"` : '';
    const remedy =
      'Write times as numbers, as seconds or milliseconds since 1970, or as ISO 8601 dates (2024-01-31 12:00).';
    throw new DataError('value', `cells of kind ${column.kind}${example} are no times`, { ...place, remedy });
  }
  if (column.kind === 'time' && given !== undefined && given !== 'date') {
    const remedy = 'Leave the unit out; the column holds dates.';
    throw new DataError('argument', `the unit ${given} for a column of dates`, { ...place, remedy });
  }
  if (column.kind === 'number' && given === 'date') {
    const remedy = 'Leave the unit out, or name one of numbers.';
    throw new DataError('argument', 'the unit date for a column of numbers', { ...place, remedy });
  }
  const missing = column.values.findIndex((value) => Number.isNaN(value));
  if (missing >= 0) {
    const remedy = 'Give every row a time, or leave the row out.';
    throw new DataError('value', 'the time is missing', { ...placeOf(table, missing, name), remedy });
  }
  return column;
}

/** Whether times are seconds since 1970, so that they have a place in the calendar. */
export function isCalendar(unit: TimeUnit): boolean {
  return unit !== 'number';
}

/** Years 1980 to 2100 lie apart in each unit by a factor of 1000, so the ranges cannot overlap. */
function unitByMagnitude(values: Float64Array): TimeUnit {
  const within = (scale: number): boolean => values.every((value) => value >= 3.15e8 * scale && value < 4.2e9 * scale);
  if (within(1)) return 'epoch-seconds';
  if (within(1e3)) return 'epoch-milliseconds';
  if (within(1e6)) return 'epoch-microseconds';
  return within(1e9) ? 'epoch-nanoseconds' : 'number';
}
