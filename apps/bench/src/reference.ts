/** What a contender's numbers are compared with, and how: the double-precision CfC at 1e-4. */
import { forwardDouble, trainDouble } from './cfc-double.ts';
import { checkedCalls, checkedLosses, type Problem } from './problem.ts';

const tolerance = 1e-4;

/** The numbers that `Prepared.check` of a right engine gives, in double. */
export function referenceOf(problem: Problem): Float64Array {
  if (problem.mode === 'train') return trainDouble(problem, checkedLosses);
  return forwardDouble(problem, problem.mode === 'stream' ? checkedCalls : problem.shape.steps);
}

/** Says what is wrong with `values`, or nothing; absolute 1e-4, relative to the loss for training. */
export function disagreement(problem: Problem, values: Float32Array, expected: Float64Array): string | undefined {
  if (values.length !== expected.length) return `gave ${values.length} numbers, expected ${expected.length}`;
  let worst = 0;
  for (const [index, right] of expected.entries()) {
    const scale = problem.mode === 'train' ? Math.abs(right) : 1;
    const error = Math.abs((values[index] ?? Number.NaN) - right) / scale;
    if (!(error <= worst)) worst = error;
  }
  return worst <= tolerance ? undefined : `numbers differ by ${worst.toExponential(1)}, allowed is ${tolerance}`;
}
