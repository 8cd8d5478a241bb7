/**
 * Reads NPY files (versions 1, 2 and 3), the format of `numpy.save`.
 *
 * Promises: the result is row-major and owns its memory; big-endian and Fortran-ordered files are converted; the size
 * must be exactly what the header says. Does not read pickled objects, structured dtypes, text or complex numbers.
 */
import { DataError } from './data-error.ts';
import { widenHalf } from './half.ts';
import { type DType, elementCount, fromLittleEndian, type NdArray } from './nd-array.ts';
import { type NpyHeader, parseNpyHeader } from './npy-header.ts';

/** An array read from an NPY file. */
export type Npy = NdArray;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
// NumPy's own reader refuses headers above 10,000 characters; longer ones only come from structured dtypes.
const maxHeaderBytes = 65_536;

const dtypes: Readonly<Record<string, { dtype: DType | 'f16'; size: number }>> = {
  f2: { dtype: 'f16', size: 2 },
  f4: { dtype: 'f32', size: 4 },
  f8: { dtype: 'f64', size: 8 },
  i4: { dtype: 'i32', size: 4 },
  i8: { dtype: 'i64', size: 8 },
  u1: { dtype: 'u8', size: 1 },
  u4: { dtype: 'u32', size: 4 },
  b1: { dtype: 'bool', size: 1 },
};

/**
 * Reads one NPY file.
 * dtypes f2 (widened to f32), f4, f8, i4, i8 (exact, as BigInt64Array), u1, u4, bool; either byte order.
 * Errors: `format`, `dtype`.
 */
export function readNpy(bytes: Uint8Array, options: { readonly file?: string } = {}): Npy {
  const file = options.file ?? 'NPY file';
  const damaged = (what: string, remedy = 'Save the array again with numpy.save and copy the file whole.'): DataError =>
    new DataError('format', what, { file, remedy });

  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw damaged('this is not an NPY file', 'Pass a file written by numpy.save, or an entry of an .npz archive.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw damaged(`NPY version ${version} is unknown`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw damaged(`the file ends after ${bytes.length} bytes, inside the header`);
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > maxHeaderBytes) throw damaged(`a header of ${headerBytes} bytes (at most ${maxHeaderBytes})`);
  const offset = start + headerBytes;
  if (bytes.length < offset) throw damaged(`the header should have ${headerBytes} bytes, the file ends inside it`);

  let header: NpyHeader;
  try {
    header = parseNpyHeader(new TextDecoder().decode(bytes.subarray(start, offset)));
  } catch (cause) {
    throw damaged(`the header cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const order = header.descr[0] ?? '';
  const code = header.descr.slice(1);
  const kind = Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
  if (kind === undefined || !(order === '<' || order === '>' || (kind.size === 1 && order === '|'))) {
    throw new DataError('dtype', `dtype ${JSON.stringify(header.descr)} is not supported`, {
      file,
      remedy: 'Convert before saving, for example numpy.save(path, array.astype(numpy.float32)).',
    });
  }
  const count = elementCount(header.shape);
  const payload = bytes.length - offset;
  if (header.shape.length > 32 || count === undefined || count * kind.size !== payload) {
    throw new DataError(
      'format',
      `shape [${header.shape}] of ${kind.size}-byte elements needs ${count === undefined ? 'too many' : count * kind.size} bytes, the file holds ${payload}`,
      { file, shapes: [`[${header.shape}]`], remedy: 'Save the array again with numpy.save and copy the file whole.' },
    );
  }
  let data = bytes.subarray(offset);
  if (header.fortranOrder && header.shape.length > 1) data = toRowMajor(data, header.shape, kind.size);
  if (order === '>' && kind.size > 1) data = swapBytes(data, kind.size);
  if (kind.dtype === 'f16') return { dtype: 'f32', shape: header.shape, data: widenHalf(data) };
  return fromLittleEndian(kind.dtype, header.shape, data);
}

function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i - (i % size) + (size - 1 - (i % size))] ?? 0;
  return out;
}

/** Elements of `size` bytes from column-major to row-major order. */
function toRowMajor(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  const index = shape.map(() => 0);
  let source = 0;
  for (let target = 0; target < bytes.length; target += size) {
    const from = source * size;
    for (let b = 0; b < size; b++) out[target + b] = bytes[from + b] ?? 0;
    // Count like an odometer, the last axis fastest, keeping the column-major position beside it.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const here = (index[axis] ?? 0) + 1;
      source += strides[axis] ?? 0;
      index[axis] = here;
      if (here < (shape[axis] ?? 0)) break;
      source -= here * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}
