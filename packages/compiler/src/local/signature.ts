/**
 * The types of what a Program takes and gives: all that an executable knows of it.
 */

import type { Program, TensorType } from '@rheo/ir';
import { resultTypes } from '@rheo/ir';

/** Types of inputs and results, in the order of the Program. */
export interface Signature {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
}

/** The signature of a Program. */
export function signatureOf(program: Program): Signature {
  return { inputs: program.params.map(({ type }) => type), results: resultTypes(program) };
}
