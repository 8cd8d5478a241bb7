/**
 * Reads Arrow files and streams (also Feather 2) into a table, one record batch at a time. The package apache-arrow decodes;
 * it is the caller's to install, and is loaded when the first file is read.
 */
import type { AsyncRecordBatchStreamReader, RecordBatch, Schema } from 'apache-arrow';
import { DataError } from '../data-error.ts';
import { asBuffer, type ByteSource } from './byte-source.ts';
import { toCell, wantedColumns } from './rows-of-values.ts';
import type { Table } from './table.ts';
import { checkTableRows, type ReadTableOptions, TableBuilder } from './table-builder.ts';
import { attempting, firstTable } from './tables-of-library.ts';

type Arrow = typeof import('apache-arrow');

/**
 * The table of an Arrow file with flat columns; dictionaries are decoded. Times are kept to the millisecond.
 * Errors: DataError with file, row and column: `file` (apache-arrow is not installed), `format` (damaged, compressed, of
 * another kind), `dtype` (nested columns, bytes), `value`, `argument`.
 */
export async function readArrow(source: ByteSource, options: ReadTableOptions = {}): Promise<Table> {
  return await firstTable(cutTables(source, options, Number.POSITIVE_INFINITY));
}

/**
 * The same in tables of `rows` rows, the last one smaller, for files that do not fit into memory: one record batch is held at
 * a time, and all dictionaries. Errors: as `readArrow`.
 */
export async function* readArrowTables(
  source: ByteSource,
  options: ReadTableOptions & { readonly rows: number },
): AsyncGenerator<Table, void, undefined> {
  checkTableRows(options.rows);
  yield* cutTables(source, options, options.rows);
}

async function* cutTables(
  source: ByteSource,
  options: ReadTableOptions,
  most: number,
): AsyncGenerator<Table, void, undefined> {
  const where = options.file === undefined ? {} : { file: options.file };
  const arrow = await load();
  const attempt = attempting((cause) => unreadable(where, cause));
  const { reader, schema } = await attempt(() => openReader(arrow, source));
  const names = schema.fields.map(({ name }) => name);
  const wanted = wantedColumns(names, options.columns);
  const builder = new TableBuilder(wanted, options);
  let first = 0;
  for (;;) {
    const batch = await attempt(async () => await nextBatch(reader));
    if (batch === undefined) break;
    const columns = await attempt(async () => columnsOf(arrow, batch, wanted, names));
    for (let i = 0; i < batch.numRows; i++) {
      // Before the row that would be too many, so that the last table is never an empty one.
      if (builder.pending >= most) yield builder.cut([], false);
      builder.add(
        columns.map(({ name, timed, get }) => {
          const value = get(i);
          const time = timed && value !== null && value !== undefined;
          return toCell(time ? new Date(Number(value)) : value, () => ({ ...where, row: first + i, column: name }));
        }),
        0,
      );
    }
    first += batch.numRows;
  }
  yield builder.finish([], false);
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

type Reader = AsyncRecordBatchStreamReader;

/** A reader of whatever is there, its schema read. Throws what apache-arrow throws, and for bytes of another kind. */
async function openReader(
  { RecordBatchReader }: Arrow,
  source: ByteSource,
): Promise<{ readonly reader: Reader; readonly schema: Schema }> {
  const buffer = asBuffer(source, 'an Arrow file');
  // What apache-arrow takes for an open file, of which it reads what it needs.
  const handle = {
    fd: 0,
    stat: async () => ({ size: buffer.byteLength }),
    read: async (into: Uint8Array, offset: number, length: number, position: number) => {
      const bytes = new Uint8Array(await buffer.slice(position, Math.min(buffer.byteLength, position + length)));
      // It would ask for the rest again and again.
      if (bytes.length === 0) throw new Error('the file ends too early');
      into.set(bytes, offset);
      return { bytesRead: bytes.length, buffer: into };
    },
    close: async () => undefined,
  };
  const reader = (await RecordBatchReader.from(handle as never)) as unknown as Reader;
  await reader.open();
  // Bytes of another kind have no schema, or one without columns.
  if (!(reader.schema?.fields.length > 0)) throw new Error('no schema');
  return { reader, schema: reader.schema };
}

async function nextBatch(reader: Reader): Promise<RecordBatch | undefined> {
  const { done, value } = await reader.next();
  return done === true ? undefined : value;
}

interface BatchColumn {
  readonly name: string;
  readonly timed: boolean;
  readonly get: (row: number) => unknown;
}

function columnsOf(
  { DataType }: Arrow,
  batch: RecordBatch,
  wanted: readonly string[],
  names: readonly string[],
): BatchColumn[] {
  return wanted.map((name) => {
    const vector = batch.getChildAt(names.indexOf(name));
    const timed = vector !== null && (DataType.isTimestamp(vector.type) || DataType.isDate(vector.type));
    return { name, timed, get: (row) => vector?.get(row) };
  });
}

function unreadable(where: { readonly file?: string }, cause: unknown): DataError {
  const remedy =
    'Check that the file is whole and of this kind; CSV, JSON lines and Parquet have readers of their own.';
  return new DataError('format', 'the file is damaged, compressed or no Arrow file', { ...where, remedy }, { cause });
}
