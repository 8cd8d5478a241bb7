/**
 * A case that fails, taken to the first value that differs from the reference.
 */

import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import type { ConformanceCase, CreateBackend } from '../conformance-case.ts';
import { ConformanceFailure } from '../conformance-case.ts';
import { runCase } from '../run-conformance.ts';
import { bisect } from './bisect.ts';
import type { Difference } from './difference.ts';

/** What became of the case, and where it goes wrong. */
export interface CaseBisection {
  /** How the case failed; absent if it passed. */
  readonly failure?: Error;
  /** Where its Program first differs from the reference; absent if it passed, or failed in another way than by numbers. */
  readonly difference?: Difference;
}

/**
 * Runs a case, and bisects the Program on which it fails: `a` is the reference, `b` the backend.
 * A random case is reduced first. Throws what `bisect` throws.
 */
export async function bisectCase(
  item: ConformanceCase,
  backend: Backend,
  create?: CreateBackend,
): Promise<CaseBisection> {
  let failure: Error;
  try {
    await runCase(item, backend, create);
    return {};
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const { program, inputs, worst, ...options } = failure instanceof ConformanceFailure ? failure.details : {};
  if (program === undefined || inputs === undefined || worst === undefined) return { failure };
  const reference = referenceBackend();
  try {
    const difference = await bisect(program, inputs, reference, backend, options);
    return difference === undefined ? { failure } : { failure, difference };
  } finally {
    await reference.dispose();
  }
}
