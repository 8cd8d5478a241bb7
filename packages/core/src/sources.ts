/**
 * Tensors out of nothing: constants, fills, ramps, sizes and random bits.
 */

import type { Dim, DType, Shape, TensorData } from '@rheo/ir';
import { dtypeOf } from '@rheo/ir';
import { align, axisOf, expand, fail, toTensor } from './align.ts';
import { convert, mul } from './elementwise.ts';
import type { Operand, Tensor } from './tensor.ts';
import { currentTrace, emitOne } from './tracing.ts';

/** Numbers or booleans, nested as the axes are. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** What a constant should be; by default as its value is: arrays by nesting, numbers f32, booleans bool. */
export interface ConstantOptions {
  readonly dtype?: DType;
  readonly shape?: readonly number[];
}

/** A constant of numbers, nested arrays, or a typed array (dense, row-major, with `shape`). */
export function constant(value: NestedNumbers | TensorData, options: ConstantOptions = {}): Tensor {
  const typed = ArrayBuffer.isView(value);
  const found = typed ? [value.length] : nestedShape(value);
  const flat = typed ? Array.from(value) : flattenNumbers(value);
  const shape = options.shape ?? found;
  const dtype = options.dtype ?? (typed ? dtypeOf(value) : typeof flat[0] === 'boolean' ? 'bool' : 'f32');
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (count !== flat.length) return fail('shape', 'constant', `${flat.length} values for the shape [${shape}]`);
  const numbers = flat.map(Number);
  if (shape.length === 0) return currentTrace().scalar(dtype, numbers[0] as number);
  return emitOne('constant', [], { dtype, shape, value: numbers });
}

/** One number repeated over a shape, which may have named dimensions. */
export function full(shape: Shape, value: number, dtype: DType = 'f32'): Tensor {
  return expand('full', toTensor('full', value, dtype), shape);
}

/** Zeros. */
export function zeros(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 0, dtype);
}

/** Ones. */
export function ones(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 1, dtype);
}

/** 0, 1, 2 … along `axis`. */
export function iota(shape: Shape, axis: number = 0, dtype: DType = 'i32'): Tensor {
  return emitOne('iota', [], { dtype, shape, axis: axisOf('iota', shape.length, axis) });
}

/** The size behind a named dimension, i32[]. */
export function dimension(name: string): Tensor {
  return emitOne('dimension', [], { name });
}

/** Number of elements along some axes, as a float scalar or a number where all are sizes. */
export function countOf(shape: Shape, axes: readonly number[], dtype: DType): Operand {
  const dims = axes.map((axis) => shape[axis] as Dim);
  const sizes = dims.filter((dim) => typeof dim === 'number');
  if (sizes.length === dims.length) return sizes.reduce((product, dim) => product * dim, 1);
  return dims
    .map((dim) => (typeof dim === 'number' ? toTensor('size', dim, dtype) : convert(dimension(dim), dtype)))
    .reduce((product, dim) => mul(product, dim));
}

/** Upper `bits` bits of threefry2x32-20 under a key u32[2], for each pair of u32 counters. */
export function randomBits(key: Tensor, high: Operand, low: Operand, bits: number = 32): Tensor {
  const counters = [toTensor('randomBits', high, 'u32'), toTensor('randomBits', low, 'u32')];
  return emitOne('random_bits', [key, ...align('randomBits', ...counters)], { bits });
}

function nestedShape(value: NestedNumbers): number[] {
  if (!Array.isArray(value)) return [];
  const list = value as readonly NestedNumbers[];
  const inner = list.map(nestedShape);
  const first = inner[0] ?? [];
  if (inner.some((shape) => shape.join() !== first.join())) fail('shape', 'constant', 'nested arrays are ragged');
  return [list.length, ...first];
}

function flattenNumbers(value: NestedNumbers): (number | boolean)[] {
  return typeof value === 'object' ? value.flatMap(flattenNumbers) : [value];
}
