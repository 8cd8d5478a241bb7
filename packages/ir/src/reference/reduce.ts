/**
 * Meanings of the ops that combine elements. Floats are summed in double and rounded once, where they are stored;
 * i32 wraps.
 */

import type { TensorData } from '../types.ts';
import type { Context, MeaningRule } from './kernel.ts';
import { around, kernel1, kernel2, offsets, product, stridesOf } from './kernel.ts';

/** Sums over axes; the empty sum is 0. */
export const reduceSum: MeaningRule<'reduce_sum'> = ({ axes }, context) => {
  const { result, allocate } = context;
  const to = resultOffsets(axes, context);
  return kernel1((x) => {
    const sums = result.dtype === 'i32' ? new Int32Array(result.size) : new Float64Array(result.size);
    for (let i = 0; i < x.length; i++) {
      const j = to[i] as number;
      sums[j] = (sums[j] as number) + (x[i] as number);
    }
    const out = allocate(result);
    out.set(sums);
    return out;
  });
};

/** Maxima over axes; NaN propagates. */
export const reduceMax: MeaningRule<'reduce_max'> = ({ axes }, context) => {
  const { result, allocate } = context;
  const to = resultOffsets(axes, context);
  return kernel1((x) => {
    const out = allocate(result).fill(result.dtype === 'i32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY);
    for (let i = 0; i < x.length; i++) {
      const j = to[i] as number;
      out[j] = Math.max(out[j] as number, x[i] as number);
    }
    return out;
  });
};

/** The lowest index of a maximum; a NaN never wins. */
export const argmax: MeaningRule<'argmax'> = ({ axis }, { operand, result, allocate }) => {
  const { size, inner } = around(operand(0).shape, axis);
  return kernel1((x) => {
    const out = allocate(result);
    for (let i = 0; i < out.length; i++) {
      const start = Math.floor(i / inner) * size * inner + (i % inner);
      let best = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < size; j++) {
        const value = x[start + j * inner] as number;
        if (value > best) {
          best = value;
          out[i] = j;
        }
      }
    }
    return out;
  });
};

/** Batch axes, free axes of left, free axes of right; sums over the contracted ones. */
export const dot: MeaningRule<'dot'> = ({ contract, batch }, { operand, result, allocate }) => {
  const left = packing(operand(0).shape, contract[0], batch[0]);
  const right = packing(operand(1).shape, contract[1], batch[1]);
  const depth = product(contract[0].map((axis) => operand(0).shape[axis] as number));
  const groups = product(batch[0].map((axis) => operand(0).shape[axis] as number));
  const rows = groups * depth === 0 ? 0 : left.length / groups / depth;
  const columns = groups * depth === 0 ? 0 : right.length / groups / depth;
  return kernel2((a, b) => {
    const out = allocate(result);
    // Packed as [group, row, depth] and [group, column, depth], so that the inner loop walks both in order.
    const l = packed(a, left);
    const r = packed(b, right);
    let next = 0;
    for (let g = 0; g < groups; g++) {
      for (let m = 0; m < rows; m++) {
        const row = (g * rows + m) * depth;
        for (let n = 0; n < columns; n++) {
          const column = (g * columns + n) * depth;
          let sum = 0;
          for (let k = 0; k < depth; k++) sum += (l[row + k] as number) * (r[column + k] as number);
          out[next++] = sum;
        }
      }
    }
    return out;
  });
};

/** For every element of the operand, where it goes in the result. */
function resultOffsets(axes: readonly number[], { operand, result }: Context): Int32Array {
  const kept = stridesOf(result.shape);
  let next = 0;
  return offsets(
    operand(0).shape,
    operand(0).shape.map((_, axis) => (axes.includes(axis) ? 0 : (kept[next++] as number))),
  );
}

function packed(x: TensorData, from: Int32Array): Float64Array {
  const out = new Float64Array(from.length);
  for (let i = 0; i < out.length; i++) out[i] = x[from[i] as number] as number;
  return out;
}

/** Offsets of an operand's elements in the order batch, free, contracted. */
function packing(shape: readonly number[], contract: readonly number[], batch: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  const free = shape.map((_, axis) => axis).filter((axis) => !contract.includes(axis) && !batch.includes(axis));
  const order = [...batch, ...free, ...contract];
  return offsets(
    order.map((axis) => shape[axis] as number),
    order.map((axis) => strides[axis] as number),
  );
}
