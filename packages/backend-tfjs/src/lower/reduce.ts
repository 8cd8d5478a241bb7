/**
 * Lowerings of sums, maxima and products of matrices.
 */

import type { Tensor, Tfjs } from '../runtime.ts';
import { larger } from './elementwise.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';
import { around, permute, runsOf, sizeOf } from './views.ts';

/** Applies `combine` to a view [before, axis, after], a run of neighbouring axes at a time, the last first. */
function reduce(
  x: Tensor,
  shape: readonly number[],
  axes: readonly number[],
  tf: Tfjs,
  combine: (view: Tensor, sizes: readonly [number, number, number]) => Tensor,
): Tensor {
  let current = x;
  let sizes = shape;
  for (const [from, to] of runsOf(axes)) {
    const view = around(sizes, from, to);
    if (view[1] > 1) current = combine(tf.reshape(current, view), view);
    sizes = [...sizes.slice(0, from), ...sizes.slice(to)];
  }
  return current;
}

export const reduceSum: Lowering<'reduce_sum'> = (x, { axes }, { tf, operands }) =>
  reduce(operand(x, 0), operands[0]?.shape ?? [], axes, tf, (view) => tf.sum(view, 1));

/** Where an engine's own is wrong, by halves: the larger of the first and the second half, and again. */
export const reduceMax: Lowering<'reduce_max'> = (x, { axes }, { tf, faults, operands }) =>
  reduce(operand(x, 0), operands[0]?.shape ?? [], axes, tf, (view, [before, size, after]) => {
    if (!faults.reduceMax) return tf.max(view, 1);
    let current = view;
    for (let count = size; count > 1; count = Math.ceil(count / 2)) {
      // An odd one is in both halves.
      const half = Math.ceil(count / 2);
      const first = tf.slice(current, [0, 0, 0], [before, half, after]);
      const second = tf.slice(current, [0, count - half, 0], [before, half, after]);
      current = larger(tf, first, second, faults);
    }
    return current;
  });

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
