/** Tables that the user named, a piece at a time: several files one after another, with the column `(file)`. */

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ByteBuffer, ColumnKind, Table } from '@rheo/data';
import { DataError, readArrowTables, readCsvTables, readJsonlTables, readParquetTables } from '@rheo/data';
import { renamed } from '../user-file.ts';
import { distinct, withFileColumn } from './join-tables.ts';
import type { Format } from './read-table.ts';
import { chunks, fileColumn, requireFormat } from './read-table.ts';

/** What is read. */
export interface StreamRequest {
  readonly columns?: readonly string[] | undefined;
  /** Kinds that columns must have. */
  readonly types?: Readonly<Record<string, ColumnKind>> | undefined;
  /** The column `(file)` also for one file. */
  readonly withFile?: boolean | undefined;
}

/** Rows of a piece; kinds are told from a thousand, as when a file is read whole. */
const rows = 2000;
const sampleRows = 1000;

/** Formats that are read piece by piece. */
export const streamed: Readonly<Record<Format, boolean>> = {
  csv: true,
  jsonl: true,
  parquet: true,
  arrow: true,
  npy: false,
  npz: false,
};

/** The first rows of the first file. Throws as `readTables`. */
export async function firstTable(folder: string, paths: readonly string[], request: StreamRequest): Promise<Table> {
  for await (const table of tablesOfFiles(folder, paths, request)) return table;
  throw new Error('no file was named');
}

/** All rows, in order. Throws as `readTables`. */
export async function* tablesOfFiles(
  folder: string,
  paths: readonly string[],
  { columns, types = {}, withFile = false }: StreamRequest,
): AsyncGenerator<Table, void, undefined> {
  const labels = distinct(paths);
  let first: Table | undefined;
  let known = types;
  for (const [index, path] of paths.entries()) {
    const named = columns === undefined ? {} : { columns: columns.filter((name) => name !== fileColumn) };
    for await (const table of readPieces(folder, path, { ...named, types: known, rows, sampleRows })) {
      // As the first file is, so that a column does not change its kind between files.
      if (first === undefined) known = Object.fromEntries(table.columns.map(({ name, kind }) => [name, kind]));
      first ??= table;
      yield paths.length === 1 && !withFile ? table : withFileColumn(table, fileColumn, labels[index] ?? path, first);
    }
  }
}

type PieceOptions = Parameters<typeof readCsvTables>[1];

function readPieces(folder: string, path: string, given: PieceOptions): AsyncIterable<Table> {
  const format = requireFormat(folder, path);
  const resolved = resolve(folder, path);
  const options = { ...given, file: resolved };
  switch (format) {
    case 'csv':
      return named(readCsvTables(chunks(resolved), options), resolved, path);
    case 'jsonl':
      return named(readJsonlTables(chunks(resolved), options), resolved, path);
    case 'parquet':
      return named(partsOfFile(resolved, readParquetTables, options), resolved, path);
    case 'arrow':
      return named(partsOfFile(resolved, readArrowTables, options), resolved, path);
    case 'npy':
    case 'npz':
      throw new Error(`a file of ${format} is read whole`);
  }
}

/** A file of which its reader asks for what it needs. */
async function* partsOfFile(
  path: string,
  read: (source: ByteBuffer, options: PieceOptions) => AsyncIterable<Table>,
  options: PieceOptions,
): AsyncGenerator<Table, void, undefined> {
  const handle = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'the file does not exist' : `the file cannot be read (${cause.code})`;
    throw new DataError('file', what, { file: path, remedy: 'Check the path.' }, { cause });
  });
  try {
    const { size } = await handle.stat();
    const source: ByteBuffer = {
      byteLength: size,
      slice: async (start: number, end: number = size) => {
        const bytes = new Uint8Array(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer;
      },
    };
    yield* read(source, options);
  } finally {
    await handle.close();
  }
}

/** Errors name the file as the user did. */
async function* named(
  tables: AsyncIterable<Table>,
  resolved: string,
  path: string,
): AsyncGenerator<Table, void, undefined> {
  try {
    for await (const table of tables) yield { ...table, file: path };
  } catch (error) {
    throw error instanceof DataError ? renamed(error, resolved, path) : error;
  }
}
