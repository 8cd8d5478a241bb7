/**
 * Numbers become constants and shapes are aligned, so that instructions get operands of one shape.
 *
 * Shapes are aligned at their last axes; a missing axis or a 1 repeats along the other's. A named dimension equals
 * only itself. All of it becomes explicit reshape and broadcast instructions.
 */

import type { Dim, DType, Shape } from '@rheo/ir';
import { formatShape, formatType, isFloat, RheoError, sameShape } from '@rheo/ir';
import type { Operand } from './tensor.ts';
import { Tensor } from './tensor.ts';
import { currentMetadata, currentTrace, emitOne } from './tracing.ts';

/** Tensors of one shape from operands of which at least one is a tensor; numbers take its element type. */
export function align(name: string, ...operands: Operand[]): Tensor[] {
  const tensors = toTensors(name, operands);
  const shape = tensors.reduce<Shape>((common, { shape: other }) => commonShape(name, common, other, tensors), []);
  return tensors.map((tensor) => expand(name, tensor, shape));
}

/** Tensors from operands; numbers take the element type of the first tensor. */
export function toTensors(name: string, operands: readonly Operand[]): Tensor[] {
  const known = operands.find((operand) => operand instanceof Tensor);
  if (known === undefined) {
    return fail('dtype', name, 'the element type is not known from numbers alone', 'Make one a constant(value)');
  }
  return operands.map((operand) => toTensor(name, operand, known.dtype));
}

/** A tensor, or the scalar constant of a number. Throws `dtype` for a number that the element type cannot hold. */
export function toTensor(name: string, operand: Operand, dtype: DType): Tensor {
  if (operand instanceof Tensor) return operand;
  if (typeof operand !== 'number') {
    return fail('argument', name, 'takes tensors and numbers', 'Turn arrays into tensors with constant(value)');
  }
  const whole = Number.isInteger(operand);
  const holds =
    isFloat(dtype) ||
    (dtype === 'i32' && whole && Math.abs(operand) <= 2 ** 31) ||
    (dtype === 'u32' && whole && operand >= 0 && operand < 2 ** 32) ||
    (dtype === 'bool' && (operand === 0 || operand === 1));
  if (!holds)
    return fail('dtype', name, `${operand} is not a value of ${dtype}`, 'Convert the tensor to a float first');
  return currentTrace().scalar(dtype, operand);
}

/** Repeats a tensor to a shape that it aligns with. */
export function expand(name: string, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = shape.length - x.shape.length;
  const kept: Dim[] = [];
  const axes: number[] = [];
  x.shape.forEach((dim, index) => {
    const target = shape[offset + index];
    if (dim === target) {
      kept.push(dim);
      axes.push(offset + index);
    } else if (dim !== 1 || target === undefined) {
      fail('shape', name, `${formatShape(x.shape)} does not repeat to ${formatShape(shape)}`);
    }
  });
  if (offset < 0) fail('shape', name, `${formatShape(x.shape)} has more axes than ${formatShape(shape)}`);
  const dense = kept.length === x.shape.length ? x : emitOne('reshape', [x], { shape: kept });
  return sameShape(dense.shape, shape) ? dense : emitOne('broadcast', [dense], { shape, axes });
}

function commonShape(name: string, a: Shape, b: Shape, all: readonly Tensor[]): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index): Dim => {
    const left = a[index - rank + a.length] ?? 1;
    const right = b[index - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new RheoError('shape', {
      from: '@rheo/core',
      op: name,
      what: `shapes do not align: ${left} against ${right}`,
      layer: currentMetadata()?.layer,
      shapes: all.map(({ type }) => formatType(type)),
      remedy: 'Sizes must be equal or 1, counted from the last axis',
    });
  });
}

/** Axis counted from the end when negative. Throws `attribute` when there is none. */
export function axisOf(name: string, rank: number, axis: number): number {
  const found = axis < 0 ? rank + axis : axis;
  if (!Number.isInteger(found) || found < 0 || found >= rank) {
    return fail('attribute', name, `axis ${axis} does not exist in a tensor of ${rank} axes`);
  }
  return found;
}

/** Reports a wrong argument of a tensor function, with the layer it is traced in. */
export function fail(
  code: 'shape' | 'dtype' | 'attribute' | 'argument',
  op: string,
  what: string,
  remedy?: string,
): never {
  throw new RheoError(code, { from: '@rheo/core', op, what, layer: currentMetadata()?.layer, remedy });
}
