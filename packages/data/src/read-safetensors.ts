/**
 * Reads safetensors files.
 *
 * Promises: every byte of the data belongs to exactly one tensor (no overlap, no hole, nothing after the end), sizes
 * follow from shape and dtype, and the tensors own their memory. F16 and BF16 are widened to f32, exactly. Other
 * dtypes (I8, I16, U16, U64, F8…) are refused by name.
 */
import { DataError, type DataErrorCode } from './data-error.ts';
import { widenBfloat16, widenHalf } from './half.ts';
import { type DType, elementCount, fromLittleEndian, type NdArray } from './nd-array.ts';
import {
  HeaderFault,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsRecord,
} from './safetensors-header.ts';

/** The contents of a safetensors file. */
export interface Safetensors {
  /** Tensors by name, in the order of their data. */
  readonly tensors: Map<string, NdArray>;
  /** The text entries of `__metadata__`; empty when there are none. */
  readonly metadata: Readonly<Record<string, string>>;
}

const maxHeaderBytes = 100_000_000;

const dtypes: Readonly<Record<string, { dtype: DType; size: number; widen?: (bytes: Uint8Array) => Float32Array }>> = {
  F64: { dtype: 'f64', size: 8 },
  F32: { dtype: 'f32', size: 4 },
  F16: { dtype: 'f32', size: 2, widen: widenHalf },
  BF16: { dtype: 'f32', size: 2, widen: widenBfloat16 },
  I64: { dtype: 'i64', size: 8 },
  I32: { dtype: 'i32', size: 4 },
  U32: { dtype: 'u32', size: 4 },
  U8: { dtype: 'u8', size: 1 },
  BOOL: { dtype: 'bool', size: 1 },
};

/**
 * Reads a safetensors file.
 * Errors: `format` (also for a header above 100 MB) and `dtype`, naming file and tensor.
 */
export function readSafetensors(bytes: Uint8Array, options: { readonly file?: string } = {}): Safetensors {
  const file = options.file ?? 'safetensors file';
  const fail = (code: DataErrorCode, what: string, tensor?: string): DataError =>
    new DataError(code, what, {
      file,
      ...(tensor === undefined ? {} : { tensor }),
      remedy:
        code === 'dtype'
          ? 'Convert the tensor to float32 before saving.'
          : 'Save or download the file again; do not use it if its origin cannot be trusted.',
    });

  if (bytes.length < 8) throw fail('format', `${bytes.length} bytes are too few for a safetensors file`);
  const announced = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (announced > BigInt(maxHeaderBytes)) {
    const what = `a header of ${announced} bytes (at most ${maxHeaderBytes}), so this is no safetensors file`;
    throw fail('format', what);
  }
  const dataAt = 8 + Number(announced);
  if (dataAt > bytes.length) {
    throw fail('format', `the header should have ${announced} bytes, the file has ${bytes.length} in all`);
  }
  const header = readHeader(bytes.subarray(8, dataAt), fail);
  const data = bytes.subarray(dataAt);

  const tensors = new Map<string, NdArray>();
  let at = 0;
  for (const record of [...header.records].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const { name, begin, end } = record;
    if (begin < at) throw fail('format', `its bytes ${begin} to ${end} overlap another tensor`, name);
    if (begin > at) throw fail('format', `bytes ${at} to ${begin} before it belong to no tensor`, name);
    if (end > data.length) {
      throw fail('format', `its data ends at byte ${end}, the file holds ${data.length} bytes of data`, name);
    }
    tensors.set(name, readTensor(record, data.subarray(begin, end), fail));
    at = end;
  }
  if (at !== data.length) throw fail('format', `${data.length - at} bytes at the end belong to no tensor`);
  return { tensors, metadata: header.metadata };
}

type Fail = (code: DataErrorCode, what: string, tensor?: string) => DataError;

function readHeader(bytes: Uint8Array, fail: Fail): SafetensorsHeader {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail('format', 'the header is not valid UTF-8');
  }
  try {
    return parseSafetensorsHeader(text);
  } catch (cause) {
    if (cause instanceof HeaderFault) throw fail('format', cause.message, cause.tensor);
    throw cause;
  }
}

function readTensor({ name, dtype, shape }: SafetensorsRecord, bytes: Uint8Array, fail: Fail): NdArray {
  const kind = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (kind === undefined) throw fail('dtype', `dtype ${JSON.stringify(dtype)} is not supported`, name);
  const count = elementCount(shape);
  if (count === undefined || count * kind.size !== bytes.length) {
    throw fail('format', `shape [${shape}] of ${dtype} does not fit its ${bytes.length} bytes`, name);
  }
  return kind.widen === undefined
    ? fromLittleEndian(kind.dtype, shape, bytes)
    : { dtype: 'f32', shape, data: kind.widen(bytes) };
}
