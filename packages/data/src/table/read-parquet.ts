/**
 * Reads Parquet files into a table, one row group at a time. hyparquet decodes; it is loaded when the first file is read.
 * Plain, snappy and gzip pages are read; other compressions need a decompressor from the caller.
 */
import { gunzipSync } from 'fflate';
import type { FileMetaData } from 'hyparquet';
import { DataError } from '../data-error.ts';
import { asBuffer, type ByteSource } from './byte-source.ts';
import { toCell, wantedColumns } from './rows-of-values.ts';
import type { Table } from './table.ts';
import { checkTableRows, type ReadTableOptions, TableBuilder } from './table-builder.ts';
import { attempting, firstTable } from './tables-of-library.ts';

/** Inflates one page to `outputLength` bytes. */
export type Decompressor = (input: Uint8Array, outputLength: number) => Uint8Array;

/** Bytes, a File, or anything that gives some of its bytes when asked. */
export type ParquetSource = ByteSource;

/** How to read. */
export interface ReadParquetOptions extends ReadTableOptions {
  /** Decompressors by codec, for example those of the package hyparquet-compressors (zstd, brotli, lz4). */
  readonly compressors?: Readonly<Record<string, Decompressor>>;
}

/**
 * The table of a Parquet file with flat columns. Times are kept to the millisecond.
 * Errors: DataError with file, row and column: `format` (damaged, of another kind, an unknown compression), `dtype`
 * (nested columns, bytes), `value`, `argument`.
 */
export async function readParquet(source: ParquetSource, options: ReadParquetOptions = {}): Promise<Table> {
  return await firstTable(cutTables(source, options, Number.POSITIVE_INFINITY));
}

/**
 * The same in tables of `rows` rows, the last one smaller, for files that do not fit into memory: one row group is held at a
 * time, so its size, which is its writer's choice, decides how much memory is needed. Errors: as `readParquet`.
 */
export async function* readParquetTables(
  source: ParquetSource,
  options: ReadParquetOptions & { readonly rows: number },
): AsyncGenerator<Table, void, undefined> {
  checkTableRows(options.rows);
  yield* cutTables(source, options, options.rows);
}

async function* cutTables(
  source: ParquetSource,
  options: ReadParquetOptions,
  most: number,
): AsyncGenerator<Table, void, undefined> {
  const { file } = options;
  const where = file === undefined ? {} : { file };
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet');
  const { checkParquetGroup, checkParquetSizes } = await import('./parquet-guard.ts');
  const buffer = asBuffer(source, 'a Parquet file');
  const compressors: Record<string, Decompressor> = {
    GZIP: (input, outputLength) => gunzipSync(input, { out: new Uint8Array(outputLength) }),
    ...options.compressors,
  };
  const attempt = attempting((cause) => unreadable(where, cause));
  const metadata: FileMetaData = await attempt(() => parquetMetadataAsync(buffer));
  const columns = await attempt(async () => {
    checkParquetSizes(metadata, buffer.byteLength);
    return parquetSchema(metadata).children;
  });
  const names = columns.map(({ element }) => element.name);
  const wanted = wantedColumns(names, options.columns);
  const nested = columns.find(
    ({ children, element }) =>
      (children.length > 0 || element.repetition_type === 'REPEATED') && wanted.includes(element.name),
  );
  const optional = new Set(
    columns.flatMap(({ element: { repetition_type: rule, name } }) => (rule === 'REQUIRED' ? [] : [name])),
  );
  if (nested !== undefined) {
    throw new DataError('dtype', 'the column is nested', {
      ...where,
      column: nested.element.name,
      remedy: 'Give each of its parts a column of its own, or leave the column out (option columns).',
    });
  }
  const builder = new TableBuilder(wanted, options);
  let row = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = row + Number(group.num_rows);
    const rowStart = row;
    let held: Record<string, unknown>[] = [];
    await attempt(() => checkParquetGroup(buffer, group, wanted, optional, compressors));
    await attempt(() =>
      parquetRead({
        file: buffer,
        metadata,
        columns: [...wanted],
        rowStart,
        rowEnd,
        compressors,
        rowFormat: 'object',
        onComplete: (rows) => {
          held = rows;
        },
      }),
    );
    for (const cells of held) {
      // Before the row that would be too many, so that the last table is never an empty one.
      if (builder.pending >= most) yield builder.cut([], false);
      builder.add(
        wanted.map((column) => toCell(cells[column], () => ({ ...where, row, column }))),
        0,
      );
      row++;
    }
    if (row === rowEnd) continue;
    throw unreadable(where, new Error(`a row group of ${rowEnd - rowStart} rows has ${row - rowStart}`));
  }
  yield builder.finish([], false);
}

function unreadable(where: { readonly file?: string }, cause: unknown): DataError {
  // The library's words speak of its own insides, but for the one failure that the caller can mend.
  const said = cause instanceof Error ? cause.message : '';
  const codec = /compression codec/i.test(said);
  return new DataError(
    'format',
    codec ? `the file is compressed in a way that is not built in (${said})` : 'the file is damaged or no Parquet file',
    {
      ...where,
      remedy: codec
        ? 'Write the file with snappy or gzip, or pass a decompressor (option compressors).'
        : 'Check that the file is whole and of this kind; CSV, JSON lines and Arrow have readers of their own.',
    },
    { cause },
  );
}
