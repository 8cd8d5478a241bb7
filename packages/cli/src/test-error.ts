/**
 * The error of a model on a data set, from its predictions: what training prints at its end and what `evaluate` and
 * `predict` print again. One function for all three, in double on the host, so equal files give equal digits.
 */

import type { SequenceData } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Fitted } from '@rheo/train';
import { predictBatches } from './predict-batches.ts';

/** Predictions and their distance from the truth. */
export interface TestError {
  /** Mean of (prediction − target)² over everything. */
  readonly mse: number;
  /** The same for "next = current": the input itself as the prediction. */
  readonly baseline: number;
  /** [N, T, targetFeatures] */
  readonly predictions: Float32Array;
}

/**
 * Predicts all sequences; `where` names the data. Throws `shape` when the model has other features or outputs than the
 * data, and `aborted`.
 */
export async function testError(
  fitted: Fitted,
  data: SequenceData,
  backend: Backend,
  where: string,
  signal?: AbortSignal,
): Promise<TestError> {
  const { count, steps, features, targetFeatures, targets } = data;
  if (features !== fitted.features) {
    throw mismatch(where, `the data has ${features} features, the model was trained on ${fitted.features}`);
  }
  const { data: predictions, shape } = await predictBatches(fitted, data, backend, signal);
  const [, time, width] = shape;
  if (time !== steps || width !== targetFeatures) {
    throw mismatch(where, `the model gives [${shape}] where [${count}, ${steps}, ${targetFeatures}] is needed`);
  }
  return { mse: meanSquare(predictions, targets), baseline: nextIsCurrent(data), predictions };
}

/** The error of predicting that nothing changes. */
export function nextIsCurrent({ values, targets }: SequenceData): number {
  return meanSquare(values, targets);
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? Number.NaN) - (b[i] ?? Number.NaN);
    sum += difference * difference;
  }
  return sum / b.length;
}

function mismatch(where: string, what: string): RheoError {
  const remedy = 'Pass the model file of this task, and data of the features it was trained on';
  return new RheoError('shape', { from: '@rheo/cli', what, where, remedy });
}
