/**
 * Writes ZIP archives: deflated unless told otherwise, UTF-8 names, no time stamps (the first moment of the format,
 * 1980-01-01), so the same entries always give the same bytes. Archives beyond 4 GiB or 65,535 entries are refused;
 * ZIP64 is not written.
 */
import { deflateSync } from 'fflate';
import { crc32 } from './crc32.ts';
import { DataError } from './data-error.ts';
import type { ZipEntry } from './read-zip.ts';
import { unsafeName } from './zip-directory.ts';

/** How an archive is written. */
export interface WriteZipOptions {
  /** True: entries lie in the archive as they are. False by default: deflated where that makes them smaller. */
  readonly stored?: boolean;
  /** Contents begin at multiples of this many bytes, for readers that map them into memory; a power of two, by default 1. */
  readonly alignment?: number;
}

/**
 * The archive of some files, in the given order.
 * Errors: `argument` for names that no reader should accept, and for an alignment that is no power of two up to 4096.
 */
export function writeZip(entries: readonly ZipEntry[], options: WriteZipOptions = {}): Uint8Array {
  const { stored = false, alignment = 1 } = options;
  if (!alignments.includes(alignment)) {
    throw new DataError('argument', `the alignment is ${String(alignment)}`, {
      remedy: 'Use a power of two from 1 to 4096.',
    });
  }
  const refuse = (what: string, entry?: string): DataError =>
    new DataError('argument', what, {
      ...(entry === undefined ? {} : { entry }),
      remedy: 'Use relative, unique names with forward slashes, and several archives for very large data.',
    });
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const { name, data } of entries) {
    const problem = unsafeName(name) ?? (name.endsWith('/') ? 'the name is that of a directory' : undefined);
    if (problem !== undefined) throw refuse(problem, name);
    if (names.has(name)) throw refuse('the name occurs twice', name);
    names.add(name);
    const rawName = new TextEncoder().encode(name);
    const deflated = stored ? data : deflateSync(data, { level: 9 });
    const packed = deflated.length < data.length ? deflated : data;
    const padding = paddingField(offset + 30 + rawName.length, alignment);
    const common = new Uint8Array(26);
    const view = new DataView(common.buffer);
    view.setUint16(0, 20, true);
    view.setUint16(2, 0x800, true);
    view.setUint16(4, packed === data ? 0 : 8, true);
    view.setUint16(8, 0x21, true);
    view.setUint32(10, crc32(data), true);
    view.setUint32(14, packed.length, true);
    view.setUint32(18, data.length, true);
    view.setUint16(22, rawName.length, true);
    if (offset + packed.length + data.length > 0xfffffffe) throw refuse('the archive would exceed 4 GiB', name);
    const tail = new Uint8Array(14);
    new DataView(tail.buffer).setUint32(10, offset, true);
    directory.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), common, tail, rawName);
    const local = common.slice();
    new DataView(local.buffer).setUint16(24, padding.length, true);
    parts.push(Uint8Array.of(0x50, 0x4b, 3, 4), local, rawName, padding, packed);
    offset += 30 + rawName.length + padding.length + packed.length;
  }
  if (entries.length > 0xfffe) throw refuse(`${entries.length} entries`);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, entries.length, true);
  view.setUint16(10, entries.length, true);
  view.setUint32(
    12,
    directory.reduce((sum, part) => sum + part.length, 0),
    true,
  );
  view.setUint32(16, offset, true);
  return concatenate([...parts, ...directory, end]);
}

const alignments: readonly number[] = Array.from({ length: 13 }, (_, power) => 2 ** power);

/** An extra field of zeros that ends where the contents may begin; nothing where they already may. */
function paddingField(at: number, alignment: number): Uint8Array {
  if (at % alignment === 0) return new Uint8Array(0);
  const header = 4;
  const length = (alignment - ((at + header) % alignment)) % alignment;
  const field = new Uint8Array(header + length);
  const view = new DataView(field.buffer);
  view.setUint16(0, paddingId, true);
  view.setUint16(2, length, true);
  return field;
}

/** What PyTorch calls its own padding ("FB"); other readers pass over it. */
const paddingId = 0x4246;

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
