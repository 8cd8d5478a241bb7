/**
 * Writes NPY files as NumPy does: version 1.0, little-endian, row-major, data aligned to 64 bytes.
 * The same array always gives the same bytes, equal to those of `numpy.save`.
 */
import { DataError } from './data-error.ts';
import { type DType, littleEndianBytes, type NdArray } from './nd-array.ts';

const descr: Readonly<Record<DType, string>> = {
  f32: '<f4',
  f64: '<f8',
  i32: '<i4',
  u32: '<u4',
  i64: '<i8',
  u8: '|u1',
  bool: '|b1',
};

/** One array as the bytes of an NPY file. Errors: `shape` when shape and data disagree. */
export function writeNpy(array: NdArray): Uint8Array {
  if (array.shape.length > 32) {
    throw new DataError('argument', `an NPY file has at most 32 dimensions, not ${array.shape.length}`, {
      remedy: 'Reshape the array.',
    });
  }
  const data = littleEndianBytes(array, 'array');
  const shape = array.shape.length === 1 ? `(${array.shape[0]},)` : `(${array.shape.join(', ')})`;
  // NumPy leaves room to grow the first dimension to 21 digits in place.
  const room = array.shape.length === 0 ? '' : ' '.repeat(21 - String(array.shape[0]).length);
  const text = `{'descr': '${descr[array.dtype]}', 'fortran_order': False, 'shape': ${shape}, }${room}`;
  const unpadded = 10 + text.length + 1;
  const offset = unpadded + 64 - (unpadded % 64);
  const bytes = new Uint8Array(offset + data.length).fill(0x20, 10, offset);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (offset - 10) & 0xff, (offset - 10) >>> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[offset - 1] = 0x0a;
  bytes.set(data, offset);
  return bytes;
}
