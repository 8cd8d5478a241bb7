/**
 * Writes safetensors files. The same tensors and metadata give the same bytes whatever the order of insertion: wide
 * elements first (so that every tensor is aligned), then by name; metadata by key; the header padded with spaces to a
 * multiple of eight. These are the bytes the Python library writes for metadata of at most one entry.
 */
import { DataError } from './data-error.ts';
import { byteSize, type DType, littleEndianBytes, type NdArray } from './nd-array.ts';

const spelling: Readonly<Record<DType, string>> = {
  f64: 'F64',
  f32: 'F32',
  i64: 'I64',
  i32: 'I32',
  u32: 'U32',
  u8: 'U8',
  bool: 'BOOL',
};

/** The order in which the format's own library lays out elements, widest first. */
const layout: readonly DType[] = ['i64', 'f64', 'f32', 'u32', 'i32', 'u8', 'bool'];

/**
 * The bytes of a safetensors file.
 * Errors: `shape` when a tensor's shape and data disagree, `argument` for the reserved name `__metadata__`.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([a, x], [b, y]) => layout.indexOf(x.dtype) - layout.indexOf(y.dtype) || compare(a, b),
  );
  const fields: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  if (texts.length > 0) {
    const wrong = texts.find(([, text]) => typeof text !== 'string');
    if (wrong !== undefined) {
      throw new DataError('argument', `metadata entry ${JSON.stringify(wrong[0])} is no text`, {
        tensor: '__metadata__',
        remedy: 'Write it with JSON.stringify.',
      });
    }
    fields.push(`"__metadata__":{${texts.map(([key, text]) => `${quote(key)}:${quote(text)}`).join(',')}}`);
  }
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const [name, tensor] of ordered) {
    if (name === '__metadata__') {
      throw new DataError('argument', 'the name is reserved', { tensor: name, remedy: 'Rename the tensor.' });
    }
    const chunk = littleEndianBytes(tensor, name);
    const end = at + tensor.data.length * byteSize[tensor.dtype];
    fields.push(
      `${quote(name)}:{"dtype":"${spelling[tensor.dtype]}","shape":[${tensor.shape}],"data_offsets":[${at},${end}]}`,
    );
    chunks.push(chunk);
    at = end;
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + at).fill(0x20, 8, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(header, 8);
  let offset = 8 + padded;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
