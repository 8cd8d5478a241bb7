/**
 * Tables that the user named, read by the ending of their names, text formats as streams. Several files become one table
 * with a column `(file)`, if their columns are the same.
 */

import { createReadStream, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { ColumnKind, ReadTableOptions, Table } from '@rheo/data';
import { DataError, readArrow, readCsv, readJsonl, readNpyTable, readNpzTable, readParquet } from '@rheo/data';
import { nearestName } from '../backends/nearest-name.ts';
import { badFile } from '../failure.ts';
import { namedAsGiven, readUserFile } from '../user-file.ts';
import { joinTables } from './join-tables.ts';

/** The column that says which file a row is of. */
export const fileColumn = '(file)';

/** How a table is written. */
export type Format = 'csv' | 'jsonl' | 'parquet' | 'arrow' | 'npy' | 'npz';

const formats: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.txt': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
  '.feather': 'arrow',
  '.ipc': 'arrow',
  '.npy': 'npy',
  '.npz': 'npz',
};

/** What is read. */
export interface TableRequest {
  /** Columns to keep; all unless given. */
  readonly columns?: readonly string[] | undefined;
  /** Kinds that columns must have, where the file has them. */
  readonly types?: Readonly<Record<string, ColumnKind>> | undefined;
  /** The column `(file)` also for one file. */
  readonly withFile?: boolean | undefined;
}

/** The format of a file by its name; undefined where it says nothing. */
export function tableFormat(path: string): Format | undefined {
  return formats[extname(path).toLowerCase()];
}

/**
 * The rows of all files. The column `(file)` is there when there are several. Throws `DataError` or `RheoError` naming the
 * file, the line and the column.
 */
export async function readTables(folder: string, paths: readonly string[], request: TableRequest = {}): Promise<Table> {
  const [first = '', ...rest] = paths;
  const table = await readOne(folder, first, request);
  if (rest.length === 0) return request.withFile === true ? joinTables([table], fileColumn) : table;
  const tables = [table];
  for (const path of rest) {
    // As the first file is, so that a column does not change its kind between files.
    const types = Object.fromEntries(table.columns.map(({ name, kind }) => [name, kind]));
    tables.push(await readOne(folder, path, { ...request, types }));
  }
  return joinTables(tables, fileColumn);
}

async function readOne(folder: string, path: string, { columns, types = {} }: TableRequest): Promise<Table> {
  const format = requireFormat(folder, path);
  const named = columns === undefined ? {} : { columns: columns.filter((name) => name !== fileColumn) };
  const read = (more: ReadTableOptions): Promise<Table> => readFormat(folder, path, format, { ...named, ...more });
  const table = await read({});
  const other = table.columns.filter(({ name, kind }) => {
    const wanted = types[name];
    // Truth values are numbers, too.
    return wanted !== undefined && wanted !== kind && !(wanted === 'number' && kind === 'boolean');
  });
  if (other.length === 0) return table;
  // Only now is it known which of the columns the file has.
  return read({ types: Object.fromEntries(other.map(({ name }) => [name, types[name] ?? 'category'])) });
}

/** The format of a file by its name. Throws `file` where it says nothing. */
export function requireFormat(folder: string, path: string): Format {
  const format = tableFormat(path);
  if (format === undefined) throw unknownFormat(folder, path);
  return format;
}

function readFormat(folder: string, path: string, format: Format, options: ReadTableOptions): Promise<Table> {
  const named = { ...options, file: path };
  switch (format) {
    case 'csv':
      return namedAsGiven(folder, path, async (resolved) => readCsv(chunks(resolved), named));
    case 'jsonl':
      return namedAsGiven(folder, path, async (resolved) => readJsonl(chunks(resolved), named));
    case 'parquet':
      return readUserFile(folder, path).then((bytes) => readParquet(bytes, named));
    case 'arrow':
      return readUserFile(folder, path).then((bytes) => readArrow(bytes, named));
    case 'npy':
      return readUserFile(folder, path).then((bytes) => readNpyTable(bytes, named));
    case 'npz':
      return readUserFile(folder, path).then((bytes) => readNpzTable(bytes, named));
  }
}

/** The bytes of a file as they come. Throws `file` as `readBytes` does. */
export async function* chunks(resolved: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of createReadStream(resolved)) yield chunk as Uint8Array;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const what =
      code === 'ENOENT'
        ? 'the file does not exist'
        : code === 'EISDIR'
          ? 'this is a folder'
          : `the file cannot be read (${code})`;
    throw new DataError('file', what, { file: resolved, remedy: 'Check the path.' }, { cause });
  }
}

function unknownFormat(folder: string, path: string): Error {
  const exists = statSync(resolve(folder, path), { throwIfNoEntry: false }) !== undefined;
  const command = exists ? undefined : nearestName(basename(path), ['walker2d']);
  const what = exists ? 'the name does not say what kind of table this is' : 'there is no such file';
  const endings = 'Name a file that ends in .csv, .tsv, .txt, .jsonl, .parquet, .arrow, .npy or .npz';
  return badFile('file', what, path, command === undefined ? endings : `(Did you mean ${command}?)`);
}
