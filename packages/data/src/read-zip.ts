/**
 * Reads ZIP archives from strangers: the headers are checked here (the inflating library trusts them), the packed
 * bytes are inflated in small pieces so that nothing grows past what was announced and allowed.
 *
 * Promises: every entry has exactly the announced size and checksum, or the whole read fails with a DataError.
 * Writes nothing to a disk and reads no encrypted, split or exotic archives.
 */
import { Inflate } from 'fflate';
import { crc32 } from './crc32.ts';
import { DataError } from './data-error.ts';
import { readZipDirectory, type ZipRecord } from './zip-directory.ts';
import { defaultZipLimits, type ZipLimits } from './zip-limits.ts';

/** A file of an archive. */
export interface ZipEntry {
  /** Path inside the archive, with forward slashes, never absolute and never with `..`. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** What to read and how much of it to accept. */
export interface ReadZipOptions extends ZipLimits {
  /** Name used in errors. */
  readonly file?: string;
  /** Reads only the entries for which this is true; the headers of all are checked. */
  readonly filter?: (name: string) => boolean;
}

// One byte of deflate data can become 1032; so a piece overshoots its limit by 4 MB at most.
const pieceBytes = 4096;
const freeBytes = 65_536;

/**
 * The files of a ZIP archive, in the order of its directory; directories are left out.
 * Errors: `format`, naming file and entry.
 */
export function readZip(bytes: Uint8Array, options: ReadZipOptions = {}): ZipEntry[] {
  const { file = 'ZIP archive', filter = () => true, ...given } = options;
  const limits = { ...defaultZipLimits, ...given };
  const records = readZipDirectory(bytes, file, limits.maxEntries).filter(({ name }) => filter(name));
  let total = 0;
  for (const { name, size, packed } of records) {
    const tooLarge = (what: string): DataError =>
      new DataError('format', what, { file, entry: name, remedy: 'Raise the limit if the archive can be trusted.' });
    total += size;
    if (size > limits.maxEntryBytes) throw tooLarge(`${size} bytes inflated, the limit is ${limits.maxEntryBytes}`);
    if (total > limits.maxTotalBytes) throw tooLarge(`the archive inflates to more than ${limits.maxTotalBytes} bytes`);
    if (size - freeBytes > packed.length * limits.maxRatio) {
      throw tooLarge(`${packed.length} bytes would inflate to ${size}, more than ${limits.maxRatio} times as much`);
    }
  }
  return records.map((record) => ({ name: record.name, data: unpack(record, file) }));
}

function unpack(record: ZipRecord, file: string): Uint8Array {
  const { name: entry, packed, size, method, crc } = record;
  const damaged = (what: string): DataError =>
    new DataError('format', what, {
      file,
      entry,
      remedy: 'Download or pack the archive again; do not use it if its origin cannot be trusted.',
    });
  if (method === 0 && packed.length !== size) throw damaged(`${packed.length} stored bytes, ${size} were announced`);
  const data = method === 0 ? packed.slice() : inflate(packed, size, damaged);
  if (crc32(data) !== crc) throw damaged('the checksum is wrong');
  return data;
}

function inflate(packed: Uint8Array, size: number, damaged: (what: string) => DataError): Uint8Array {
  // The announced size was checked against the packed size, so a small lie cannot make a large allocation.
  const out = new Uint8Array(size);
  let filled = 0;
  const inflater = new Inflate((piece) => {
    if (filled + piece.length > size) throw damaged(`it inflates to more than the ${size} bytes announced`);
    out.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < packed.length || at === 0; at += pieceBytes) {
      inflater.push(packed.subarray(at, at + pieceBytes), at + pieceBytes >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw damaged(`the packed bytes are no valid deflate stream (${cause instanceof Error ? cause.message : cause})`);
  }
  if (filled !== size) throw damaged(`it inflates to ${filled} bytes, ${size} were announced`);
  return out;
}
