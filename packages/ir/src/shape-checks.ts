/**
 * Checks that shape rules share. Each reports through `fail`, which knows the op and its operands.
 */

import type { ErrorCode } from './errors.ts';
import type { Dim, Shape, TensorType } from './types.ts';
import { isFloat } from './types.ts';

/** Reports a broken rule of the op at hand. */
export type Fail = (code: ErrorCode, what: string, remedy?: string) => never;

/** Fails unless there are `count` operands. */
export function arity(operands: readonly TensorType[], count: number, fail: Fail): void {
  if (operands.length !== count) fail('program', `takes ${count} operands, not ${operands.length}`);
}

/** The dimension of an axis; fails when the axis does not exist. */
export function dimAt(shape: Shape, axis: number, fail: Fail): Dim {
  checkAxis(axis, shape, fail);
  return shape[axis] as Dim;
}

/** The size of an axis that must not be named. */
export function staticDim(shape: Shape, axis: number, fail: Fail): number {
  const dim = dimAt(shape, axis, fail);
  if (typeof dim === 'string')
    return fail('shape', `axis ${axis} is named "${dim}"`, 'Bind the name to a number first');
  return dim;
}

/** Fails unless every dimension is a size or a name. */
export function checkShape(shape: Shape, fail: Fail): void {
  for (const dim of shape) {
    if (typeof dim === 'number') checkedSize(dim, fail);
    else if (!isDimensionName(dim)) fail('attribute', `"${dim}" is not a name of a dimension`);
  }
}

/** True for a text that can name a dimension: letters, digits and underscores, not beginning with a digit. */
export function isDimensionName(dim: unknown): dim is string {
  return typeof dim === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(dim);
}

/** Fails unless the axis exists. */
export function checkAxis(axis: number, shape: Shape, fail: Fail): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) fail('attribute', `axis ${axis} does not exist`);
}

/** The size, if it is an integer of at least 0. */
export function checkedSize(size: number, fail: Fail): number {
  if (!Number.isSafeInteger(size) || size < 0) fail('attribute', `${size} is not a size`);
  return size;
}

/** Fails unless the type is a float. */
export function requireFloat(type: TensorType, fail: Fail): void {
  if (!isFloat(type.dtype)) fail('dtype', 'takes f32, f64');
}
