/**
 * One batch on the host: buffers that are filled again for every step, and their types as inputs of a Program.
 *
 * Every batch has the same number of rows, so one compiled Program does for all. A batch that is not full repeats its first
 * sequence behind the others and gives it weight 0: means are over the true sequences, as Keras takes them.
 */

import type { DType, TensorData, TensorType } from '@rheo/ir';
import type { PreparedData } from './training-data.ts';

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
  /** [rows]: 1, or 0 for rows beyond the data. */
  readonly weights?: T;
}

/** Buffers, types, and how to fill them. */
export interface BatchBuffers {
  readonly rows: number;
  readonly types: BatchOf<TensorType> & { readonly [key: string]: TensorType };
  /** In the order of `types`. */
  readonly buffers: readonly TensorData[];
  /** Copies sequences `order[from …]` into the buffers; returns how many there were. */
  fill(order: Int32Array, from: number): number;
}

/** Makes buffers for batches of at most `batchSize` sequences, their rows a multiple of `parts`. */
export function batchBuffers(data: PreparedData, batchSize: number, perStep: boolean, parts: number = 1): BatchBuffers {
  const { count, steps, features, targets } = data;
  const rows = Math.ceil(Math.min(batchSize, count) / parts) * parts;
  const types: Record<string, TensorType> = {};
  const buffers: TensorData[] = [];
  const copies: ((row: number, sequence: number) => void)[] = [];
  const weights = count % rows === 0 ? undefined : new Float32Array(rows);

  const add = (name: string, dtype: DType, shape: readonly number[], source: TensorData): void => {
    const width = shape.reduce((product, size) => product * size, 1);
    const buffer = new (source.constructor as new (length: number) => typeof source)(rows * width);
    types[name] = { dtype, shape: [rows, ...shape] };
    buffers.push(buffer);
    copies.push((row, sequence) => buffer.set(source.subarray(sequence * width, (sequence + 1) * width), row * width));
  };
  add('values', 'f32', [steps, features], data.values);
  if (data.dt !== undefined) add('dt', 'f32', [steps], data.dt);
  add('targets', targets.dtype, [...(perStep ? [steps] : []), ...targets.itemShape], targets.data);
  if (data.mask !== undefined) add('mask', 'bool', [steps], data.mask);
  if (weights !== undefined) {
    types['weights'] = { dtype: 'f32', shape: [rows] };
    buffers.push(weights);
  }
  return {
    rows,
    types: types as unknown as BatchBuffers['types'],
    buffers,
    fill: (order, from) => {
      const used = Math.min(rows, order.length - from);
      for (let row = 0; row < rows; row++) {
        // Numbers of the data, as a row of zeros may give NaN, at whatever weight.
        const sequence = order[from + (row < used ? row : 0)] ?? 0;
        for (const copy of copies) copy(row, sequence);
      }
      weights?.fill(1, 0, used).fill(0, used);
      return used;
    },
  };
}
