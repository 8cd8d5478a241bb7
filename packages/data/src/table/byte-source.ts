/** Files of which some bytes are read when they are needed: bytes in memory, a File, or whatever gives some when asked. */
import { DataError } from '../data-error.ts';

/** Bytes, a File, or anything that gives some of its bytes when asked. */
export type ByteSource = Uint8Array | Blob | ByteBuffer;

/** What gives some of its bytes. */
export interface ByteBuffer {
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>;
}

/** The source as one that is asked. `what` names the kind of file in the error. Errors: `argument`. */
export function asBuffer(source: ByteSource, what: string): ByteBuffer {
  if (source instanceof Uint8Array) {
    return { byteLength: source.length, slice: (start, end) => new Uint8Array(source.subarray(start, end)).buffer };
  }
  if (source instanceof Blob) {
    return { byteLength: source.size, slice: (start, end) => source.slice(start, end).arrayBuffer() };
  }
  if (typeof source === 'object' && source !== null && 'slice' in source) return source;
  const remedy = 'Pass bytes, a File or a Blob.';
  throw new DataError('argument', `${typeof source} is no source of ${what}`, { remedy });
}
