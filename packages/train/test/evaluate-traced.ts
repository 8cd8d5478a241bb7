/**
 * Traces a function of f32 tensors and runs it on the reference interpreter, in double unless told otherwise.
 */

import type { Tensor, Tree } from '@rheo/core';
import { trace } from '@rheo/core';
import type { TensorType } from '@rheo/ir';
import { evaluate } from '@rheo/ir';

/** An input: numbers of a shape. */
export interface Input {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: TensorType['dtype'];
}

export function evaluateTraced(
  fn: (...inputs: Tensor[]) => Tree<Tensor>,
  inputs: readonly Input[],
  precision: 'double' | 'single' = 'double',
): number[][] {
  const types = inputs.map(({ shape, dtype }) => ({ dtype: dtype ?? ('f32' as const), shape }));
  const { program } = trace(fn as never, types);
  return evaluate(
    program,
    inputs.map(({ data }) => data),
    { precision },
  ).map((result) => Array.from(result));
}
