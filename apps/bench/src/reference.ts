/**
 * What a contender's numbers are compared with, and how closely.
 *
 * Outputs are held to 1e-4 absolute. Losses are held to 1e-4 relative up to 65,536 terms and in proportion beyond:
 * an engine that adds millions of float32 squares one by one loses that much in the loss alone, measured 4e-3 for L.
 */
import { forwardDouble, trainDouble } from './cfc-double.ts';
import { forwardLtc, trainLtc } from './ltc-double.ts';
import { forwardNcp, trainNcp } from './ncp-double.ts';
import { checkedCalls, checkedLosses, type Problem } from './problem.ts';
import { outputsOf } from './shapes.ts';

const tolerance = 1e-4;
const exactTerms = 65_536;

/** The numbers that `Prepared.check` of a right engine gives, in double. */
export function referenceOf(problem: Problem): Float64Array {
  if (problem.cell === 'ltc') {
    return problem.mode === 'train' ? trainLtc(problem, checkedLosses) : forwardLtc(problem);
  }
  if (problem.cell === 'ncp') {
    return problem.mode === 'train' ? trainNcp(problem, checkedLosses) : forwardNcp(problem);
  }
  if (problem.mode === 'train') return trainDouble(problem, checkedLosses);
  return forwardDouble(problem, problem.mode === 'stream' ? checkedCalls : problem.shape.steps);
}

/** Says what is wrong with `values`, or nothing where they agree with `expected`. */
export function disagreement(problem: Problem, values: Float32Array, expected: Float64Array): string | undefined {
  if (values.length !== expected.length) return `gave ${values.length} numbers, expected ${expected.length}`;
  const { batch, steps } = problem.shape;
  const relative = problem.mode === 'train';
  const allowed = relative
    ? tolerance * Math.max(1, (batch * steps * outputsOf(problem.shape)) / exactTerms)
    : tolerance;
  let worst = 0;
  for (const [index, right] of expected.entries()) {
    const error = Math.abs((values[index] ?? Number.NaN) - right) / (relative ? Math.abs(right) : 1);
    // A NaN fails this comparison and so becomes the worst error.
    if (!(error <= worst)) worst = error;
  }
  return worst <= allowed ? undefined : `numbers differ by ${worst.toExponential(1)}, allowed is ${allowed}`;
}
