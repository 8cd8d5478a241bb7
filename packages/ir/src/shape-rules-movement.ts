/**
 * Shape rules of the ops whose sizes need more than a line: reshape, broadcast, concat, gather, scatter_add, dot.
 */

import type { Attributes } from './ops.ts';
import type { Fail } from './shape-checks.ts';
import { arity, checkedSize, checkShape, dimAt, requireFloat } from './shape-checks.ts';
import type { Dim, Shape, TensorType } from './types.ts';
import { sameShape } from './types.ts';

/** Named dimensions keep their order, and the sizes between them their products. */
export function inferReshape(
  operands: readonly TensorType[],
  { shape }: Attributes['reshape'],
  fail: Fail,
): TensorType[] {
  arity(operands, 1, fail);
  const [x] = operands as [TensorType];
  checkShape(shape, fail);
  const before = segments(x.shape);
  const after = segments(shape);
  if (!sameShape(before, after)) {
    fail(
      'shape',
      `cannot become [${shape.join(',')}]`,
      'Keep the number of elements; a named dimension is neither merged nor split',
    );
  }
  return [{ dtype: x.dtype, shape }];
}

/** Operand axis i lies at result axis axes[i] with an equal size. */
export function inferBroadcast(
  operands: readonly TensorType[],
  { shape, axes }: Attributes['broadcast'],
  fail: Fail,
): TensorType[] {
  arity(operands, 1, fail);
  const [x] = operands as [TensorType];
  checkShape(shape, fail);
  if (axes.length !== x.shape.length) fail('attribute', `axes [${axes}] must name one result axis per operand axis`);
  axes.forEach((axis, index) => {
    if (index > 0 && axis <= (axes[index - 1] as number)) fail('attribute', `axes [${axes}] must increase`);
    if (dimAt(shape, axis, fail) !== x.shape[index]) {
      fail(
        'shape',
        `operand axis ${index} does not equal result axis ${axis} of [${shape.join(',')}]`,
        'Reshape a 1 away first',
      );
    }
  });
  return [{ dtype: x.dtype, shape }];
}

/** All operands agree but along the axis, which is static. */
export function inferConcat(operands: readonly TensorType[], { axis }: Attributes['concat'], fail: Fail): TensorType[] {
  const first = operands[0];
  if (first === undefined) return fail('program', 'takes at least one operand');
  let total = 0;
  for (const operand of operands) {
    const size = dimAt(operand.shape, axis, fail);
    if (typeof size === 'string')
      return fail('shape', `axis ${axis} is named "${size}"`, 'Bind the name to a number first');
    if (operand.dtype !== first.dtype) fail('dtype', 'operands must have one dtype', 'Insert convert');
    const fits =
      operand.shape.length === first.shape.length &&
      operand.shape.every((dim, i) => i === axis || dim === first.shape[i]);
    if (!fits) fail('shape', `operands must agree on every axis but ${axis}`);
    total = checkedSize(total + size, fail);
  }
  return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) }];
}

/** x[:axis] + index.shape + x[axis+1:]. */
export function inferGather(operands: readonly TensorType[], { axis }: Attributes['gather'], fail: Fail): TensorType[] {
  arity(operands, 2, fail);
  const [x, index] = operands as [TensorType, TensorType];
  if (index.dtype !== 'i32') fail('dtype', 'indices must be i32', 'Insert convert');
  if (x.dtype === 'u32') fail('dtype', 'u32 cannot be gathered');
  if (dimAt(x.shape, axis, fail) === 0) fail('shape', 'cannot gather from an empty axis');
  return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)] }];
}

/** The transpose of gather: updates of x[:axis] + index.shape + x[axis+1:] go back to x. */
export function inferScatterAdd(
  operands: readonly TensorType[],
  { axis, size }: Attributes['scatter_add'],
  fail: Fail,
): TensorType[] {
  arity(operands, 2, fail);
  const [updates, index] = operands as [TensorType, TensorType];
  if (index.dtype !== 'i32') fail('dtype', 'indices must be i32', 'Insert convert');
  if (updates.dtype === 'u32' || updates.dtype === 'bool') fail('dtype', 'takes f32, f64, i32 updates');
  checkShape([size], fail);
  if (size === 0) fail('shape', 'cannot scatter into an empty axis');
  const rank = index.shape.length;
  if (!Number.isInteger(axis) || axis < 0 || axis + rank > updates.shape.length)
    fail('attribute', `axis ${axis} does not exist`);
  if (!sameShape(updates.shape.slice(axis, axis + rank), index.shape)) {
    fail('shape', `updates must have the shape of the indices from axis ${axis} on`);
  }
  return [
    { dtype: updates.dtype, shape: [...updates.shape.slice(0, axis), size, ...updates.shape.slice(axis + rank)] },
  ];
}

/** Batch axes, then free axes of left, then free axes of right. */
export function inferDot(
  operands: readonly TensorType[],
  { contract, batch }: Attributes['dot'],
  fail: Fail,
): TensorType[] {
  arity(operands, 2, fail);
  const [left, right] = operands as [TensorType, TensorType];
  requireFloat(left, fail);
  if (left.dtype !== right.dtype) fail('dtype', 'both operands must have one dtype', 'Insert convert');
  if (contract[0].length !== contract[1].length || batch[0].length !== batch[1].length) {
    fail('attribute', 'contract and batch must pair axes of both operands');
  }
  const pairs = [contract, batch].flatMap(([l, r]) => l.map((axis, i) => [axis, r[i] as number] as const));
  for (const [l, r] of pairs) {
    if (dimAt(left.shape, l, fail) !== dimAt(right.shape, r, fail))
      fail('shape', `axis ${l} of left does not equal axis ${r} of right`);
  }
  for (const side of [0, 1] as const) {
    const used = [...contract[side], ...batch[side]];
    if (new Set(used).size !== used.length)
      fail('attribute', `an axis of the ${side === 0 ? 'left' : 'right'} operand is named twice`);
  }
  const free = (shape: Shape, side: 0 | 1): Dim[] =>
    shape.filter((_, axis) => !contract[side].includes(axis) && !batch[side].includes(axis));
  const batchDims = batch[0].map((axis) => left.shape[axis] as Dim);
  return [{ dtype: left.dtype, shape: [...batchDims, ...free(left.shape, 0), ...free(right.shape, 1)] }];
}

/** Products of the sizes between named dimensions: [2,batch,3,4] → [2,"batch",12]. */
function segments(shape: Shape): Dim[] {
  const out: Dim[] = [];
  let product = 1;
  for (const dim of shape) {
    if (typeof dim === 'number') product *= dim;
    else {
      out.push(product, dim);
      product = 1;
    }
  }
  out.push(product);
  return out;
}
