/**
 * A table: named columns of equal length as typed arrays. What the readers give and what sequences are prepared from.
 * Missing cells are NaN in columns of numbers and code -1 in columns of categories.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { suggestColumn } from './nearest-name.ts';

/** What the cells of a column are. `time` is a date with time of day, kept as milliseconds since 1970 in UTC. */
export type ColumnKind = 'number' | 'boolean' | 'time' | 'category';

/** Numbers, booleans as 0 and 1, or times as milliseconds since 1970; NaN where missing. */
export interface NumericColumn {
  readonly name: string;
  readonly kind: 'number' | 'boolean' | 'time';
  readonly values: Float64Array;
  readonly missing: number;
}

/** Texts: `labels[codes[row]]`, labels in order of first appearance; code -1 where missing. */
export interface CategoryColumn {
  readonly name: string;
  readonly kind: 'category';
  readonly codes: Int32Array;
  readonly labels: readonly string[];
  readonly missing: number;
}

export type Column = NumericColumn | CategoryColumn;

/** Columns of `rows` cells each. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Line of the file on which each row begins, from 1; present for text formats. */
  readonly lines?: Int32Array;
  /** Number of each row in the file; present where the table is a part of it that does not begin with its first row. */
  readonly numbers?: ArrayLike<number>;
  /** Decisions of the reader that its user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** Where a row of a table lies, for a DataError. */
export function placeOf(table: Table, row?: number, column?: string): Omit<DataErrorPlace, 'remedy'> {
  const line = row === undefined ? undefined : table.lines?.[row];
  return {
    ...(table.file === undefined ? {} : { file: table.file }),
    ...(row === undefined ? {} : { row: table.numbers?.[row] ?? row }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

/** The column of that name. Errors: `argument` with the nearest name. */
export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = table.columns.map((column) => column.name);
  throw new DataError('argument', `there is no column "${name}"`, {
    ...placeOf(table),
    column: name,
    remedy: suggestColumn(name, names),
  });
}

/** The cell as a text: numbers as JavaScript prints them, times in ISO 8601; undefined where missing. */
export function cellText(column: Column, row: number): string | undefined {
  if (column.kind === 'category') return column.labels[column.codes[row] ?? -1];
  const value = column.values[row] ?? Number.NaN;
  if (Number.isNaN(value)) return undefined;
  if (column.kind === 'boolean') return value === 1 ? 'true' : 'false';
  return column.kind === 'time' ? new Date(value).toISOString() : String(value);
}
