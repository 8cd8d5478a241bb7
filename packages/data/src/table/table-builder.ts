/**
 * Puts rows together to a table: checks the names, holds the first rows back until the kinds of the columns are
 * inferred from them, and then types cell by cell. What it keeps of a row are its typed cells and its line.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { usualMissing } from './cell.ts';
import { type Cell, ColumnBuilder } from './column-builder.ts';
import { GrowingArray } from './growing-array.ts';
import { suggestColumn } from './nearest-name.ts';
import type { ColumnKind, Table } from './table.ts';

/** What every reader takes. */
export interface ReadTableOptions {
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Columns to keep; all without it. */
  readonly columns?: readonly string[];
  /** Kinds of columns, instead of inferring them. */
  readonly types?: Readonly<Record<string, ColumnKind>>;
  /** Texts that mean a missing cell. Default: empty, NA, N/A, NaN, nan, null, NULL. */
  readonly missing?: readonly string[];
  /** Rows from which kinds are inferred; default 1000. */
  readonly sampleRows?: number;
}

/** Refuses tables of no rows. Errors: `argument`. */
export function checkTableRows(rows: number): void {
  if (Number.isSafeInteger(rows) && rows >= 1) return;
  throw new DataError('argument', `tables of ${rows} rows`, { remedy: 'Use a whole number of at least 1.' });
}

const kinds: ReadonlySet<string> = new Set<ColumnKind>(['number', 'boolean', 'time', 'category']);

export class TableBuilder {
  readonly #options: ReadTableOptions;
  readonly #names: readonly string[];
  /** A builder per cell of a row; undefined where the column is not wanted. */
  readonly #builders: readonly (ColumnBuilder | undefined)[];
  #lines: GrowingArray = new GrowingArray();
  readonly #sampleRows: number;
  #held: { readonly cells: readonly Cell[]; readonly line: number }[] | undefined = [];
  #rows: number = 0;

  /** Errors: `format` for names that repeat, `argument` for options that name columns or kinds that there are not. */
  constructor(names: readonly string[], options: ReadTableOptions, decimal: '.' | ',' = '.') {
    this.#options = options;
    this.#names = names;
    this.#sampleRows = options.sampleRows ?? 1000;
    if (!Number.isSafeInteger(this.#sampleRows) || this.#sampleRows < 1) {
      throw new DataError('argument', `sampleRows ${this.#sampleRows}`, {
        remedy: 'Use a whole number of at least 1.',
      });
    }
    this.#checkNames();
    const rules = { missing: new Set(options.missing ?? usualMissing), decimal };
    const wanted = options.columns === undefined ? undefined : new Set(options.columns);
    const types = new Map(Object.entries(options.types ?? {}));
    this.#builders = names.map((name) =>
      wanted === undefined || wanted.has(name) ? new ColumnBuilder(name, types.get(name), rules) : undefined,
    );
  }

  /** Adds a row. Errors: `format` when it is too long or too short, `value` for a cell of the wrong kind. */
  add(cells: readonly Cell[], line: number): void {
    if (cells.length !== this.#names.length) {
      const lacking = this.#names[cells.length];
      const what = `${cells.length} cells where the header has ${this.#names.length}`;
      throw new DataError('format', lacking === undefined ? what : `${what}; ${lacking} is the first without one`, {
        ...this.#place(this.#rows + (this.#held?.length ?? 0), line),
        remedy: 'Give every row as many cells as the header, quote cells that contain the delimiter, or name it.',
      });
    }
    if (this.#held === undefined) {
      this.#push(cells, line);
    } else {
      this.#held.push({ cells, line });
      if (this.#held.length >= this.#sampleRows) this.#release();
    }
  }

  /** Rows since the last cut. */
  get pending(): number {
    return this.#lines.length + (this.#held?.length ?? 0);
  }

  /** The rows since the last cut as a table; rows that follow are of the same kinds. */
  cut(notes: readonly string[], withLines: boolean): Table {
    this.#release();
    const rows = this.#lines.length;
    const finished = this.#builders.flatMap((builder) => (builder === undefined ? [] : [builder.cut()]));
    const lines = this.#lines.toInt32();
    this.#lines = new GrowingArray();
    return {
      rows,
      columns: finished.map(({ column }) => column),
      ...(this.#options.file === undefined ? {} : { file: this.#options.file }),
      ...(withLines ? { lines } : {}),
      notes: [...notes, ...finished.flatMap((part) => part.notes)],
    };
  }

  /** The last cut. Errors: `value` when there was no row at all. */
  finish(notes: readonly string[], withLines: boolean): Table {
    const table = this.cut(notes, withLines);
    if (this.#rows > 0) return table;
    throw new DataError('value', 'the table has no row', {
      ...this.#place(undefined, undefined),
      remedy: 'Pass a file with a header and at least one row below it.',
    });
  }

  #release(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#builders.forEach((builder, c) => {
      builder?.infer(held.map(({ cells }) => cells[c]));
    });
    for (const { cells, line } of held) this.#push(cells, line);
  }

  #push(cells: readonly Cell[], line: number): void {
    const row = this.#rows++;
    this.#lines.push(line);
    for (let c = 0; c < cells.length; c++) this.#builders[c]?.push(cells[c], () => this.#place(row, line));
  }

  #place(row: number | undefined, line: number | undefined): Omit<DataErrorPlace, 'remedy'> {
    const { file } = this.#options;
    return {
      ...(file === undefined ? {} : { file }),
      ...(row === undefined ? {} : { row }),
      ...(line === undefined || line < 1 ? {} : { line }),
    };
  }

  #checkNames(): void {
    const seen = new Set<string>();
    for (const name of this.#names) {
      if (seen.has(name)) {
        throw new DataError('format', `the column "${name}" occurs twice`, {
          ...this.#place(undefined, undefined),
          column: name,
          remedy: 'Give every column a name of its own.',
        });
      }
      seen.add(name);
    }
    const { columns = [], types = {} } = this.#options;
    const unknown = [...columns, ...Object.keys(types)].find((name) => !seen.has(name));
    if (unknown !== undefined) {
      throw new DataError('argument', `there is no column "${unknown}"`, {
        ...this.#place(undefined, undefined),
        column: unknown,
        remedy: suggestColumn(unknown, this.#names),
      });
    }
    const wrong = Object.entries(types).find(([, kind]) => !kinds.has(kind));
    if (wrong !== undefined) {
      const remedy = `Use one of ${[...kinds].join(', ')}.`;
      throw new DataError('argument', `"${wrong[1]}" is no kind of column`, { column: wrong[0], remedy });
    }
  }
}
