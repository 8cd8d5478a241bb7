/**
 * Reads a table of numbers: a header, then one observation per line, separated by commas.
 *
 * `time` (stamps) or `elapsed` says when, `sequence` groups the lines; every other column is a feature, in order. Without
 * a time column rows are one unit apart. Numbers only: no quotes, no missing cells.
 */

import { badFile } from './failure.ts';

/** One sequence: values [T, F] and elapsed times [T]. */
export interface CsvSequence {
  readonly values: number[];
  readonly dt: number[];
}

/** Reads the sequences of a table. Throws `format` or `value` naming file, line and column. */
export function readCsvSequences(
  bytes: Uint8Array,
  file: string,
): { readonly sequences: readonly CsvSequence[]; readonly features: number } {
  const lines = decode(bytes, file).split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const header = (lines[0] ?? '').split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const columns = readHeader(header, file);
  if (lines.length < 2) {
    throw badFile('value', 'the table has no rows', file, 'Put one observation on each line below the header');
  }
  const sequences: CsvSequence[] = [];
  let current: CsvSequence = { values: [], dt: [] };
  let group: number | undefined;
  const groups = new Set<number>();
  let before = 0;
  for (let line = 1; line < lines.length; line++) {
    const cells = (lines[line] ?? '').split(',');
    const at = `${file}, line ${line + 1}`;
    if (cells.length !== header.length) {
      const remedy = 'Give every line a number for each column';
      throw badFile('format', `${cells.length} cells where the header has ${header.length}`, at, remedy);
    }
    const read = (column: number): number => readNumber(cells[column] ?? '', `${at}, column ${header[column]}`);
    const sequence = columns.sequence === undefined ? 0 : read(columns.sequence);
    if (group === undefined || sequence !== group) {
      if (groups.has(sequence)) {
        const remedy = 'Put the lines of a sequence together, in the order of time';
        throw badFile('format', `sequence ${sequence} goes on after others`, at, remedy);
      }
      groups.add(sequence);
      current = { values: [], dt: [] };
      sequences.push(current);
    }
    const first = current.dt.length === 0;
    group = sequence;
    if (columns.elapsed !== undefined) {
      const elapsed = read(columns.elapsed);
      if (elapsed < 0) throw backwards(`the elapsed time is ${elapsed}`, at);
      current.dt.push(elapsed);
    } else if (columns.time !== undefined) {
      const now = read(columns.time);
      if (!first && now < before) throw backwards(`time runs backwards, from ${before} to ${now}`, at);
      current.dt.push(first ? 0 : now - before);
      before = now;
    } else {
      current.dt.push(1);
    }
    for (const column of columns.features) current.values.push(read(column));
  }
  return { sequences, features: columns.features.length };
}

interface Columns {
  readonly sequence: number | undefined;
  readonly time: number | undefined;
  readonly elapsed: number | undefined;
  readonly features: readonly number[];
}

function readHeader(header: readonly string[], file: string): Columns {
  const at = `${file}, line 1`;
  const find = (name: string): number | undefined => {
    const index = header.findIndex((column) => column.toLowerCase() === name);
    return index < 0 ? undefined : index;
  };
  const special = { sequence: find('sequence'), time: find('time'), elapsed: find('elapsed') };
  const taken = new Set(Object.values(special));
  const features = [...header.keys()].filter((index) => !taken.has(index));
  if (header.length === 1 && /[;\t]/.test(header[0] ?? '')) {
    throw badFile('format', 'the columns are not separated by commas', at, 'Save the table with commas, time,x,y');
  }
  if (header.every((name) => name === '' || Number.isFinite(Number(name)))) {
    throw badFile('format', 'the first line holds no names', at, 'Start with a header such as time,x,y');
  }
  const twice = header.find((name, index) => name !== '' && header.indexOf(name) < index);
  if (twice !== undefined) {
    throw badFile('format', `two columns are named ${JSON.stringify(twice)}`, at, 'Give each column a name of its own');
  }
  if (special.time !== undefined && special.elapsed !== undefined) {
    throw badFile('format', 'there is a column time and a column elapsed', at, 'Keep one of them');
  }
  if (features.length === 0) {
    throw badFile('format', 'there is no column of values', at, 'Add a column for each feature of the model');
  }
  return { ...special, features };
}

function readNumber(cell: string, at: string): number {
  const text = cell.trim();
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(Math.fround(value))) return value;
  const shown = text === '' ? 'the cell is empty' : `${JSON.stringify(text.slice(0, 40))} is no finite number`;
  throw badFile('value', shown, at, 'Drop the line, or fill in a number');
}

function backwards(what: string, at: string): Error {
  return badFile('value', what, at, 'Sort the observations of each sequence by time');
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const remedy = 'Pass a .csv table, a .npy array, or a Walker2d archive (.zip or folder)';
    throw badFile('format', 'this is no text', file, remedy);
  }
}
