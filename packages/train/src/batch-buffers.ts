/**
 * One batch on the host: buffers that are filled again for every step, and their types as inputs of a Program.
 *
 * Every batch has the same number of rows, so one compiled Program does for all. A batch that is not full repeats its first
 * sequence behind the others and gives it weight 0: means are over the true sequences, as Keras takes them. Where sequences
 * have to be fetched, the next batch of the order is fetched while the step runs.
 */

import type { DType, TensorData, TensorType } from '@rheo/ir';
import type { HostBatch, PreparedData } from './training-data.ts';

/** Inputs of a Program that come from the data; which exist depends on the data. */
export interface BatchOf<T> {
  /** [rows, steps, features] */
  readonly values: T;
  /** [rows, steps] */
  readonly dt?: T;
  /** [rows, steps, …] or [rows, …] */
  readonly targets: T;
  /** bool [rows, steps]: steps that count. */
  readonly mask?: T;
  /** [rows] or [rows, steps]: the weights of the data, else 1; 0 for rows beyond the data. */
  readonly weights?: T;
}

/** Buffers, types, and how to fill them. */
export interface BatchBuffers {
  readonly rows: number;
  readonly types: BatchOf<TensorType> & { readonly [key: string]: TensorType };
  /** In the order of `types`. */
  readonly buffers: readonly TensorData[];
  /**
   * Writes sequences `order[from …]` into the buffers; gives how many there were, as a promise where they are fetched.
   * Batches of one order must be asked for one after another.
   */
  fill(order: Int32Array, from: number): number | Promise<number>;
}

/** Makes buffers for batches of at most `batchSize` sequences, their rows a multiple of `parts`. */
export function batchBuffers(data: PreparedData, batchSize: number, perStep: boolean, parts: number = 1): BatchBuffers {
  const { count, steps, features, targets } = data;
  const rows = Math.ceil(Math.min(batchSize, count) / parts) * parts;
  const types: Record<string, TensorType> = {};
  const add = (name: string, dtype: DType, shape: readonly number[]): void => {
    types[name] = { dtype, shape: [rows, ...shape] };
  };
  add('values', 'f32', [steps, features]);
  if (data.timed) add('dt', 'f32', [steps]);
  add('targets', targets.dtype, [...(perStep ? [steps] : []), ...targets.itemShape]);
  if (data.masked) add('mask', 'bool', [steps]);
  if (data.weighted !== undefined) add('weights', 'f32', data.weighted === 'steps' ? [steps] : []);
  const batch = hostBatch(types);
  const given = batch.weights;
  const weights = given ?? (count % rows === 0 ? undefined : new Float32Array(rows));
  if (given === undefined && weights !== undefined) add('weights', 'f32', []);

  const gather = (order: Int32Array, from: number, into: HostBatch): void | Promise<void> => {
    const used = order.subarray(from, from + rows);
    // Numbers of the data, as a row of zeros may give NaN, at whatever weight.
    const indices = new Int32Array(rows).fill(used[0] ?? 0);
    indices.set(used);
    return data.gather(indices, into);
  };
  const fetched = readAhead(gather, batch, () => hostBatch(types), rows);
  return {
    rows,
    types: types as unknown as BatchBuffers['types'],
    buffers: [...Object.values(batch), ...(given === undefined && weights !== undefined ? [weights] : [])],
    fill: (order, from) => {
      const weigh = (): number => {
        const used = Math.min(rows, order.length - from);
        if (given === undefined) weights?.fill(1, 0, used);
        weights?.fill(0, (weights.length / rows) * used);
        return used;
      };
      return fetched(order, from)?.then(weigh) ?? weigh();
    },
  };
}

type Gather = (order: Int32Array, from: number, into: HostBatch) => void | Promise<void>;

/** Fills `batch`; where that takes a promise, the batch after it is fetched into a second one meanwhile. */
function readAhead(
  gather: Gather,
  batch: HostBatch,
  another: () => HostBatch,
  rows: number,
): (order: Int32Array, from: number) => Promise<void> | undefined {
  let spare: HostBatch | undefined;
  let next: { readonly order: Int32Array; readonly from: number; readonly done: Promise<void> } | undefined;
  const begin = (order: Int32Array, from: number): void => {
    if (from >= order.length) return;
    spare ??= another();
    const done = Promise.resolve(gather(order, from, spare));
    // A failure is told to who asks for the batch, if anyone does.
    done.catch(() => undefined);
    next = { order, from, done };
  };
  const take = async (order: Int32Array, from: number, first: Promise<void> | undefined): Promise<void> => {
    const found = next;
    next = undefined;
    if (first !== undefined) await first;
    else if (found?.order === order && found.from === from) {
      await found.done;
      copyBatch(spare, batch);
    } else {
      // The second batch is free again when its fetch is over, however it ends.
      await found?.done.catch(() => undefined);
      await gather(order, from, batch);
    }
    begin(order, from + rows);
  };
  return (order, from) => {
    if (next !== undefined) return take(order, from, undefined);
    const first = gather(order, from, batch);
    return first === undefined ? undefined : take(order, from, first);
  };
}

function hostBatch(types: Readonly<Record<string, TensorType>>): HostBatch {
  const arrays = Object.entries(types).map(([name, { dtype, shape }]) => {
    const size = shape.reduce<number>((product, length) => product * Number(length), 1);
    return [
      name,
      dtype === 'f32' ? new Float32Array(size) : dtype === 'i32' ? new Int32Array(size) : new Uint8Array(size),
    ];
  });
  return Object.fromEntries(arrays);
}

function copyBatch(from: HostBatch | undefined, to: HostBatch): void {
  for (const name of ['values', 'dt', 'targets', 'mask', 'weights'] as const) {
    const numbers = from?.[name];
    if (numbers !== undefined) to[name]?.set(numbers);
  }
}
