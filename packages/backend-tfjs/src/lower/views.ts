/**
 * Shapes on the engine: at most four axes, as kernels for more are missing, slow or wrong.
 *
 * A value of higher rank lies there flat. Rules for movement look at an axis through a view [before, axis, after].
 */

import type { Tensor, Tfjs } from '../runtime.ts';

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape in which a value lies on the engine. */
export function engineShape(shape: readonly number[]): readonly number[] {
  return shape.length <= 4 ? shape : [sizeOf(shape)];
}

/** Elements before, along and after the axes `from` … `to − 1`. */
export function around(shape: readonly number[], from: number, to: number = from + 1): [number, number, number] {
  return [sizeOf(shape.slice(0, from)), sizeOf(shape.slice(from, to)), sizeOf(shape.slice(to))];
}

/** Runs of neighbouring axes, last first, as [from, to). */
export function runsOf(axes: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === axis + 1) last[0] = axis;
    else runs.push([axis, axis + 1]);
  }
  return runs;
}

/** The transpose of a tensor that has `shape`, whatever its rank. */
export function permute(tf: Tfjs, x: Tensor, shape: readonly number[], permutation: readonly number[]): Tensor {
  const merged = mergeAxes(shape, permutation);
  if (merged.permutation.length <= 1) return x;
  if (merged.shape.length <= 4) return tf.transpose(tf.reshape(x, merged.shape), merged.permutation);
  // One axis at a time to its place: [before, between, axis, after] → [before, axis, between, after].
  let order = merged.shape.map((_, axis) => axis);
  let current = x;
  for (const [place, axis] of merged.permutation.entries()) {
    const from = order.indexOf(axis);
    if (from === place) continue;
    const sizes = order.map((i) => merged.shape[i] as number);
    const view = [
      sizeOf(sizes.slice(0, place)),
      sizeOf(sizes.slice(place, from)),
      sizes[from] as number,
      sizeOf(sizes.slice(from + 1)),
    ];
    current = tf.transpose(tf.reshape(current, view), [0, 2, 1, 3]);
    order = [...order.slice(0, place), axis, ...order.slice(place, from), ...order.slice(from + 1)];
  }
  return current;
}

/** The same transpose on fewer axes: none of size 1, and those that stay neighbours are one. */
function mergeAxes(
  shape: readonly number[],
  permutation: readonly number[],
): { shape: number[]; permutation: number[] } {
  const groups: number[][] = [];
  let next = -1;
  for (const axis of permutation.filter((i) => shape[i] !== 1)) {
    const last = groups.at(-1);
    if (last !== undefined && axis === next) last.push(axis);
    else groups.push([axis]);
    next = axis + 1;
    while (shape[next] === 1) next++;
  }
  const sorted = [...groups].sort(([a = 0], [b = 0]) => a - b);
  return {
    shape: sorted.map((group) => sizeOf(group.map((axis) => shape[axis] as number))),
    permutation: groups.map((group) => sorted.indexOf(group)),
  };
}
