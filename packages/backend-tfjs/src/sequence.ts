/**
 * The slices that a scan walks over, and the stack of what its steps gave.
 */

import type { TensorData } from '@rheo/ir';
import { allocate } from '@rheo/ir';
import type { Engine } from './engine.ts';
import { asBool, asFloat } from './lower/elementwise.ts';
import { engineShape, sizeOf } from './lower/views.ts';
import type { Tensor } from './runtime.ts';
import type { BoundType } from './value.ts';
import { isEmpty, Value } from './value.ts';

/** Slice `index` of each along its leading axis; a part of the host's memory where the numbers are there only. */
export function slicesOf(xs: readonly Value[], index: number, { tf }: Engine): Value[] {
  return xs.map((x) => {
    const shape = x.type.shape.slice(1);
    const size = sizeOf(shape);
    const type = { dtype: x.type.dtype, shape };
    if (x.host !== undefined) return new Value(type, x.host.subarray(index * size, (index + 1) * size));
    const all = x.tensor(tf);
    const tensor = tf.tidy(() => {
      // Movement of bools is wrong on some engines.
      const floats = all.dtype === 'bool' ? asFloat(tf, all) : all;
      const row = tf.slice(tf.reshape(floats, [x.type.shape[0] as number, size]), [index, 0], [1, size]);
      return tf.reshape(all.dtype === 'bool' ? asBool(tf, row) : row, engineShape(shape));
    });
    return new Value(type, undefined, tensor);
  });
}

/** All rows as one value: on the host if all are there. */
export function stack(rows: readonly Value[], type: BoundType, { tf }: Engine): Value {
  const size = sizeOf(type.shape.slice(1));
  if (isEmpty(type) || rows.every(({ host }) => host !== undefined)) {
    const data = allocate(type.dtype, size * rows.length);
    rows.forEach(({ host }, index) => {
      data.set(host as TensorData, index * size);
    });
    return new Value(type, data);
  }
  const bool = type.dtype === 'bool';
  // Outside of tidy, which would free what is uploaded here: it belongs to the rows.
  const tensors = rows.map((row) => row.tensor(tf));
  const tensor = tf.tidy(() => {
    const parts = tensors.map((row): Tensor => {
      const flat = tf.reshape(row, [1, size]);
      return bool ? asFloat(tf, flat) : flat;
    });
    const all = parts.length === 1 ? (parts[0] as Tensor) : tf.concat(parts, 0);
    return tf.reshape(bool ? asBool(tf, all) : all, engineShape(type.shape));
  });
  return new Value(type, undefined, tensor);
}
