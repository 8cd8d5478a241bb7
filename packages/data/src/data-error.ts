/**
 * The one error type of this package.
 *
 * Every expected failure (a file that is damaged, hostile or of the wrong kind, numbers that cannot be used, a wrong
 * option) is a DataError whose message says what is wrong, where, and what to do, and whose details hold the same
 * facts for programs. Codes, details and brand are those of the other packages' errors, which this package must not
 * import: `isRheoError` of `@rheo/ir` accepts a DataError. Faults of the program itself are not wrapped.
 */

/** What went wrong, as a stable word; messages may be reworded, codes may not. */
export type DataErrorCode =
  | 'argument' // a wrong argument of a public function
  | 'shape' // sizes do not fit
  | 'dtype' // an element type that cannot be read or used
  | 'value' // numbers that are not finite, out of range or out of order; data that is empty
  | 'format' // a file is damaged, hostile, beyond the limits or of another kind
  | 'file'; // a file could not be found, read or written

/** Where a failure lies and how to get rid of it. Only what is known is present. */
export interface DataErrorPlace {
  /** File name as the caller gave it. */
  readonly file?: string;
  /** Entry of an archive. */
  readonly entry?: string;
  /** Name of a tensor in a file, or of an array of a data set (`values`, `dt`, …). */
  readonly tensor?: string;
  /** Index of the sequence or of the row of a table, from 0. */
  readonly row?: number;
  /** Line of a text file on which the row begins, from 1 as editors count. */
  readonly line?: number;
  /** Name of the column of a table. */
  readonly column?: string;
  /** Index of the time step in the sequence. */
  readonly step?: number;
  /** Index of the feature. */
  readonly feature?: number;
  /** Shapes concerned, as text. */
  readonly shapes?: readonly string[];
  /** What to do, one sentence. */
  readonly remedy: string;
}

/** All that is known about a failure. */
export interface DataErrorDetails extends DataErrorPlace {
  readonly from: '@rheo/data';
  /** What is wrong, without a full stop. */
  readonly what: string;
  /** File, entry, tensor, line or row, column, step and feature as one text. */
  readonly where?: string;
  /** The failure underneath. */
  readonly cause?: unknown;
}

const brand = Symbol.for('rheo.error');

/** A typed, expected failure of `@rheo/data`. */
export class DataError extends Error {
  override readonly name: string = 'DataError';
  readonly code: DataErrorCode;
  readonly details: DataErrorDetails;

  constructor(code: DataErrorCode, what: string, place: DataErrorPlace, options?: { readonly cause?: unknown }) {
    const where = describe(place);
    const said = printable(what, 500);
    super(`@rheo/data: ${where === '' ? '' : `${where}: `}${said}. ${place.remedy}`, options);
    this.code = code;
    this.details = { from: '@rheo/data', what: said, ...place, ...(where === '' ? {} : { where }), ...options };
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a caught value is a DataError, of this copy of the package or another. */
export function isDataError(value: unknown): value is DataError {
  return value instanceof Error && brand in value && value.name === 'DataError';
}

function describe({ file, entry, tensor, row, line, column, step, feature }: DataErrorPlace): string {
  const parts: string[] = [];
  if (file !== undefined) parts.push(printable(file));
  if (entry !== undefined) parts.push(`entry ${printable(entry)}`);
  if (tensor !== undefined) parts.push(printable(tensor));
  // A line says where to look in the file; the row would only be a second number for the same place.
  if (line !== undefined) parts.push(`line ${line}`);
  else if (row !== undefined) parts.push(`row ${row}`);
  if (column !== undefined) parts.push(`column ${printable(column)}`);
  if (step !== undefined) parts.push(`step ${step}`);
  if (feature !== undefined) parts.push(`feature ${feature}`);
  return parts.join(', ');
}

/** A text that may quote an untrusted file, safe for a terminal: control characters escaped, cut when long. */
function printable(text: string, longest = 200): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
