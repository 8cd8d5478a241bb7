/**
 * Outputs for series that were cut into sequences side by side, each series gone through from its first step to its last:
 * the state at the end of a sequence is the start of the next. They are those of `stream` on the same steps, to rounding;
 * `predict` on the same sequences begins each of them anew.
 *
 * A model that needs the end of a sequence, as it goes backwards or has one output for all of it, is given each by itself.
 */

import { flattenTree, mapTree } from '@rheo/core';
import type { TableSequences } from '@rheo/data';
import { RheoError } from '@rheo/ir';
import type { BuiltLayer, FloatArray, PredictInputs, Prediction, Predictor } from '@rheo/layers';
import { floatArray } from '@rheo/layers';

/** Series in sequences; `prepare` of `@rheo/data` gives them. */
export type WindowedSeries = Pick<
  TableSequences,
  'values' | 'dt' | 'elapsed' | 'continues' | 'lengths' | 'count' | 'steps' | 'features'
>;

/** Series at a time. */
const mostAtOnce = 256;

/** A series: its first sequence, and how many it has. */
interface Chain {
  readonly first: number;
  readonly length: number;
}

/** Outputs of a model that was built. Errors: as the predictor, and `aborted` between two batches. */
export async function predictSeries(
  predictor: Predictor,
  built: BuiltLayer,
  data: WindowedSeries,
  signal: AbortSignal | undefined,
): Promise<FloatArray> {
  const carried = goesOn(built);
  const chains = carried ? chainsOf(data) : Array.from({ length: data.count }, (_, first) => ({ first, length: 1 }));
  const dt = carried ? data.elapsed : data.dt;
  let all: FloatArray | undefined;
  const take = ({ data: found, shape }: FloatArray, windows: readonly number[]): void => {
    const form = shape.slice(1);
    const size = form.reduce((product, each) => product * each, 1);
    all ??= floatArray(new Float32Array(data.count * size), [data.count, ...form]);
    for (const [row, n] of windows.entries()) all.data.set(found.subarray(row * size, (row + 1) * size), n * size);
  };
  // Those that end together are together.
  chains.sort((a, b) => b.length - a.length);
  for (let from = 0; from < chains.length; from += mostAtOnce) {
    const batch = chains.slice(from, from + mostAtOnce);
    let rows = batch.length;
    let state: Prediction['state'] | undefined;
    for (let at = 0; at < (batch[0]?.length ?? 0); at++) {
      if (signal !== undefined) await turn(signal);
      const windows = batch.filter(({ length }) => at < length).map(({ first }) => first + at);
      // Backends that compile for each size see few of them, and at most half of a batch is idle.
      if (2 * windows.length <= rows) rows = windows.length;
      const inputs = inputsOf({ ...data, dt }, windows, rows);
      const found = await predictor.predict(
        state === undefined ? inputs : { ...inputs, state: firstRows(state, rows) },
      );
      take(found.outputs, windows);
      state = found.state;
    }
  }
  return all ?? floatArray(new Float32Array(0), [0]);
}

/** Whether the state at the end of a sequence is the start of what follows. */
function goesOn(built: BuiltLayer): boolean {
  if (built.form === 'chain') return built.parts.every(goesOn);
  return built.form === 'pointwise' || (built.form === 'recurrent' && built.returnSequences && !built.goBackwards);
}

function chainsOf({ count, continues }: WindowedSeries): Chain[] {
  const firsts = Array.from({ length: count }, (_, n) => n).filter((n) => continues[n] !== 1);
  return firsts.map((first, i) => ({ first, length: (firsts[i + 1] ?? count) - first }));
}

/** The sequences as a batch; further rows are of zeros. */
function inputsOf(
  data: Pick<WindowedSeries, 'values' | 'dt' | 'lengths' | 'steps' | 'features'>,
  windows: readonly number[],
  rows: number,
): PredictInputs {
  const { steps, features, lengths } = data;
  const values = new Float32Array(rows * steps * features);
  const dt = new Float32Array(rows * steps);
  for (const [row, n] of windows.entries()) {
    values.set(data.values.subarray(n * steps * features, (n + 1) * steps * features), row * steps * features);
    dt.set(data.dt.subarray(n * steps, (n + 1) * steps), row * steps);
  }
  return {
    values: floatArray(values, [rows, steps, features]),
    dt: floatArray(dt, [rows, steps]),
    ...(lengths === undefined
      ? {}
      : { lengths: Int32Array.from({ length: rows }, (_, row) => lengths[windows[row] ?? -1] ?? steps) }),
  };
}

/** The series are in the order of their lengths, so those that go on are the first. */
function firstRows(state: Prediction['state'], rows: number): Prediction['state'] {
  const { leaves } = flattenTree(state);
  if (leaves.every(({ shape }) => shape[0] === rows)) return state;
  return mapTree(({ data, shape: [batch = 1, ...rest] }: FloatArray) => {
    const size = data.length / batch;
    return floatArray(data.slice(0, rows * size), [rows, ...rest]);
  }, state);
}

/** Gives the process a turn, for the signal. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal.aborted) throw new RheoError('aborted', { from: '@rheo/train', what: 'interrupted' });
}
