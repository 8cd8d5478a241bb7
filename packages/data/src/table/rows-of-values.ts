/** Values that a format already typed, as cells of a table. */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import type { Cell } from './column-builder.ts';

/** The value as a cell. Errors: `dtype` for lists, objects and bytes, which no column can hold. */
export function toCell(value: unknown, place: () => Omit<DataErrorPlace, 'remedy'>): Cell {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    case 'undefined':
      return undefined;
    default:
      if (value === null || value instanceof Date) return value;
  }
  const what = Array.isArray(value) ? 'a list' : ArrayBuffer.isView(value) ? 'bytes' : `an ${typeof value}`;
  throw new DataError('dtype', `the cell is ${what}`, {
    ...place(),
    remedy: 'Give each of its parts a column of its own, or leave the column out (option columns).',
  });
}

/** Columns of a file that are wanted, in its order; with the unknown ones, so that the table can name them. */
export function wantedColumns(names: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  return wanted === undefined || wanted.some((name) => !names.includes(name))
    ? names
    : names.filter((name) => wanted.includes(name));
}
