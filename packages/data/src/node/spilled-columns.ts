/**
 * The columns of a table that comes piece by piece: which there are, of which kind, and what must be known of all their
 * cells before anything else. A column that is empty at first has no kind until its first value.
 */
import { DataError } from '../data-error.ts';
import { noValue } from '../table/column-builder.ts';
import { type Column, type ColumnKind, cellText, placeOf, type Table } from '../table/table.ts';
import { LabelCodes } from './label-codes.ts';

/** More values than this are no classes, and are counted no further. */
const mostValues = 10_000;

/** What is kept of a column. */
interface Known {
  readonly name: string;
  kind: ColumnKind | undefined;
  readonly codes: LabelCodes;
  /** Values of the target of a classification. */
  readonly values: Set<number>;
  least: number;
  most: number;
  /** Texts were too many to be counted. */
  dropped: boolean;
}

export class SpilledColumns {
  readonly #known: readonly Known[];
  readonly #names: readonly string[];
  readonly #kept: readonly Known[];
  readonly #file: string | undefined;
  readonly #needed: ReadonlySet<string>;
  readonly #labelBytes: number;
  readonly #notes = new Map<string, string>();

  /** `kept` are written to the disk; `needed` were named by the user; labels may take so much memory. */
  constructor(first: Table, kept: ReadonlySet<string>, needed: ReadonlySet<string>, labelBytes: number) {
    this.#names = first.columns.map(({ name }) => name);
    this.#known = first.columns.map(({ name }) => ({
      name,
      kind: undefined,
      codes: new LabelCodes(),
      values: new Set<number>(),
      least: Number.POSITIVE_INFINITY,
      most: Number.NEGATIVE_INFINITY,
      dropped: false,
    }));
    this.#kept = this.#known.filter(({ name }) => kept.has(name));
    this.#file = first.file;
    this.#needed = needed;
    this.#labelBytes = labelBytes;
  }

  /** Names of the columns whose cells are written, in order. */
  get names(): readonly string[] {
    return this.#kept.map(({ name }) => name);
  }

  /**
   * Takes the next table into account; gives its kept columns, each with the codes that its labels have on the disk.
   * Errors: `format` for other columns than before.
   */
  take(
    table: Table,
    valuesOf: string | undefined,
  ): { readonly column: Column; readonly codes: Int32Array | undefined }[] {
    const names = table.columns.map(({ name }) => name);
    if (names.length !== this.#names.length || names.some((name, c) => name !== this.#names[c])) {
      throw new DataError('format', `the columns change from ${this.#names.join(', ')} to ${names.join(', ')}`, {
        ...placeOf(table),
        remedy: 'Give every table the same columns in the same order.',
      });
    }
    for (const note of table.notes) this.#notes.set(note.replace(/^\d+ /, ''), note);
    const taken = this.#known.flatMap((known, c) => {
      const column = table.columns[c];
      return column === undefined ? [] : [{ known, column, codes: this.#takeColumn(table, known, column, valuesOf) }];
    });
    return taken.filter(({ known }) => this.#kept.includes(known));
  }

  /** Names, kinds, the ends of times, each value of the target once: what choices rest on. */
  schema(): Table {
    const columns = this.#known.filter(({ dropped }) => !dropped).map(columnOfKnown);
    const rows = Math.max(
      ...columns.map((column) => (column.kind === 'category' ? column.codes : column.values).length),
    );
    return { rows, columns, ...(this.#file === undefined ? {} : { file: this.#file }), notes: this.#tableNotes() };
  }

  /** Kind and labels of the kept columns. */
  kept(): readonly { readonly name: string; readonly kind: ColumnKind; readonly labels: readonly string[] }[] {
    return this.#kept.map(({ name, kind = 'number', codes }) => ({ name, kind, labels: codes.labels }));
  }

  #takeColumn(table: Table, known: Known, column: Column, valuesOf: string | undefined): Int32Array | undefined {
    if (column.missing === table.rows) return column.kind === 'category' ? new Int32Array() : undefined;
    known.kind ??= column.kind;
    if (known.kind !== column.kind) {
      throw new DataError('format', `the column was of kind ${known.kind} and is of kind ${column.kind}`, {
        ...placeOf(table, undefined, known.name),
        remedy: 'Read all tables with the same kinds (option types).',
      });
    }
    if (column.kind !== 'category') {
      for (const value of column.values) {
        if (value < known.least) known.least = value;
        if (value > known.most) known.most = value;
      }
      if (known.name === valuesOf) {
        for (let row = 0; row < table.rows && known.values.size < mostValues; row++) {
          const value = column.values[row];
          if (value !== undefined && cellText(column, row) !== undefined) known.values.add(value);
        }
      }
      return undefined;
    }
    if (!this.#kept.includes(known) || known.dropped) return undefined;
    const codes = known.codes.take(column);
    this.#boundLabels(table);
    return known.dropped ? undefined : codes;
  }

  /** Texts that are too many for the memory are no categories. */
  #boundLabels(table: Table): void {
    const bytes = this.#kept.reduce((sum, { codes }) => sum + codes.bytes, 0);
    if (bytes <= this.#labelBytes) return;
    const largest = this.#kept.reduce((a, b) => (b.codes.bytes > a.codes.bytes ? b : a));
    const what = `over ${largest.codes.labels.length} different texts are more than the memory limit lets be counted`;
    if (this.#needed.has(largest.name)) {
      throw new DataError('value', what, {
        ...placeOf(table, undefined, largest.name),
        remedy: 'Leave the column out, or raise the memory limit.',
      });
    }
    this.#notes.set(largest.name, `Column ${largest.name}: ${what}; it is left out.`);
    largest.dropped = true;
    largest.codes.clear();
  }

  #tableNotes(): string[] {
    const filled = new Set(this.#known.filter(({ kind }) => kind !== undefined).map(({ name }) => noValue(name)));
    return [...this.#notes.values()].filter((note) => !filled.has(note));
  }
}

function columnOfKnown({ name, kind = 'number', codes, values, least, most }: Known): Column {
  if (kind === 'category') {
    return { name, kind, codes: Int32Array.from(codes.labels, (_, code) => code), labels: codes.labels, missing: 0 };
  }
  const cells =
    values.size > 0 ? Float64Array.from(values) : least <= most ? Float64Array.of(least, most) : new Float64Array();
  return { name, kind, values: cells, missing: 0 };
}
