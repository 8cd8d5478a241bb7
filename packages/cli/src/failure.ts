/**
 * Failures as a command reports them: exit code and text.
 *
 * 2: the caller's input, said by a typed error in one message. 130: interrupted. 1: everything else; a typed error
 * shows its message alone, an unexpected one also its stack, because that is a fault of Rheo.
 */

import type { ErrorCode } from '@rheo/ir';
import { isRheoError, RheoError } from '@rheo/ir';

/** Codes of failures that the caller's input causes. */
const badInput: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'shape',
  'dtype',
  'attribute',
  'syntax',
  'argument',
  'value',
  'format',
  'file',
]);

/** How a command that failed ends. */
export interface Failure {
  readonly exitCode: 1 | 2 | 130;
  readonly text: string;
}

/** Exit code and text of an error. */
export function failureOf(error: unknown): Failure {
  if (isRheoError(error)) {
    const exitCode = error.code === 'aborted' ? 130 : badInput.has(error.code) ? 2 : 1;
    return { exitCode, text: exitCode === 130 ? '@rheo/cli: interrupted; nothing was kept' : error.message };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: 1, text: `@rheo/cli: this is a fault of Rheo, please report it.\n${stack}` };
}

/** A wrong use of a command. `where` names the option, argument or file. */
export function misuse(what: string, where: string, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/cli', what, where, remedy });
}

/** A file that cannot be used. */
export function badFile(code: 'file' | 'format' | 'value', what: string, where: string, remedy: string): RheoError {
  return new RheoError(code, { from: '@rheo/cli', what, where, remedy });
}
