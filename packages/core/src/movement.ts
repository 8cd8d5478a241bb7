/**
 * Tensor functions that move or repeat elements. A negative axis counts from the last.
 */

import type { Dim, Shape } from '@rheo/ir';
import { isStatic, sameShape } from '@rheo/ir';
import { axisOf, expand, fail } from './align.ts';
import type { Tensor } from './tensor.ts';
import { emitOne } from './tracing.ts';

/** The same elements in another shape; one size may be −1 where all others are numbers. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = shape.includes(-1) ? inferSize(x.shape, shape) : shape;
  return sameShape(x.shape, target) ? x : emitOne('reshape', [x], { shape: target });
}

/** Result axis i is operand axis permutation[i]; by default the axes are reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order =
    permutation?.map((axis) => axisOf('transpose', x.shape.length, axis)) ??
    x.shape.map((_, i) => x.shape.length - 1 - i);
  return order.every((axis, index) => axis === index) && order.length === x.shape.length
    ? x
    : emitOne('transpose', [x], { permutation: order });
}

/** Operand axis i becomes result axis axes[i]; sizes are equal. */
export function broadcast(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : emitOne('broadcast', [x], { shape, axes });
}

/** Repeats to a shape that it aligns with at the last axes, 1s included. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return expand('broadcastTo', x, shape);
}

/** Elements start … limit − 1 along an axis; `limit` is the end by default, negative numbers count from the end. */
export function slice(
  x: Tensor,
  range: { readonly axis: number; readonly start?: number; readonly limit?: number },
): Tensor {
  const axis = axisOf('slice', x.shape.length, range.axis);
  const size = x.shape[axis];
  if (typeof size !== 'number') {
    return fail('shape', 'slice', `axis ${axis} is named "${size}"`, 'Bind the name to a number first');
  }
  const start = fromEnd(range.start ?? 0, size);
  const limit = fromEnd(range.limit ?? size, size);
  return start === 0 && limit === size ? x : emitOne('slice', [x], { axis, start, limit });
}

/** `low` zeros before and `high` zeros after, along an axis. */
export function pad(
  x: Tensor,
  amount: { readonly axis: number; readonly low?: number; readonly high?: number },
): Tensor {
  const axis = axisOf('pad', x.shape.length, amount.axis);
  const { low = 0, high = 0 } = amount;
  return low === 0 && high === 0 ? x : emitOne('pad', [x], { axis, low, high });
}

/** Tensors one after another along an axis. */
export function concat(list: readonly Tensor[], axis: number = 0): Tensor {
  const first = list[0];
  if (first === undefined) return fail('argument', 'concat', 'takes at least one tensor');
  return list.length === 1 ? first : emitOne('concat', list, { axis: axisOf('concat', first.shape.length, axis) });
}

/** Tensors of one shape along a new axis. */
export function stack(list: readonly Tensor[], axis: number = 0): Tensor {
  const first = list[0];
  if (first === undefined) return fail('argument', 'stack', 'takes at least one tensor');
  const at = axisOf('stack', first.shape.length + 1, axis);
  return concat(
    list.map((tensor) => reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)])),
    at,
  );
}

/** Elements in opposite order along an axis. */
export function reverse(x: Tensor, axis: number): Tensor {
  return emitOne('reverse', [x], { axis: axisOf('reverse', x.shape.length, axis) });
}

/** Elements at i32 positions of an axis: shape x[:axis] + index.shape + x[axis+1:]; positions clamp. */
export function gather(x: Tensor, index: Tensor, axis: number = 0): Tensor {
  return emitOne('gather', [x, index], { axis: axisOf('gather', x.shape.length, axis) });
}

/** Zeros of `size` on the axis plus every update at its i32 position; repeats add up. */
export function scatterAdd(
  updates: Tensor,
  index: Tensor,
  target: { readonly axis: number; readonly size: Dim },
): Tensor {
  const axis = target.axis < 0 ? updates.shape.length - index.shape.length + 1 + target.axis : target.axis;
  return emitOne('scatter_add', [updates, index], { axis, size: target.size });
}

function fromEnd(position: number, size: number): number {
  return position < 0 ? size + position : position;
}

function inferSize(from: Shape, to: Shape): Shape {
  const names = (shape: Shape): Dim[] => shape.filter((dim) => typeof dim === 'string');
  if (names(from).join() !== names(to).join()) {
    return fail('shape', 'reshape', 'the size for −1 cannot be found as named dimensions differ');
  }
  const count = (shape: Shape): number =>
    shape.reduce<number>((product, dim) => (typeof dim === 'number' && dim !== -1 ? product * dim : product), 1);
  const known = count(to);
  const missing = known === 0 ? 0 : count(from) / known;
  const result = to.map((dim) => (dim === -1 ? missing : dim));
  return isStatic(to) || Number.isInteger(missing) ? result : fail('shape', 'reshape', 'no size fits −1');
}
