/**
 * Meanings of the ops that move elements: along offsets known beforehand, or by indices that clamp.
 */

import type { TensorData } from '../types.ts';
import type { Context, Kernel, MeaningRule } from './kernel.ts';
import { around, kernel1, kernel2, offsets, stridesOf } from './kernel.ts';

/** The same elements in the same order. */
export const reshape: MeaningRule<'reshape'> = () => (operands) => operands;

/** Result axis i is operand axis permutation[i]. */
export const transpose: MeaningRule<'transpose'> = ({ permutation }, context) => {
  const strides = stridesOf(context.operand(0).shape);
  return take(
    context,
    permutation.map((axis) => strides[axis] as number),
  );
};

/** Operand axis i is result axis axes[i]; the operand repeats along the others. */
export const broadcast: MeaningRule<'broadcast'> = ({ axes }, context) => {
  const strides = stridesOf(context.operand(0).shape);
  return take(
    context,
    context.result.shape.map((_, axis) => strides[axes.indexOf(axis)] ?? 0),
  );
};

/** Elements start … limit − 1. */
export const slice: MeaningRule<'slice'> = ({ axis, start }, context) => {
  const strides = stridesOf(context.operand(0).shape);
  return take(context, strides, start * (strides[axis] as number));
};

/** Back to front along one axis. */
export const reverse: MeaningRule<'reverse'> = ({ axis }, context) => {
  const { shape } = context.operand(0);
  const strides = stridesOf(shape);
  const stride = strides[axis] as number;
  return take(
    context,
    strides.map((old, i) => (i === axis ? -stride : old)),
    ((shape[axis] as number) - 1) * stride,
  );
};

/** Zeros around the operand. */
export const pad: MeaningRule<'pad'> = ({ axis, low }, context) => put(context, axis, [low]);

/** Operands one after the other along the axis. */
export const concat: MeaningRule<'concat'> = ({ axis }, context) => {
  let next = 0;
  const starts = context.operands.map(({ shape }) => {
    const start = next;
    next += shape[axis] as number;
    return start;
  });
  return put(context, axis, starts);
};

/** x[:axis] + index.shape + x[axis+1:]; indices clamp. */
export const gather: MeaningRule<'gather'> = ({ axis }, { operand, result, allocate }) => {
  const { outer, size, inner } = around(operand(0).shape, axis);
  return kernel2((x, index) => {
    const out = allocate(result);
    let next = 0;
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < index.length; j++) {
        const from = (o * size + clamp(index[j] as number, size)) * inner;
        for (let k = 0; k < inner; k++) out[next++] = x[from + k] as number;
      }
    }
    return out;
  });
};

/** Zeros plus every update at its clamped index; summed in double and rounded once, or wrapping for i32. */
export const scatterAdd: MeaningRule<'scatter_add'> = ({ axis }, { result, allocate }) => {
  const { outer, size, inner } = around(result.shape, axis);
  return kernel2((updates, index) => {
    const sums = result.dtype === 'i32' ? new Int32Array(result.size) : new Float64Array(result.size);
    let next = 0;
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < index.length; j++) {
        const to = (o * size + clamp(index[j] as number, size)) * inner;
        for (let k = 0; k < inner; k++) sums[to + k] = (sums[to + k] as number) + (updates[next++] as number);
      }
    }
    const out = allocate(result);
    out.set(sums);
    return out;
  });
};

function clamp(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}

/** Result element i is the operand's element at an offset given by strides over the result's shape. */
function take({ result, allocate }: Context, strides: readonly number[], start = 0): Kernel {
  const from = offsets(result.shape, strides, start);
  return kernel1((x) => {
    const out = allocate(result);
    for (let i = 0; i < out.length; i++) out[i] = x[from[i] as number] as number;
    return out;
  });
}

/** Every operand lies in the zeroed result from its start along the axis. */
function put({ operands, result, allocate }: Context, axis: number, starts: readonly number[]): Kernel {
  const strides = stridesOf(result.shape);
  const to = operands.map(({ shape }, i) => offsets(shape, strides, (starts[i] as number) * (strides[axis] as number)));
  return (values) => {
    const out = allocate(result);
    to.forEach((table, operand) => {
      const x = values[operand] as TensorData;
      for (let i = 0; i < table.length; i++) out[table[i] as number] = x[i] as number;
    });
    return [out];
  };
}
