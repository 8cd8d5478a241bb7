/**
 * Tensor functions that reduce axes: sums, maxima, means, positions, and products of matrices.
 */

import { axisOf, fail } from './align.ts';
import { div } from './elementwise.ts';
import { reshape } from './movement.ts';
import { countOf } from './sources.ts';
import type { Tensor } from './tensor.ts';
import { emitOne } from './tracing.ts';

/** One axis, several, or all by default; negative axes count from the last. */
export type Axes = number | readonly number[];

/** Axes for `dot`: pairs to sum over, and pairs to keep side by side. */
export interface DotAxes {
  readonly contract: readonly [readonly number[], readonly number[]];
  readonly batch?: readonly [readonly number[], readonly number[]];
}

/** Sum over axes, which are removed. */
export function reduceSum(x: Tensor, axes?: Axes): Tensor {
  const found = axesOf('reduceSum', x, axes);
  return found.length === 0 ? x : emitOne('reduce_sum', [x], { axes: found });
}

/** Maximum over axes, which are removed; ties share the derivative equally. */
export function reduceMax(x: Tensor, axes?: Axes): Tensor {
  const found = axesOf('reduceMax', x, axes);
  return found.length === 0 ? x : emitOne('reduce_max', [x], { axes: found });
}

/** Mean over axes, which are removed; of nothing it is NaN. */
export function reduceMean(x: Tensor, axes?: Axes): Tensor {
  const found = axesOf('reduceMean', x, axes);
  return div(reduceSum(x, found), countOf(x.shape, found, x.dtype));
}

/** Position of the largest element along an axis, i32, the lowest at ties. */
export function argmax(x: Tensor, axis: number): Tensor {
  return emitOne('argmax', [x], { axis: axisOf('argmax', x.shape.length, axis) });
}

/** Sum of products; result axes are the batch axes, the free axes of a, the free axes of b. */
export function dot(a: Tensor, b: Tensor, axes: DotAxes): Tensor {
  return emitOne('dot', [a, b], { contract: axes.contract, batch: axes.batch ?? [[], []] });
}

/** Last axis of a against the first of b, which has two axes (or one): [..., K] × [K, N] → [..., N]. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.shape.length === 0 || b.shape.length === 0) return fail('shape', 'matmul', 'takes no scalars');
  return dot(a, b, { contract: [[a.shape.length - 1], [0]] });
}

/** Puts reduced axes back with size 1, so that the result aligns with what was reduced. */
export function keepAxes(reduced: Tensor, x: Tensor, axes: Axes): Tensor {
  const found = axesOf('keepAxes', x, axes);
  return reshape(
    reduced,
    x.shape.map((dim, axis) => (found.includes(axis) ? 1 : dim)),
  );
}

/** Axes as increasing positions; all of them by default. */
export function axesOf(name: string, x: Tensor, axes?: Axes): number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  return list.map((axis) => axisOf(name, x.shape.length, axis)).sort((a, b) => a - b);
}
