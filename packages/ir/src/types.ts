/**
 * Tensor types: an element type and a shape whose dimensions are numbers or names.
 *
 * A named dimension ("batch", "time") is equal only to itself and takes part in no arithmetic; binding the names
 * to numbers is the pass `specialise`. Nothing here knows about memory or devices.
 */

import { RheoError } from './errors.ts';

/** Element types. f64 exists where a backend has it; the reference interpreter does. bool holds 0 or 1. */
export type DType = 'f32' | 'f64' | 'i32' | 'u32' | 'bool';

/** All element types, in the order in which tables list them. */
export const dtypes: readonly DType[] = ['f32', 'f64', 'i32', 'u32', 'bool'];

/** A size (an integer of at least 0) or the name of a size that is bound before code is made. */
export type Dim = number | string;

/** Shape of a tensor, outermost axis first; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** Element type and shape of a value. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Host memory of a tensor, dense and row-major; bool is one byte per element, 0 or 1. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** The typed array class that holds an element type on the host. */
export interface DataOf {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly bool: Uint8Array;
}

/** Makes a tensor type. */
export function tensorType(dtype: DType, shape: Shape = []): TensorType {
  return { dtype, shape };
}

/** True if both shapes have the same dimensions; a name equals only itself. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** True if element type and shape agree. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** True for f32 and f64. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'f32' || dtype === 'f64';
}

/** True if no dimension is a name. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

/** The dimensions as numbers. Throws `shape` when one is still a name. */
export function staticShape(shape: Shape): readonly number[] {
  if (isStatic(shape)) return shape;
  const name = shape.find((dim) => typeof dim === 'string');
  throw new RheoError('shape', {
    from: '@rheo/ir',
    what: `dimension "${name}" is not bound to a number`,
    shapes: [formatShape(shape)],
    remedy: `Bind it with specialise(program, { ${name}: … }) or the compile option dims`,
  });
}

/** Number of elements of a shape without names; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const dim of staticShape(shape)) count *= dim;
  return count;
}

/** Text of a shape: `[batch,5]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** Text of a type: `f32[batch,5]`. */
export function formatType(type: TensorType): string {
  return type.dtype + formatShape(type.shape);
}

/** A zero-filled host array for `count` elements. */
export function allocate<D extends DType>(dtype: D, count: number): DataOf[D];
export function allocate(dtype: DType, count: number): TensorData {
  switch (dtype) {
    case 'f32':
      return new Float32Array(count);
    case 'f64':
      return new Float64Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'u32':
      return new Uint32Array(count);
    case 'bool':
      return new Uint8Array(count);
  }
}

/** Element type that a host array holds by its class. */
export function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Float64Array) return 'f64';
  if (data instanceof Int32Array) return 'i32';
  if (data instanceof Uint32Array) return 'u32';
  return 'bool';
}

/** Throws unless `data` is the host form of `type`: the class of array for its dtype, and its number of elements. */
export function checkData(data: TensorData, type: TensorType, where: string, from: string = '@rheo/ir'): void {
  const found = dtypeOf(data);
  if (found !== type.dtype) {
    throw new RheoError('dtype', {
      from,
      what: `data of ${formatType(type)} came as an array of ${found}`,
      where,
      remedy: `Pass ${allocate(type.dtype, 0).constructor.name}`,
    });
  }
  const count = elementCount(type.shape);
  if (data.length !== count) {
    throw new RheoError('shape', {
      from,
      what: `data of ${formatType(type)} needs ${count} elements, not ${data.length}`,
      where,
      remedy: 'Pass the tensor dense and row-major',
    });
  }
}
