/** Outputs for the sequences of a source, a batch at a time, joined as if they had been one. */

import { flattenTree, unflattenTree } from '@rheo/core';
import type { SequenceSource } from '@rheo/data';
import type { FloatArray, Prediction, Predictor } from '@rheo/layers';
import { floatArray } from '@rheo/layers';

/** Sequences at a time. */
const batchSize = 256;

/** All outputs and final states. Errors: as the source's `gather` and the predictor. */
export async function predictSource(predictor: Predictor, source: SequenceSource): Promise<Prediction> {
  const found: Prediction[] = [];
  for (let from = 0; from < source.count; from += batchSize) {
    found.push(await predictBatch(predictor, source, from, Math.min(batchSize, source.count - from)));
  }
  const states = found.map(({ state }) => flattenTree(state));
  const leaves = states[0]?.leaves.map((_, leaf) => joined(states.flatMap(({ leaves: all }) => all[leaf] ?? [])));
  if (states[0] === undefined || leaves === undefined) throw new Error('a source without sequences was predicted');
  return { outputs: joined(found.map(({ outputs }) => outputs)), state: unflattenTree(states[0].structure, leaves) };
}

async function predictBatch(
  predictor: Predictor,
  source: SequenceSource,
  from: number,
  size: number,
): Promise<Prediction> {
  const { steps, features, targetFeatures, at, padded } = source;
  const cells = size * steps;
  const values = new Float32Array(cells * features);
  const dt = new Float32Array(cells);
  const targets = new Float32Array((at === 'step' ? cells : size) * targetFeatures);
  const mask = new Uint8Array(cells);
  await source.gather(
    Int32Array.from({ length: size }, (_, n) => from + n),
    { values, dt, targets, mask },
  );
  const lengthOf = (row: number): number => mask.subarray(row * steps, (row + 1) * steps).reduce((a, b) => a + b, 0);
  return predictor.predict({
    values: floatArray(values, [size, steps, features]),
    dt: floatArray(dt, [size, steps]),
    ...(padded ? { lengths: Int32Array.from({ length: size }, (_, row) => lengthOf(row)) } : {}),
  });
}

/** Arrays one behind the other along the first axis. */
function joined(arrays: readonly FloatArray[]): FloatArray {
  const data = new Float32Array(arrays.reduce((sum, one) => sum + one.data.length, 0));
  let at = 0;
  for (const one of arrays) {
    data.set(one.data, at);
    at += one.data.length;
  }
  const rows = arrays.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return floatArray(data, [rows, ...(arrays[0]?.shape.slice(1) ?? [])]);
}
