/**
 * Lowerings of sums, maxima and products of matrices.
 */

import type { Tensor, Tfjs } from '../runtime.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';
import { around, permute, runsOf, sizeOf } from './views.ts';

/** A run of neighbouring axes at a time, the last first. */
function reduce(x: Tensor, shape: readonly number[], axes: readonly number[], tf: Tfjs, name: 'sum' | 'max'): Tensor {
  let current = x;
  let sizes = shape;
  for (const [from, to] of runsOf(axes)) {
    const view = around(sizes, from, to);
    if (view[1] > 1) current = tf[name](tf.reshape(current, view), 1);
    sizes = [...sizes.slice(0, from), ...sizes.slice(to)];
  }
  return current;
}

export const reduceSum: Lowering<'reduce_sum'> = (x, { axes }, { tf, operands }) =>
  reduce(operand(x, 0), operands[0]?.shape ?? [], axes, tf, 'sum');

/** A NaN is found as such: an engine's maximum may pass over it. */
export const reduceMax: Lowering<'reduce_max'> = (x, { axes }, { tf, faults, operands }) => {
  const value = operand(x, 0);
  const shape = operands[0]?.shape ?? [];
  const most = reduce(value, shape, axes, tf, 'max');
  if (!faults.reduceMax) return most;
  const wrong = tf.cast(tf.logicalNot(tf.equal(value, value)), 'float32');
  const any = tf.reshape(reduce(wrong, shape, axes, tf, 'max'), most.shape);
  return tf.where(tf.equal(any, tf.scalar(0)), most, tf.mul(most, tf.scalar(Number.NaN)));
};

/** One product of matrices, for each element of the batch axes. */
export const dot: Lowering<'dot'> = (x, { contract, batch }, { tf, operands }) => {
  const sides = ([0, 1] as const).map((side) => {
    const shape = operands[side]?.shape ?? [];
    const free = shape.map((_, axis) => axis).filter((i) => !contract[side].includes(i) && !batch[side].includes(i));
    const size = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis] as number));
    const [groups, depth, rows] = [size(batch[side]), size(contract[side]), size(free)];
    // What is contracted may stand first: the product reads either way.
    const swapped = [...batch[side], ...contract[side], ...free];
    const inOrder = swapped.every((axis, index) => axis === index);
    const order = inOrder ? swapped : [...batch[side], ...free, ...contract[side]];
    const view = inOrder ? [groups, depth, rows] : [groups, rows, depth];
    const matrix = tf.reshape(permute(tf, operand(x, side), shape, order), groups === 1 ? view.slice(1) : view);
    return { matrix, depthFirst: inOrder };
  });
  const [left, right] = sides as [(typeof sides)[number], (typeof sides)[number]];
  return tf.matMul(left.matrix, right.matrix, left.depthFirst, !right.depthFirst);
};
