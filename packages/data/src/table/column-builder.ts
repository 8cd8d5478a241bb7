/**
 * Collects the cells of one column: its kind is given or inferred from the first rows, and then every cell must be of
 * that kind or missing. So a wrong cell far down is an error with its place, not a column that became text.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { type ParsedTime, parseBoolean, parseNumber, parseTime } from './cell.ts';
import { GrowingArray } from './growing-array.ts';
import type { Column, ColumnKind } from './table.ts';

/** A cell as a reader finds it: text, or a value that its format already typed. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/** A cell that has a value. */
export type PresentCell = Exclude<Cell, null | undefined>;

/** Rules of the whole table. */
export interface CellRules {
  readonly missing: ReadonlySet<string>;
  readonly decimal: '.' | ',';
}

type Place = Omit<DataErrorPlace, 'remedy'>;

export class ColumnBuilder {
  readonly name: string;
  readonly given: boolean;
  readonly #rules: CellRules;
  #values: GrowingArray = new GrowingArray();
  #codes: Map<string, number> = new Map();
  #kind: ColumnKind | undefined;
  #missing: number = 0;
  #zoned: number = 0;

  constructor(name: string, kind: ColumnKind | undefined, rules: CellRules) {
    this.name = name;
    this.given = kind !== undefined;
    this.#kind = kind;
    this.#rules = rules;
  }

  /** Decides the kind from the cells of the first rows, unless it was given or they are all missing. */
  infer(cells: readonly Cell[]): void {
    const present = cells.map((cell) => presentCell(cell, this.#rules)).filter((cell) => cell !== undefined);
    if (this.#kind === undefined && present.length > 0) this.#kind = kindOf(present, this.#rules);
  }

  /** Adds a cell. Errors: `value` with place, column and what was there. */
  push(cell: Cell, place: () => Place): void {
    const trimmed = presentCell(cell, this.#rules);
    if (trimmed === undefined) {
      this.#missing++;
      this.#values.push(Number.NaN);
      return;
    }
    // Empty so far: the first cell with a value decides.
    this.#kind ??= kindOf([trimmed], this.#rules);
    const value = this.#parse(trimmed, this.#kind);
    if (value === undefined) throw this.#wrong(cell, this.#kind, place);
    this.#values.push(value);
  }

  /** The cells since the last cut as a column, and what to report of them. The kind stays for those that follow. */
  cut(): { readonly column: Column; readonly notes: readonly string[] } {
    const finished = this.#finish();
    this.#values = new GrowingArray();
    this.#codes = new Map();
    this.#missing = 0;
    this.#zoned = 0;
    return finished;
  }

  #finish(): { readonly column: Column; readonly notes: readonly string[] } {
    const { name } = this;
    const missing = this.#missing;
    const kind = this.#kind ?? 'number';
    const notes: string[] = [];
    if (this.#kind === undefined && this.#values.length > 0) notes.push(noValue(name));
    if (kind === 'category') {
      const values = this.#values.toFloat64();
      const codes = Int32Array.from(values, (code) => (Number.isNaN(code) ? -1 : code));
      return { column: { name, kind, codes, labels: [...this.#codes.keys()], missing }, notes };
    }
    const unzoned = this.#values.length - missing - this.#zoned;
    if (kind === 'time' && unzoned > 0) {
      const some = this.#zoned === 0 ? 'The times' : `${unzoned} times`;
      notes.push(`${some} of column ${name} name no zone and are read as UTC.`);
    }
    return { column: { name, kind, values: this.#values.toFloat64(), missing }, notes };
  }

  #parse(cell: PresentCell, kind: ColumnKind): number | undefined {
    if (kind === 'category') return this.#codeOf(asLabel(cell));
    if (kind === 'number') return asNumber(cell, this.#rules);
    if (kind === 'boolean') return asBoolean(cell);
    const parsed = asTime(cell);
    if (parsed?.zoned) this.#zoned++;
    return parsed?.time;
  }

  #codeOf(label: string): number {
    const known = this.#codes.get(label);
    if (known !== undefined) return known;
    this.#codes.set(label, this.#codes.size);
    return this.#codes.size - 1;
  }

  #wrong(cell: Cell, kind: ColumnKind, place: () => Place): DataError {
    const quoted = typeof cell === 'string' ? `"${cell}"` : String(cell);
    const wanted = { number: 'number', boolean: 'boolean', time: 'ISO 8601 date', category: 'text' }[kind];
    const why = this.given ? `the column was said to be of kind ${kind}` : `the first rows are of kind ${kind}`;
    const comma = kind === 'number' && typeof cell === 'string' && parseNumber(cell.trim(), ',') !== undefined;
    const remedy = comma
      ? 'If a comma is the decimal sign of the file, say so with the option decimal.'
      : 'Mend the cell, list its text under missing, or say with the option types that the column is of another kind.';
    return new DataError('value', `${quoted} is no ${wanted}, and ${why}`, { ...place(), column: this.name, remedy });
  }
}

/** The note on a column without a value. */
export function noValue(name: string): string {
  return `Column ${name} has no value at all.`;
}

/** The cell, its text trimmed, or undefined where it is missing. */
export function presentCell(cell: Cell, { missing }: Pick<CellRules, 'missing'>): PresentCell | undefined {
  if (cell === null || cell === undefined) return undefined;
  if (typeof cell === 'number') return Number.isNaN(cell) ? undefined : cell;
  if (typeof cell !== 'string') return cell;
  const text = cell.trim();
  return missing.has(text) ? undefined : text;
}

function kindOf(cells: readonly PresentCell[], rules: CellRules): ColumnKind {
  if (cells.every((cell) => asNumber(cell, rules) !== undefined)) return 'number';
  if (cells.every((cell) => asBoolean(cell) !== undefined)) return 'boolean';
  return cells.every((cell) => typeof cell !== 'number' && asTime(cell) !== undefined) ? 'time' : 'category';
}

/** The text of a cell of a category. */
export function asLabel(cell: PresentCell): string {
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

/** A finite number, or undefined. Integers beyond 2^53 are none. */
export function asNumber(cell: PresentCell, rules: CellRules): number | undefined {
  if (typeof cell === 'string') return parseNumber(cell, rules.decimal);
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell !== 'bigint') return undefined;
  // Beyond 2^53 a number would no longer be the one in the file.
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : undefined;
}

/** 1 for true and 0 for false, or undefined. */
export function asBoolean(cell: PresentCell): number | undefined {
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (cell === 0 || cell === 1) return cell;
  if (typeof cell !== 'string') return undefined;
  return cell === '0' || cell === '1' ? Number(cell) : parseBoolean(cell);
}

/** A time, or undefined. */
export function asTime(cell: PresentCell): ParsedTime | undefined {
  if (typeof cell === 'string') return parseTime(cell);
  if (!(cell instanceof Date)) return undefined;
  return Number.isNaN(cell.getTime()) ? undefined : { time: cell.getTime(), zoned: true };
}
