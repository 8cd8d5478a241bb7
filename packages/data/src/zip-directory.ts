/**
 * The central directory of a ZIP archive, read and cross-checked with the local headers.
 *
 * Promises that every record it returns lies inside the file, overlaps no other, is neither encrypted nor split, has
 * a safe and unique name, and that both headers agree on it. ZIP64 is understood. Inflates nothing.
 */
import { DataError } from './data-error.ts';

/** One file of the archive: where its packed bytes lie and what they should become. */
export interface ZipRecord {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  readonly crc: number;
  readonly packed: Uint8Array;
  readonly size: number;
}

interface CentralHeader {
  readonly name: string;
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly method: 0 | 8;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerAt: number;
}

type Fail = (what: string, entry?: string, remedy?: string) => DataError;

const distrust = 'Download or pack the archive again; do not use it if its origin cannot be trusted.';
const repack = 'Pack the archive again, unencrypted and in one part, with the deflate method.';

const signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };

/** All files of an archive (directories are left out), in the order of the directory. Errors: see the file header. */
export function readZipDirectory(bytes: Uint8Array, file: string, maxEntries: number): ZipRecord[] {
  const fail: Fail = (what, entry, remedy = distrust) =>
    new DataError('format', what, { file, ...(entry === undefined ? {} : { entry }), remedy });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start, end } = findDirectory(view, fail);
  if (count > maxEntries) {
    throw fail(
      `${count} entries, the limit is ${maxEntries}`,
      undefined,
      'Raise the limit if the archive can be trusted.',
    );
  }
  // Every central header has at least 46 bytes, so a lying count is found before anything is allocated for it.
  if (count * 46 > end - start) throw fail(`${count} entries cannot fit into the directory`);

  const headers: CentralHeader[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const { header, next } = readCentralHeader(view, bytes, at, end, fail);
    headers.push(header);
    at = next;
  }
  if (at !== end) throw fail(`the directory holds more than its ${count} entries`);

  const names = new Set<string>();
  for (const { name } of headers) {
    if (names.has(name)) throw fail('the name occurs twice', name);
    names.add(name);
  }
  const located = headers.map((header) => locate(view, bytes, header, start, fail));
  let previousEnd = 0;
  for (const { header, dataAt } of [...located].sort((a, b) => a.header.headerAt - b.header.headerAt)) {
    if (header.headerAt < previousEnd) throw fail('it overlaps another entry', header.name);
    previousEnd = dataAt + header.packedSize;
  }
  return located
    .filter(({ header }) => !header.name.endsWith('/'))
    .map(({ header: { name, method, crc, packedSize, size }, dataAt }) => ({
      name,
      method,
      crc,
      size,
      packed: bytes.subarray(dataAt, dataAt + packedSize),
    }));
}

/** Finds the end record (its comment must reach exactly to the end of the file) and, through it, the directory. */
function findDirectory(view: DataView, fail: Fail): { count: number; start: number; end: number } {
  let at = view.byteLength - 22;
  const lowest = Math.max(0, at - 0xffff);
  while (at >= lowest) {
    if (view.getUint32(at, true) === signature.end && at + 22 + view.getUint16(at + 20, true) === view.byteLength)
      break;
    at--;
  }
  if (at < lowest) {
    const begins = view.byteLength >= 4 && view.getUint32(0, true) === signature.local;
    throw fail(begins ? 'the ZIP archive is cut off: its directory is missing' : 'this is no ZIP archive');
  }
  let disks = view.getUint16(at + 4, true) | view.getUint16(at + 6, true);
  let here = view.getUint16(at + 8, true);
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let start = view.getUint32(at + 16, true);
  let end = at;
  if (at >= 20 && view.getUint32(at - 20, true) === signature.locator) {
    const record = readUint64(view, at - 12, fail);
    if (record + 56 > at - 20 || view.getUint32(record, true) !== signature.end64) {
      throw fail('the ZIP64 end record is not where the locator says');
    }
    disks = view.getUint32(record + 16, true) | view.getUint32(record + 20, true) | view.getUint32(at - 16, true);
    here = readUint64(view, record + 24, fail);
    count = readUint64(view, record + 32, fail);
    size = readUint64(view, record + 40, fail);
    start = readUint64(view, record + 48, fail);
    end = record;
  }
  if (disks !== 0 || here !== count) throw fail('the archive is split into several parts', undefined, repack);
  if (start + size !== end) {
    throw fail(`the directory should lie at ${start} with ${size} bytes, but ends at ${end}`);
  }
  return { count, start, end };
}

function readCentralHeader(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  end: number,
  fail: Fail,
): { header: CentralHeader; next: number } {
  if (at + 46 > end || view.getUint32(at, true) !== signature.central) {
    throw fail(`no directory entry at byte ${at}`);
  }
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > end) throw fail(`the directory entry at byte ${at} is longer than the directory`);

  const flags = view.getUint16(at + 8, true);
  const rawName = bytes.subarray(at + 46, nameEnd);
  const name = safeName(rawName, (flags & 0x800) !== 0, fail);
  const madeBy = view.getUint8(at + 5);
  const unixType = view.getUint16(at + 40, true) >>> 12;
  if (madeBy === 3 && unixType === 0xa) throw fail('it is a symbolic link', name);
  if (flags & 0x2041) throw fail('it is encrypted', name, repack);
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) throw fail(`compression method ${method} is unknown`, name, repack);

  let packedSize = view.getUint32(at + 20, true);
  let size = view.getUint32(at + 24, true);
  let headerAt = view.getUint32(at + 42, true);
  const wide = zip64Values(view, nameEnd, extraEnd, name, fail);
  if (size === 0xffffffff) size = wide() ?? size;
  if (packedSize === 0xffffffff) packedSize = wide() ?? packedSize;
  if (headerAt === 0xffffffff) headerAt = wide() ?? headerAt;
  return {
    header: { name, rawName, flags, method, crc: view.getUint32(at + 16, true), packedSize, size, headerAt },
    next,
  };
}

/** Checks the local header against the directory and finds where the packed bytes begin. */
function locate(
  view: DataView,
  bytes: Uint8Array,
  header: CentralHeader,
  directoryAt: number,
  fail: Fail,
): { header: CentralHeader; dataAt: number } {
  const { name, headerAt: at } = header;
  if (at + 30 > directoryAt || view.getUint32(at, true) !== signature.local) {
    throw fail(`its local header is missing at byte ${at}`, name);
  }
  const nameEnd = at + 30 + view.getUint16(at + 26, true);
  const dataAt = nameEnd + view.getUint16(at + 28, true);
  if (dataAt + header.packedSize > directoryAt) {
    throw fail(`its ${header.packedSize} packed bytes reach into the directory`, name);
  }
  const localName = bytes.subarray(at + 30, nameEnd);
  const flags = view.getUint16(at + 6, true);
  let packedSize = view.getUint32(at + 18, true);
  let size = view.getUint32(at + 22, true);
  const wide = zip64Values(view, nameEnd, dataAt, name, fail);
  if (size === 0xffffffff) size = wide() ?? size;
  if (packedSize === 0xffffffff) packedSize = wide() ?? packedSize;
  // With bit 3 the writer did not know sizes and checksum yet and left zeros (or the truth).
  const streamed = (flags & 8) !== 0;
  const agrees = (local: number, central: number): boolean => local === central || (streamed && local === 0);
  if (
    localName.length !== header.rawName.length ||
    localName.some((byte, i) => byte !== header.rawName[i]) ||
    (flags & 0x2041) !== 0 ||
    view.getUint16(at + 8, true) !== header.method ||
    !agrees(view.getUint32(at + 14, true), header.crc) ||
    !agrees(packedSize, header.packedSize) ||
    !agrees(size, header.size)
  ) {
    throw fail('its local header and the directory contradict each other', name);
  }
  return { header, dataAt };
}

/** Gives the 64-bit values of the ZIP64 extra field one after the other; undefined when the entry has none. */
function zip64Values(view: DataView, from: number, to: number, name: string, fail: Fail): () => number | undefined {
  let at = from;
  let end = from;
  for (let field = from; field + 4 <= to; ) {
    const fieldEnd = field + 4 + view.getUint16(field + 2, true);
    if (fieldEnd > to) throw fail('an extra field is longer than its header', name);
    if (view.getUint16(field, true) === 1) {
      at = field + 4;
      end = fieldEnd;
    }
    field = fieldEnd;
  }
  return () => {
    if (end === from) return undefined;
    if (at + 8 > end) throw fail('its ZIP64 field is too short', name);
    at += 8;
    return readUint64(view, at - 8, fail, name);
  };
}

function readUint64(view: DataView, at: number, fail: Fail, name?: string): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw fail(`a size or offset of ${value}`, name);
  return Number(value);
}

/** Decodes a name and refuses all that could leave a folder or hide what it is. */
function safeName(raw: Uint8Array, utf8: boolean, fail: Fail): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    name = Array.from(raw, (byte) => String.fromCharCode(byte)).join('');
    if (utf8) throw fail('the name is not valid UTF-8', name);
  }
  const problem = unsafeName(name);
  if (problem !== undefined) throw fail(problem, name);
  return name;
}

/** Why a name may not be used inside an archive, or undefined. A directory's name ends in a slash. */
export function unsafeName(name: string): string | undefined {
  if (name === '' || name === '/') return 'the name is empty';
  if (name.length > 4096) return 'the name is longer than 4096 characters';
  if (/^[/\\]|^[a-z]:/i.test(name)) return 'the name is an absolute path';
  if (name.includes('\\')) return 'the name has a backslash';
  if (/\p{Cc}/u.test(name)) return 'the name has control characters';
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  if (parts.some((part) => part === '..' || part === '.' || part === '')) {
    return 'the name leaves its folder or has empty parts';
  }
  return undefined;
}
