/**
 * The errors of this package: `RheoError`s that name the file, in it the tensor or byte, and the remedy.
 *
 * Texts of files are quoted printable and cut, because a terminal obeys control characters.
 */

import type { ErrorCode } from '@rheo/ir';
import { RheoError } from '@rheo/ir';

/** What every reader here needs for its errors. */
export type Fail = (what: string, options?: FailOptions) => RheoError;

/** Where in the file, and what to do about it. */
export interface FailOptions {
  readonly code?: ErrorCode;
  /** Tensor, entry or byte. */
  readonly at?: string;
  readonly remedy?: string;
  readonly shapes?: readonly string[];
  readonly cause?: unknown;
}

const distrust = 'Save or download the file again; do not use it if its origin cannot be trusted';

/** Makes errors about one file; `format` unless another code is given. */
export function failer(file: string): Fail {
  const name = printable(file);
  return (what, { code = 'format', at, remedy = distrust, shapes, cause } = {}) =>
    new RheoError(code, {
      from: '@rheo/interop',
      what: printable(what, 400),
      where: at === undefined ? name : `${name}: ${printable(at)}`,
      remedy,
      shapes,
      cause,
    });
}

/** An error about the configuration. */
export function configError(what: string, where: string, remedy: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/interop',
    what: printable(what, 400),
    where: printable(where),
    remedy,
  });
}

/** A text of unknown origin, safe to show. */
export function printable(text: string, longest: number = 200): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A list of names, cut when long. */
export function nameList(names: readonly string[], most: number = 8): string {
  const shown = names.slice(0, most).map((name) => printable(name, 80));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
