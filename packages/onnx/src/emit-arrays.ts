/**
 * Movement, indices and reductions as ONNX nodes. Indices are clamped before they are used: engines throw, or wrap
 * negative ones. Operands without elements do not arrive here unless a named dimension hides it.
 */

import type { Attributes, Dim, TensorType } from '@rheo/ir';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { innerType } from './element-types.ts';
import { flipped } from './emit-elementwise.ts';
import type { GraphScope, Value } from './graph-scope.ts';

/** The numbers 0, 1, 2 … along an axis. */
export function iota(scope: GraphScope, { shape, axis }: Attributes['iota'], type: TensorType): Value {
  const dim = shape[axis] as Dim;
  const steps =
    typeof dim === 'number'
      ? scope.constant(
          innerType[type.dtype],
          [dim],
          Array.from({ length: dim }, (_, i) => i),
          `iota_${dim}`,
        )
      : scope.one('Cast', [scope.one('Range', [scope.scalar('i32', 0), scope.size(dim), scope.scalar('i32', 1)])], {
          to: innerType[type.dtype],
        });
  if (shape.length === 1) return scope.value(type, steps);
  const later = Array.from({ length: shape.length - axis - 1 }, (_, i) => i + 1);
  return scope.spread(type, later.length === 0 ? steps : scope.one('Unsqueeze', [steps, scope.integers(later)]));
}

/** Kept small: new axes of size 1, which every elementwise node stretches. */
export function broadcast(scope: GraphScope, x: Value, { axes }: Attributes['broadcast'], type: TensorType): Value {
  const rank = type.shape.length;
  if (axes.length === rank) return x;
  const first = axes[0] ?? rank;
  const fresh = Array.from({ length: rank - first }, (_, i) => i + first).filter((axis) => !axes.includes(axis));
  const name = scope.read(x);
  if (fresh.length === 0 || axes.length === 0) return scope.spread(type, name);
  const added = fresh.map((axis) => axis - first);
  return scope.spread(type, scope.one('Unsqueeze', [name, scope.integers(added)]));
}

/** A slice, with step −1 for `reverse`. */
export function slice(scope: GraphScope, x: Value, bounds: readonly [number, number, number, number]): string {
  return scope.one('Slice', [scope.read(x), ...bounds.map((bound) => scope.integers([bound]))]);
}

/** Zeros before and after. */
export function pad(scope: GraphScope, x: Value, { axis, low, high }: Attributes['pad'], type: TensorType): string {
  const rank = type.shape.length;
  const pads = new Array<number>(2 * rank).fill(0);
  pads[axis] = low;
  pads[rank + axis] = high;
  // Pad has no kernel for bool everywhere.
  const dtype = type.dtype === 'bool' ? 'i32' : type.dtype;
  const name = type.dtype === 'bool' ? scope.one('Cast', [scope.read(x)], { to: DataType.INT32 }) : scope.read(x);
  const padded = scope.one('Pad', [name, scope.integers(pads), scope.scalar(dtype, 0)]);
  return type.dtype === 'bool' ? scope.one('Cast', [padded], { to: DataType.BOOL }) : padded;
}

/** Indices within 0 … n − 1. */
function clamped(scope: GraphScope, index: Value, dim: Dim): string {
  const last =
    typeof dim === 'number'
      ? scope.scalar('i32', dim - 1)
      : scope.one('Sub', [scope.size(dim), scope.scalar('i32', 1)]);
  return scope.one('Min', [scope.one('Max', [scope.read(index), scope.scalar('i32', 0)]), last]);
}

/** Gather with clamped indices. */
export function gather(scope: GraphScope, x: Value, index: Value, { axis }: Attributes['gather']): string {
  return scope.one('Gather', [scope.read(x), clamped(scope, index, x.type.shape[axis] as Dim)], { axis });
}

/** ScatterElements that adds onto zeros, along one axis of as many updates as there are indices. */
export function scatterAdd(
  scope: GraphScope,
  updates: Value,
  index: Value,
  { axis, size }: Attributes['scatter_add'],
  type: TensorType,
): string {
  const { shape } = updates.type;
  const before = shape.slice(0, axis);
  const after = shape.slice(axis + index.type.shape.length);
  const flat = scope.sizes([...before.map((dim) => [dim]), index.type.shape, ...after.map((dim) => [dim])]);
  const places = scope.sizes([...before.map(() => []), index.type.shape, ...after.map(() => [])]);
  const spread = scope.one('Expand', [scope.one('Reshape', [clamped(scope, index, size), places]), flat]);
  const rows = scope.one('Reshape', [scope.read(updates), flat]);
  const zeros = scope.one('Expand', [scope.scalar(type.dtype, 0), scope.shape(type.shape)]);
  return scope.one('ScatterElements', [zeros, spread, rows], { axis, reduction: 'add' });
}

/** ReduceSum. */
export function reduceSum(scope: GraphScope, x: Value, axes: readonly number[]): string {
  if (axes.length === 0) return scope.read(x);
  return scope.one('ReduceSum', [scope.read(x), scope.integers(axes)], { keepdims: 0 });
}

/** The largest, NaN if there is one: of ReduceMax alone engines disagree about NaN. */
export function reduceMax(scope: GraphScope, x: Value, axes: readonly number[], type: TensorType): Value {
  if (axes.length === 0) return x;
  const { dtype } = x.type;
  const found = scope.value(type, largest(scope, scope.read(dtype === 'u32' ? flipped(scope, x) : x), axes));
  if (dtype === 'u32') return flipped(scope, found);
  if (dtype !== 'f32') return found;
  const flags = scope.one('Cast', [scope.one('IsNaN', [scope.read(x)])], { to: DataType.INT32 });
  const some = scope.one('Cast', [largest(scope, flags, axes)], { to: DataType.BOOL });
  return scope.value(type, scope.one('Where', [some, scope.scalar(dtype, Number.NaN), found.small]));
}

/** ReduceMax, whose axes became an operand with opset 18. */
function largest(scope: GraphScope, name: string, axes: readonly number[]): string {
  return scope.model.opset >= 18
    ? scope.one('ReduceMax', [name, scope.integers(axes)], { keepdims: 0 })
    : scope.one('ReduceMax', [name], { axes, keepdims: 0 });
}

/** ArgMax as i32. */
export function argmax(scope: GraphScope, x: Value, axis: number): string {
  const name = scope.read(x.type.dtype === 'u32' ? flipped(scope, x) : x);
  return scope.one('Cast', [scope.one('ArgMax', [name], { axis, keepdims: 0 })], { to: DataType.INT32 });
}
