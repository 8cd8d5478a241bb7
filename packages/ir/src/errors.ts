/**
 * The one error class of Rheo for failures that a caller can cause and mend.
 *
 * It promises a stable `code` to switch on, and a message that starts with the package, says what is wrong and
 * where, and ends with the remedy. Broken invariants of Rheo itself are plain `Error`s, not this class.
 * Instances are recognised by a brand, so two copies of the package on one page still understand each other.
 */

const brand = Symbol.for('rheo.error');

/** What went wrong, as a stable word; messages may be reworded, codes may not. */
export type ErrorCode =
  | 'shape' // sizes, ranks or axes do not fit
  | 'dtype' // an element type that the operation does not take
  | 'attribute' // an attribute of an op is outside its range
  | 'program' // a Program breaks a rule of the language
  | 'syntax' // a text is not a Program
  | 'argument' // a wrong argument of a public function
  | 'value' // numbers that are not finite, out of range, or out of order
  | 'gradient' // something without a reverse rule was differentiated
  | 'capability' // a backend cannot do what was asked
  | 'memory' // memory could not be had
  | 'disposed' // a handle, executable or backend was used after its end
  | 'backend' // a handle of another backend, or an engine's own failure
  | 'lost' // the device went away
  | 'format' // a file is damaged, hostile or of another kind
  | 'file' // a file could not be found, read or written
  | 'diverged' // training produced numbers that are not finite
  | 'aborted'; // the caller's abort signal fired

/** The parts of an error; all but `what` may be absent. */
export interface ErrorDetails {
  /** Package that reports, with scope: `@rheo/ir`. */
  readonly from: string;
  /** What is wrong, one sentence without a full stop. */
  readonly what: string;
  /** Path of the layer concerned: `model/0/cfc`. */
  readonly layer?: string | undefined;
  /** Op concerned. */
  readonly op?: string | undefined;
  /** Types or shapes concerned, as printed text. */
  readonly shapes?: readonly string[] | undefined;
  /** File, row, tensor, parameter or option concerned. */
  readonly where?: string | undefined;
  /** What the caller can do. */
  readonly remedy?: string | undefined;
  /** The failure underneath. */
  readonly cause?: unknown;
}

/** A failure that the caller can mend; see `code`, `details` and the message. */
export class RheoError extends Error {
  override readonly name: string = 'RheoError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(describe(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for a `RheoError` of this or any other copy of the package. */
export function isRheoError(error: unknown): error is RheoError {
  return typeof error === 'object' && error !== null && brand in error;
}

function describe(details: ErrorDetails): string {
  let text = `${details.from}: `;
  if (details.layer !== undefined) text += `layer ${details.layer}: `;
  if (details.op !== undefined) text += `${details.op}: `;
  text += details.what;
  if (details.where !== undefined) text += ` (${details.where})`;
  if (details.shapes !== undefined && details.shapes.length > 0) text += `; got ${details.shapes.join(', ')}`;
  if (details.remedy !== undefined) text += `. ${details.remedy}`;
  return text;
}
