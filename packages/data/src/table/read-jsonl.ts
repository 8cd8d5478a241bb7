/** Reads JSON lines (one object per line) into a table, whole or as a stream. */
import { DataError } from '../data-error.ts';
import type { Cell } from './column-builder.ts';
import { suggestColumn } from './nearest-name.ts';
import { toCell } from './rows-of-values.ts';
import type { Table } from './table.ts';
import { checkTableRows, type ReadTableOptions, TableBuilder } from './table-builder.ts';
import { type TextSource, textChunks } from './text-chunks.ts';

/** How to read. */
export interface ReadJsonlOptions extends ReadTableOptions {
  /** Longest line in characters; default 1,000,000. */
  readonly maxLineLength?: number;
}

/**
 * The table of a text with a JSON object on each line; blank lines are passed over. The columns are the keys of the first
 * rows (`sampleRows`), in order of appearance; a key that a row lacks is a missing cell, a key that comes later an error.
 * Errors: DataError with file, line and column: `format` (no JSON, no object, a new key), `dtype` (nested values),
 * `value`, `argument`.
 */
export async function readJsonl(source: TextSource, options: ReadJsonlOptions = {}): Promise<Table> {
  for await (const table of cutTables(source, options, Number.POSITIVE_INFINITY)) return table;
  return new TableBuilder([], options).finish([], true);
}

/**
 * The same in tables of `rows` rows, the last one smaller, for files that do not fit into memory. Columns and kinds are those
 * of the first rows throughout. Errors: as `readJsonl`, when their place is reached.
 */
export async function* readJsonlTables(
  source: TextSource,
  options: ReadJsonlOptions & { readonly rows: number },
): AsyncGenerator<Table, void, undefined> {
  const { rows } = options;
  checkTableRows(rows);
  yield* cutTables(source, { ...options, sampleRows: Math.min(rows, options.sampleRows ?? rows) }, rows);
}

async function* cutTables(
  source: TextSource,
  options: ReadJsonlOptions,
  most: number,
): AsyncGenerator<Table, void, undefined> {
  const { file, sampleRows = 1000 } = options;
  const place = (line: number, column?: string) => ({
    ...(file === undefined ? {} : { file }),
    line,
    ...(column === undefined ? {} : { column }),
  });
  let held: { readonly row: ReadonlyMap<string, Cell>; readonly line: number }[] = [];
  let names: readonly string[] = [];
  let known: ReadonlySet<string> = new Set();
  let builder: TableBuilder | undefined;
  const add = (row: ReadonlyMap<string, Cell>, line: number): void => {
    const strange = [...row.keys()].find((key) => !known.has(key));
    if (strange !== undefined) {
      throw new DataError('format', `the key "${strange}" is new; no row before has it`, {
        ...place(line, strange),
        remedy: `Let one of the first ${sampleRows} rows have it, or raise sampleRows. ${suggestColumn(strange, names)}`,
      });
    }
    builder?.add(
      names.map((name) => row.get(name)),
      line,
    );
  };
  const release = (): void => {
    known = new Set(held.flatMap(({ row }) => [...row.keys()]));
    names = [...known];
    builder = new TableBuilder(names, options);
    for (const { row, line } of held) add(row, line);
    held = [];
  };
  for await (const { text, line } of lines(textChunks(source, file), options)) {
    const row = parseLine(text, (column) => place(line, column));
    // Before the row that would be too many, so that the last table is never an empty one.
    if (builder !== undefined && builder.pending >= most) yield builder.cut([], true);
    if (builder !== undefined) {
      add(row, line);
      continue;
    }
    held.push({ row, line });
    if (held.length >= sampleRows) release();
  }
  if (builder === undefined) release();
  if (builder !== undefined) yield builder.finish([], true);
}

type PlaceOf = (column?: string) => { readonly file?: string; readonly line: number; readonly column?: string };

function parseLine(text: string, place: PlaceOf): ReadonlyMap<string, Cell> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const remedy = 'Write one JSON object per line; a JSON array is read by no reader.';
    throw new DataError('format', 'the line is no JSON', { ...place(), remedy }, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    const remedy = 'Write an object with the names of the columns as keys on each line.';
    throw new DataError('format', `the line is ${what}, not an object`, { ...place(), remedy });
  }
  return new Map(Object.entries(value).map(([key, cell]) => [key, toCell(cell, () => place(key))]));
}

async function* lines(
  chunks: AsyncIterable<string>,
  { file, maxLineLength = 1_000_000 }: ReadJsonlOptions,
): AsyncGenerator<{ readonly text: string; readonly line: number }, void, undefined> {
  let rest = '';
  let line = 1;
  for await (const chunk of chunks) {
    // Only the new chunk can hold a line end, so a long line is not searched again and again.
    const parts = chunk.split('\n');
    parts[0] = rest + (parts[0] ?? '');
    rest = parts.pop() ?? '';
    for (const text of parts) {
      if (text.trim() !== '') yield { text, line };
      line++;
    }
    if (rest.length > maxLineLength) {
      throw new DataError('format', `the line has no end within ${maxLineLength} characters`, {
        ...(file === undefined ? {} : { file }),
        line,
        remedy: 'Write one JSON object per line, or raise maxLineLength.',
      });
    }
  }
  if (rest.trim() !== '') yield { text: rest, line };
}
