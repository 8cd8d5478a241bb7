/**
 * Lowerings of the ops that move or repeat elements, on views of at most four axes. Bools travel as floats: kernels
 * for movement read them at different widths.
 */

import type { Op } from '@rheo/ir';
import type { Tensor } from '../runtime.ts';
import { asBool, asFloat } from './elementwise.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';
import { around, permute, runsOf, sizeOf } from './views.ts';

/** The rule for floats, for bools too. */
export function moving<K extends Op>(rule: Lowering<K>): Lowering<K> {
  return (x, attributes, context) => {
    if (context.result.dtype !== 'bool') return rule(x, attributes, context);
    const { tf } = context;
    const floats = x.map((tensor) => (tensor.dtype === 'bool' ? asFloat(tf, tensor) : tensor));
    return asBool(tf, rule(floats, attributes, context));
  };
}

export const reshape: Lowering<'reshape'> = (x) => operand(x, 0);

export const transpose: Lowering<'transpose'> = (x, { permutation }, { tf, operands }) =>
  permute(tf, operand(x, 0), operands[0]?.shape ?? [], permutation);

/** Repeats a run of new axes at a time, the last first, so that what stands after it is there already. */
export const broadcast: Lowering<'broadcast'> = (x, { axes }, { tf, result }) => {
  const added = result.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  let current = operand(x, 0);
  for (const [from, to] of runsOf(added)) {
    const kept = axes.filter((axis) => axis < from).map((axis) => result.shape[axis] as number);
    const times = sizeOf(result.shape.slice(from, to));
    if (times > 1) {
      current = tf.tile(tf.reshape(current, [sizeOf(kept), 1, sizeOf(result.shape.slice(to))]), [1, times, 1]);
    }
  }
  return current;
};

export const slice: Lowering<'slice'> = (x, { axis, start, limit }, { tf, operands }) => {
  const [before, size, after] = around(operands[0]?.shape ?? [], axis);
  return tf.slice(tf.reshape(operand(x, 0), [before, size, after]), [0, start, 0], [before, limit - start, after]);
};

export const pad: Lowering<'pad'> = (x, { axis, low, high }, { tf, operands }) => {
  const view = tf.reshape(operand(x, 0), around(operands[0]?.shape ?? [], axis));
  return tf.pad(view, [
    [0, 0],
    [low, high],
    [0, 0],
  ]);
};

/** Operands without elements are left out; the caller gives the tensors and types of the others only. */
export const concat: Lowering<'concat'> = (x, { axis }, { tf, operands }) => {
  const views = x.map((tensor, index) => tf.reshape(tensor, around(operands[index]?.shape ?? [], axis)));
  return views.length === 1 ? (views[0] as Tensor) : tf.concat(views, 1);
};

export const reverse: Lowering<'reverse'> = (x, { axis }, { tf, operands }) =>
  tf.reverse(tf.reshape(operand(x, 0), around(operands[0]?.shape ?? [], axis)), 1);

/** The index is flat and clamped already. */
export const gather: Lowering<'gather'> = (x, { axis }, { tf, operands }) =>
  tf.gather(tf.reshape(operand(x, 0), around(operands[0]?.shape ?? [], axis)), operand(x, 1), 1);

/** Scatters along a first axis; another one is brought to the front and back. Repeated indices add up on every engine. */
export const scatterAdd: Lowering<'scatter_add'> = (x, { axis }, { tf, operands, result }) => {
  const [before, size, after] = around(result.shape, axis);
  const count = sizeOf(operands[1]?.shape ?? []);
  const front = permute(tf, operand(x, 0), [before, count, after], [1, 0, 2]);
  const index = tf.reshape(operand(x, 1), [count, 1]);
  const found = tf.scatterND(index, tf.reshape(front, [count, before * after]), [size, before * after]);
  return permute(tf, found, [size, before, after], [1, 0, 2]);
};
