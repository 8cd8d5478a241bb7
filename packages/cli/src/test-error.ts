/**
 * The error of a model on a data set, from its predictions: what training prints at its end and what `evaluate` and
 * `predict` print again. One function for all three, in double on the host, so equal files give equal digits.
 */

import type { SequenceData } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { predictor } from '@rheo/layers';
import type { Fitted } from '@rheo/train';

/** Predictions and their distance from the truth. */
export interface TestError {
  /** Mean of (prediction − target)² over everything. */
  readonly mse: number;
  /** The same for "next = current": the input itself as the prediction. */
  readonly baseline: number;
  /** [N, T, targetFeatures] */
  readonly predictions: Float32Array;
}

/** Sequences at a time; part of the definition, as another number may move the last bits. */
const rows = 256;

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
  const { count, steps, features, targetFeatures, values, dt, targets } = data;
  if (features !== fitted.features) {
    throw mismatch(where, `the data has ${features} features, the model was trained on ${fitted.features}`);
  }
  const model = predictor(fitted.model, fitted.parameters, backend);
  const predictions = new Float32Array(targets.length);
  try {
    for (let from = 0; from < count; from += rows) {
      // Gives the process a turn, for the signal.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
      const batch = Math.min(rows, count - from);
      const { outputs } = await model.predict({
        values: {
          dtype: 'f32',
          shape: [batch, steps, features],
          data: values.subarray(from * steps * features, (from + batch) * steps * features),
        },
        dt: { dtype: 'f32', shape: [batch, steps], data: dt.subarray(from * steps, (from + batch) * steps) },
      });
      const [, time, width] = outputs.shape;
      if (time !== steps || width !== targetFeatures) {
        throw mismatch(
          where,
          `the model gives [${outputs.shape}] where [${batch}, ${steps}, ${targetFeatures}] is needed`,
        );
      }
      predictions.set(outputs.data, from * steps * targetFeatures);
    }
  } finally {
    model.dispose();
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
