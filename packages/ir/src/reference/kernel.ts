/**
 * What the rules of the interpreter are made of: types with bound sizes, kernels, and tables of offsets.
 *
 * A rule is asked once per instruction and gives a kernel that can run many times (a scan's body). Values are dense,
 * row-major arrays and immutable once a kernel returned them, so kernels may pass operands on without a copy.
 */

import type { Attributes, Op, Program } from '../ops.ts';
import type { Dim, DType, TensorData } from '../types.ts';

/** A type whose named dimensions are bound, with its number of elements. */
export interface BoundType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly size: number;
}

/** Computes the results of an instruction from its operands. */
export type Kernel = (operands: readonly TensorData[]) => readonly TensorData[];

/** What a rule may know about the instruction it prepares. */
export interface Context {
  readonly operands: readonly BoundType[];
  readonly results: readonly BoundType[];
  /** Type of operand `index`. */
  operand(index: number): BoundType;
  /** Type of the only result. */
  readonly result: BoundType;
  /** A zeroed array for a value. f32 is stored in double, or in single so that every stored result is rounded. */
  allocate(type: BoundType): TensorData;
  /** The number behind a dimension. */
  bindDim(dim: Dim): number;
  prepare(program: Program): Kernel;
}

/** The meaning of an op: a kernel for its attributes and types. */
export type MeaningRule<K extends Op> = (attributes: Attributes[K], context: Context) => Kernel;

/** A kernel of one operand and one result. */
export function kernel1(compute: (x: TensorData) => TensorData): Kernel {
  return (operands) => [compute(operands[0] as TensorData)];
}

/** A kernel of two operands and one result. */
export function kernel2(compute: (a: TensorData, b: TensorData) => TensorData): Kernel {
  return (operands) => [compute(operands[0] as TensorData, operands[1] as TensorData)];
}

/** A kernel of three operands and one result. */
export function kernel3(compute: (a: TensorData, b: TensorData, c: TensorData) => TensorData): Kernel {
  return (operands) => [compute(operands[0] as TensorData, operands[1] as TensorData, operands[2] as TensorData)];
}

/** Product of sizes; 1 for none. */
export function product(sizes: readonly number[]): number {
  let result = 1;
  for (const size of sizes) result *= size;
  return result;
}

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** Σ position[axis] · strides[axis] + start, for every position of `shape` in row-major order. */
export function offsets(shape: readonly number[], strides: readonly number[], start: number = 0): Int32Array {
  const table = new Int32Array(product(shape));
  if (table.length === 0) return table;
  table[0] = start;
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    const stride = strides[axis] as number;
    for (let index = 1; index < size; index++) {
      for (let i = 0; i < filled; i++) table[index * filled + i] = (table[i] as number) + index * stride;
    }
    filled *= size;
  }
  return table;
}

/** Sizes before an axis, of it, and after it, each as one number. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  return { outer: product(shape.slice(0, axis)), size: shape[axis] as number, inner: product(shape.slice(axis + 1)) };
}
