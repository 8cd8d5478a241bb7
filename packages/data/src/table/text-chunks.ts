/**
 * Text of a source in pieces: from a string, bytes, a File, a stream or any iterable of chunks. Decodes UTF-8 (and
 * UTF-16 when a byte order mark says so) across the borders of chunks, and never holds more than one of them.
 */
import { DataError } from '../data-error.ts';

/** Where text may come from. A File is a Blob. */
export type TextSource =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

/** The text, without its byte order mark. Errors: `format` for bytes that are no UTF-8; `argument`; `file`. */
export async function* textChunks(source: TextSource, file?: string): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined;
  let first = true;
  let head: Uint8Array | undefined;
  const place = file === undefined ? {} : { file };
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return bytes === undefined ? (decoder?.decode() ?? '') : (decoder?.decode(bytes, { stream: true }) ?? '');
    } catch (cause) {
      const remedy = 'Save the file as UTF-8 text; Parquet, Arrow and archives have readers of their own.';
      throw new DataError('format', 'the file is no UTF-8 text', { ...place, remedy }, { cause });
    }
  };
  for await (const chunk of chunksOf(source, place)) {
    if (typeof chunk === 'string') {
      yield first && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
      first &&= chunk === '';
      continue;
    }
    let bytes = chunk;
    if (decoder === undefined) {
      // Two bytes tell the encoding, and a chunk may be shorter.
      bytes = head === undefined ? chunk : join(head, chunk);
      head = bytes;
      if (bytes.length < 2) continue;
      decoder = new TextDecoder(encodingOf(bytes), { fatal: true });
      head = undefined;
    }
    yield decode(bytes);
  }
  if (head !== undefined && head.length > 0) {
    decoder = new TextDecoder('utf-8', { fatal: true });
    yield decode(head);
  }
  yield decode(undefined);
}

type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

function chunksOf(source: TextSource, place: { readonly file?: string }): Chunks {
  if (typeof source === 'string') return [source];
  if (source instanceof Uint8Array) return slices(source);
  if (source instanceof Blob) return fromStream(source.stream());
  if (typeof source === 'object' && source !== null) {
    // First, as not every browser lets a stream be iterated.
    if ('getReader' in source) return fromStream(source);
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return source;
  }
  throw new DataError('argument', `${typeof source} is no source of text`, {
    ...place,
    remedy: 'Pass a string, bytes, a File or Blob, a stream, or an iterable of chunks.',
  });
}

/** Large inputs in pieces, so that their text is not held twice. */
function* slices(bytes: Uint8Array, size = 1 << 20): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* fromStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
