/**
 * Reads Arrow files and streams (also Feather 2) into a table. The package apache-arrow decodes; it is the caller's to
 * install, and is loaded when the first file is read.
 */
import type { Table as ArrowTable } from 'apache-arrow';
import { DataError } from '../data-error.ts';
import { toCell, wantedColumns } from './rows-of-values.ts';
import type { Table } from './table.ts';
import { type ReadTableOptions, TableBuilder } from './table-builder.ts';

type Arrow = typeof import('apache-arrow');

/**
 * The table of an Arrow file with flat columns; dictionaries are decoded. Times are kept to the millisecond.
 * Errors: DataError with file, row and column: `file` (apache-arrow is not installed), `format` (damaged, compressed, of
 * another kind), `dtype` (nested columns, bytes), `value`, `argument`.
 */
export async function readArrow(bytes: Uint8Array, options: ReadTableOptions = {}): Promise<Table> {
  const where = options.file === undefined ? {} : { file: options.file };
  const arrow = await load();
  const table = decode(arrow, bytes, where);
  const names = table.schema.fields.map(({ name }) => name);
  const wanted = wantedColumns(names, options.columns);
  const builder = new TableBuilder(wanted, options);
  const columns = wanted.map((name) => {
    const vector = table.getChildAt(names.indexOf(name));
    const timed = vector !== null && (arrow.DataType.isTimestamp(vector.type) || arrow.DataType.isDate(vector.type));
    return { name, timed, get: (row: number): unknown => vector?.get(row) };
  });
  for (let row = 0; row < table.numRows; row++) {
    builder.add(
      columns.map(({ name, timed, get }) => {
        const value = get(row);
        const time = timed && value !== null && value !== undefined;
        return toCell(time ? new Date(Number(value)) : value, () => ({ ...where, row, column: name }));
      }),
      0,
    );
  }
  return builder.finish([], false);
}

async function load(): Promise<Arrow> {
  try {
    return await import('apache-arrow');
  } catch (cause) {
    throw new DataError(
      'file',
      'Arrow files need the package apache-arrow, which is not installed',
      { remedy: 'Install it with "npm install apache-arrow", or save the table as Parquet or CSV.' },
      { cause },
    );
  }
}

function decode({ tableFromIPC }: Arrow, bytes: Uint8Array, where: { readonly file?: string }): ArrowTable {
  const remedy =
    'Check that the file is whole and of this kind; CSV, JSON lines and Parquet have readers of their own.';
  let cause: unknown = new Error('no schema');
  try {
    const table: ArrowTable = tableFromIPC(bytes);
    // Bytes of another kind decode to a table without columns.
    if (table.schema.fields.length > 0) return table;
  } catch (error) {
    cause = error;
  }
  throw new DataError('format', 'the file is damaged, compressed or no Arrow file', { ...where, remedy }, { cause });
}
