/**
 * A dense array with a shape, as the file formats hold it: row-major, little-endian in memory, one typed array per dtype.
 *
 * Plain data: no views, strides or arithmetic. `bool` is stored as bytes 0 and 1. `i64` stays exact as BigInt64Array;
 * {@link toFloat32} and {@link toInt32} convert and refuse what would be lost.
 */
import { DataError } from './data-error.ts';

/** The typed array that holds each dtype. */
export interface ArrayByDType {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u8: Uint8Array;
  readonly bool: Uint8Array;
}

/** Element types that files can hold after reading. */
export type DType = keyof ArrayByDType;

/** Array of one dtype; `data.length` is the product of `shape` (1 for the empty shape). */
export interface NdArrayOf<D extends DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: ArrayByDType[D];
}

/** An array of any dtype; branch on `dtype` to narrow `data`. */
export type NdArray = { [D in DType]: NdArrayOf<D> }[DType];

/** Bytes per element. */
export const byteSize: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, i64: 8, u8: 1, bool: 1 };

/** Product of a shape, or undefined when a dimension is no natural number or the product is not exact. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    if (size === 0) count = 0;
    else count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** Makes the array of a dtype from little-endian bytes (copied, so any alignment is fine); the size is the caller's to check. */
export function fromLittleEndian(dtype: DType, shape: readonly number[], bytes: Uint8Array): NdArray {
  // Not slice(): that of Node's Buffer is a view of the whole file.
  const buffer = new Uint8Array(bytes).buffer;
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'f64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'i32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'u32':
      return { dtype, shape, data: new Uint32Array(buffer) };
    case 'i64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'u8':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'bool':
      return { dtype, shape, data: new Uint8Array(buffer).map((b) => (b === 0 ? 0 : 1)) };
  }
}

/** The little-endian bytes of an array, as a view; throws when data and shape disagree. */
export function littleEndianBytes(array: NdArray, tensor: string): Uint8Array {
  const count = elementCount(array.shape);
  if (count !== array.data.length) {
    throw new DataError('shape', `shape [${array.shape}] does not fit ${array.data.length} elements`, {
      tensor,
      shapes: [`[${array.shape}]`, `[${array.data.length}]`],
      remedy: 'Pass as many elements as the product of the shape.',
    });
  }
  return new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
}

/**
 * The elements as float32, rounded once; integers must be exact (within ±2^24).
 * Errors: `value` naming the element that float32 cannot hold.
 */
export function toFloat32(array: NdArray, tensor: string): Float32Array {
  if (array.dtype === 'f32') return array.data;
  const out = new Float32Array(array.data.length);
  for (let i = 0; i < out.length; i++) {
    const element = array.data[i] ?? 0;
    const value = Number(element);
    const rounded = Math.fround(value);
    const held =
      array.dtype === 'f64'
        ? Number.isFinite(value) === Number.isFinite(rounded)
        : typeof element === 'bigint'
          ? BigInt(rounded) === element
          : rounded === value;
    if (!held) {
      throw new DataError('value', `element ${i} is ${element}, which float32 cannot hold`, {
        tensor,
        remedy: 'Scale or shift the values before storing them.',
      });
    }
    out[i] = rounded;
  }
  return out;
}

/**
 * The elements as int32; numbers with a fraction or outside the range are refused.
 * Errors: `value` naming the element.
 */
export function toInt32(array: NdArray, tensor: string): Int32Array {
  if (array.dtype === 'i32') return array.data;
  const out = new Int32Array(array.data.length);
  for (let i = 0; i < out.length; i++) {
    const value = Number(array.data[i]);
    out[i] = value;
    if (out[i] !== value) {
      throw new DataError('value', `element ${i} is ${array.data[i]}, which is no int32`, {
        tensor,
        remedy: 'Store whole numbers between -2147483648 and 2147483647.',
      });
    }
  }
  return out;
}
