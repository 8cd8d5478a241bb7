/** Reads CSV and its relatives (semicolons, tabs) into a table, whole or as a stream. */
import { DataError } from '../data-error.ts';
import { parseNumber } from './cell.ts';
import { type CsvFormat, csvRows } from './csv-rows.ts';
import type { Table } from './table.ts';
import { checkTableRows, type ReadTableOptions, TableBuilder } from './table-builder.ts';
import { type TextSource, textChunks } from './text-chunks.ts';

/** How to read. */
export interface ReadCsvOptions extends ReadTableOptions, CsvFormat {
  /** Names of the columns, for a file without a header line. */
  readonly header?: readonly string[];
  /** Decimal sign of numbers; default a point. */
  readonly decimal?: '.' | ',';
}

/**
 * The table of a CSV text. The first line is the header; blank lines are passed over. A first column without a name is
 * called `column_1`; when every row has one cell more than the header, as R writes them, the first is called `row_name`.
 * Errors: DataError with file, line and column: `format` (ragged rows, names twice, quotes, no header, no text),
 * `value` (a cell of another kind than its column, no rows), `argument`.
 */
export async function readCsv(source: TextSource, options: ReadCsvOptions = {}): Promise<Table> {
  const tables = cutTables(source, options, Number.POSITIVE_INFINITY);
  const { value } = await tables.next();
  if (value !== undefined) return value;
  const remedy = 'Pass a file with a header and at least one row below it.';
  throw new DataError('format', 'the file is empty', {
    ...(options.file === undefined ? {} : { file: options.file }),
    remedy,
  });
}

/**
 * The same in tables of `rows` rows, the last one smaller, for files that do not fit into memory: only one is held at a
 * time. Kinds are those of the first rows throughout; labels and counts are each table's own. Series that go on in the next
 * table are for the caller to join. Errors: as `readCsv`, when their place is reached.
 */
export async function* readCsvTables(
  source: TextSource,
  options: ReadCsvOptions & { readonly rows: number },
): AsyncGenerator<Table, void, undefined> {
  const { rows } = options;
  checkTableRows(rows);
  // Kinds must be known when the first table leaves.
  const sampleRows = Math.min(rows, options.sampleRows ?? rows);
  let empty = true;
  for await (const table of cutTables(source, { ...options, sampleRows }, rows)) {
    empty = false;
    yield table;
  }
  if (empty) await readCsv('', options);
}

async function* cutTables(
  source: TextSource,
  options: ReadCsvOptions,
  most: number,
): AsyncGenerator<Table, void, undefined> {
  const { file, header, decimal = '.' } = options;
  let notes: string[] = [];
  let names = header;
  let builder: TableBuilder | undefined;
  for await (const { rows, lines, delimiter } of csvRows(textChunks(source, file), options)) {
    for (let r = 0; r < rows.length; r++) {
      const cells = rows[r] ?? [];
      if (names === undefined) {
        names = headerNames(cells, options, notes);
        if (options.delimiter === undefined && delimiter !== ',') {
          notes.push(`Cells are separated by ${delimiter === '\t' ? 'tabs' : delimiter}.`);
        }
        continue;
      }
      if (builder === undefined && header === undefined && cells.length === names.length + 1) {
        names = ['row_name', ...names];
        notes.push('Rows have one cell more than the header: the first is taken as the name of the row, row_name.');
      }
      builder ??= new TableBuilder(names, options, decimal);
      // Before the row that would be too many, so that the last table is never an empty one.
      if (builder.pending >= most) {
        yield builder.cut(notes, true);
        notes = [];
      }
      builder.add(cells, lines[r] ?? 0);
    }
  }
  if (names === undefined) return;
  builder ??= new TableBuilder(names, options, decimal);
  yield builder.finish(notes, true);
}

function headerNames(cells: readonly string[], { file }: ReadCsvOptions, notes: string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  if (names.every((name) => parseNumber(name) !== undefined)) {
    throw new DataError('format', 'the first line has numbers where the names of the columns should be', {
      ...(file === undefined ? {} : { file }),
      line: 1,
      remedy: 'Add a header line, or pass the names with the option header.',
    });
  }
  return names.map((name, c) => {
    if (name !== '') return name;
    notes.push(`The column without a name is called column_${c + 1}.`);
    return `column_${c + 1}`;
  });
}
