/**
 * Tensors as PyTorch stores them: a view (offset, sizes, strides in elements) of a flat storage.
 */

import type { NdArray } from '@rheo/data';
import { widenBfloat16, widenHalf } from '@rheo/data';
import type { FileTensor } from './file-tensor.ts';
import { countOf, shapeText } from './file-tensor.ts';
import type { Fail } from './import-error.ts';

/** The flat bytes behind tensors, little-endian. */
export interface TorchStorage {
  readonly dtype: TorchDType;
  readonly bytes: Uint8Array;
}

/** Element types by the name of their storage class. */
export const storageTypes = {
  FloatStorage: { name: 'float32', size: 4 },
  DoubleStorage: { name: 'float64', size: 8 },
  HalfStorage: { name: 'float16', size: 2 },
  BFloat16Storage: { name: 'bfloat16', size: 2 },
  LongStorage: { name: 'int64', size: 8 },
  IntStorage: { name: 'int32', size: 4 },
  ByteStorage: { name: 'uint8', size: 1 },
  BoolStorage: { name: 'bool', size: 1 },
} as const;

/** An element type. */
export type TorchDType = (typeof storageTypes)[keyof typeof storageTypes];

/** A view of a storage; it has no name until it is found in a dictionary. */
export type UnnamedTensor = Omit<FileTensor, 'name'> & { readonly storage: TorchStorage };

/** Checks a view and describes it. Throws `format` for one that leaves its storage or repeats elements of it. */
export function stridedTensor(
  storage: TorchStorage,
  offset: unknown,
  shape: readonly unknown[],
  strides: readonly unknown[],
  fail: Fail,
): UnnamedTensor {
  const { dtype, bytes } = storage;
  const available = bytes.length / dtype.size;
  const sizes = shape.filter(isNatural);
  const steps = strides.filter(isNatural);
  const fits =
    isNatural(offset) &&
    sizes.length === shape.length &&
    steps.length === shape.length &&
    steps.length === strides.length;
  if (!fits || shape.length > 8) throw fail('a tensor has sizes or strides that are no natural numbers');
  const count = countOf(sizes);
  const last = count === 0 ? -1 : sizes.reduce((sum, size, axis) => sum + (size - 1) * (steps[axis] ?? 0), offset);
  if (count > available || last >= available) {
    throw fail(`a tensor of shape ${shapeText(sizes)} does not fit its storage of ${available} numbers`, {
      remedy: 'Call contiguous() on tensors that repeat elements before saving them; the file may also be cut off',
    });
  }
  return {
    storage,
    shape: sizes,
    dtype: dtype.name,
    read: () => arrayOf(dtype, sizes, gather(bytes, dtype.size, offset, sizes, steps)),
  };
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The bytes of a view, row-major. */
function gather(
  bytes: Uint8Array,
  size: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const count = countOf(shape);
  const out = new Uint8Array(count * size);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let i = 0; i < count; i++) {
    out.set(bytes.subarray(from * size, (from + 1) * size), i * size);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      from += stride;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      from -= stride * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}

function arrayOf(dtype: TorchDType, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>): NdArray {
  const { buffer } = bytes;
  switch (dtype.name) {
    case 'float32':
      return { dtype: 'f32', shape, data: new Float32Array(buffer) };
    case 'float64':
      return { dtype: 'f64', shape, data: new Float64Array(buffer) };
    case 'float16':
      return { dtype: 'f32', shape, data: widenHalf(bytes) };
    case 'bfloat16':
      return { dtype: 'f32', shape, data: widenBfloat16(bytes) };
    case 'int64':
      return { dtype: 'i64', shape, data: new BigInt64Array(buffer) };
    case 'int32':
      return { dtype: 'i32', shape, data: new Int32Array(buffer) };
    case 'uint8':
      return { dtype: 'u8', shape, data: bytes };
    case 'bool':
      return { dtype: 'bool', shape, data: bytes.map((b) => (b === 0 ? 0 : 1)) };
  }
}
