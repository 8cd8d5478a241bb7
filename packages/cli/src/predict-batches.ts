/**
 * Outputs of a model for many sequences, some at a time, with a turn for the process in between.
 */

import type { SequenceData } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { predictor } from '@rheo/layers';
import type { Fitted } from '@rheo/train';

/** Sequences at a time; part of the definition, as another number may move the last bits. */
const rows = 256;

/** What the model is given. */
export type Inputs = Pick<SequenceData, 'values' | 'dt' | 'lengths' | 'count' | 'steps' | 'features'>;

/** What it gave. */
export interface Outputs {
  /** [N, T, width], or [N, width] of a model with one output for each sequence. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Predicts all sequences. Throws as `predict` does, and `aborted`. */
export async function predictBatches(
  { model, parameters }: Pick<Fitted, 'model' | 'parameters'>,
  data: Inputs,
  backend: Backend,
  signal?: AbortSignal,
): Promise<Outputs> {
  const { count, steps, features, values, dt, lengths } = data;
  const ready = predictor(model, parameters, backend);
  let all = new Float32Array(0);
  let form: readonly number[] = [];
  try {
    for (let from = 0; from < count; from += rows) {
      // Gives the process a turn, for the signal.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
      const batch = Math.min(rows, count - from);
      const { outputs } = await ready.predict({
        values: {
          dtype: 'f32',
          shape: [batch, steps, features],
          data: values.subarray(from * steps * features, (from + batch) * steps * features),
        },
        dt: { dtype: 'f32', shape: [batch, steps], data: dt.subarray(from * steps, (from + batch) * steps) },
        ...(lengths === undefined ? {} : { lengths: lengths.subarray(from, from + batch) }),
      });
      form = outputs.shape.slice(1);
      const perSequence = form.reduce((product, size) => product * size, 1);
      if (from === 0) all = new Float32Array(count * perSequence);
      all.set(outputs.data, from * perSequence);
    }
  } finally {
    ready.dispose();
  }
  return { data: all, shape: [count, ...form] };
}
