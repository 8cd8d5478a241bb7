import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/crc32.ts';
import { RandomState, type ReadZipOptions, readZip, writeZip } from '../src/index.ts';
import { dataError } from './data-error.ts';

const file = 'evil.zip';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const content = bytes('all the same words, all the same words, all the same words');

/** A good archive of two entries, and where its parts lie. */
function good(): { zip: Uint8Array; view: DataView; central: number; end: number } {
  const zip = writeZip([
    { name: 'first', data: content },
    { name: 'other', data: bytes('12345') },
  ]);
  const view = new DataView(zip.buffer);
  const end = zip.length - 22;
  return { zip, view, central: view.getUint32(end + 16, true), end };
}

type Edit = (archive: ReturnType<typeof good>) => Uint8Array | undefined;

/** The edited archive must be refused; gives the error. */
function refused(edit: Edit, options: ReadZipOptions = {}): ReturnType<typeof dataError> {
  const archive = good();
  const zip = edit(archive) ?? archive.zip;
  const error = dataError(() => readZip(zip, { file, ...options }));
  expect(error.code).toBe('format');
  expect(error.details.file).toBe(file);
  return error;
}

/** Several edits of one archive. */
const both =
  (...edits: Edit[]): Edit =>
  (archive) => {
    for (const edit of edits) edit(archive);
    return undefined;
  };
const setBoth =
  (localOffset: number, centralOffset: number, value: number, wide = true): Edit =>
  ({ view, central }) => {
    for (const at of [localOffset, central + centralOffset]) {
      if (wide) view.setUint32(at, value, true);
      else view.setUint16(at, value, true);
    }
    return undefined;
  };
const rename =
  (name: string): Edit =>
  ({ zip, central }) => {
    zip.set(bytes(name), 30);
    zip.set(bytes(name), central + 46);
    return undefined;
  };

describe('an archive with a lie in it is refused', () => {
  it.each<[string, Edit, RegExp]>([
    ['no archive at all', () => bytes('hello, this is a text and not an archive'), /no ZIP archive/],
    ['nothing', () => new Uint8Array(), /no ZIP archive/],
    ['cut off', ({ zip }) => zip.subarray(0, 60), /cut off/],
    ['bytes after the end', ({ zip }) => Uint8Array.of(...zip, 0), /cut off/],
    ['bytes before the start', ({ zip }) => Uint8Array.of(0, ...zip), /should lie at/],
    [
      'more entries than there are',
      both(
        ({ view, end }) => void view.setUint16(end + 8, 3, true),
        ({ view, end }) => void view.setUint16(end + 10, 3, true),
      ),
      /3 entries|no directory entry/,
    ],
    [
      'fewer entries than there are',
      both(
        ({ view, end }) => void view.setUint16(end + 8, 1, true),
        ({ view, end }) => void view.setUint16(end + 10, 1, true),
      ),
      /more than its 1/,
    ],
    ['several parts', ({ view, end }) => void view.setUint16(end + 4, 1, true), /several parts/],
    ['a directory elsewhere', ({ view, end }) => void view.setUint32(end + 16, 0, true), /should lie at/],
    [
      'a directory entry that is none',
      ({ view, central }) => void view.setUint32(central, 0, true),
      /no directory entry/,
    ],
    [
      'a name longer than the directory',
      ({ view, central }) => void view.setUint16(central + 28, 60_000, true),
      /longer than the directory/,
    ],
    [
      'a local header elsewhere',
      ({ view, central }) => void view.setUint32(central + 42, 7, true),
      /local header is missing/,
    ],
    ['data reaching into the directory', setBoth(18, 20, 5000), /reach into the directory/],
    ['a packed size that lies a little', setBoth(18, 20, 20), /deflate|inflates to|checksum/],
    ['a size too small', setBoth(22, 24, content.length - 1), /more than the 57 bytes announced/],
    ['a size too large', setBoth(22, 24, content.length + 1), /inflates to 58 bytes, 59 were announced/],
    ['another checksum', setBoth(14, 16, 1), /checksum/],
    ['headers that differ in size', ({ view }) => void view.setUint32(22, 1, true), /contradict/],
    ['headers that differ in name', ({ zip }) => void zip.set(bytes('FIRST'), 30), /contradict/],
    ['headers that differ in method', ({ view }) => void view.setUint16(8, 0, true), /contradict/],
    ['stored and sized otherwise', setBoth(8, 10, 0, false), /stored bytes/],
    ['an unknown method', setBoth(8, 10, 99, false), /method 99/],
    ['encryption', setBoth(6, 8, 1, false), /encrypted/],
    ['strong encryption', setBoth(6, 8, 0x41, false), /encrypted/],
    ['encryption in the local header alone', ({ view }) => void view.setUint16(6, 0x801, true), /contradict/],
    [
      'a symbolic link',
      both(
        ({ zip, central }) => void zip.fill(3, central + 5, central + 6),
        ({ view, central }) => void view.setUint16(central + 40, 0xa1ff, true),
      ),
      /symbolic link/,
    ],
    ['a path upwards', rename('../xx'), /leaves its folder/],
    ['an absolute path', rename('/etc/'), /absolute/],
    ['a drive', rename('C:abc'), /absolute/],
    ['a backslash', rename('..\\ab'), /backslash/],
    ['an empty part', rename('a//bc'), /empty parts/],
    ['a control character', rename('a\u001b[2J'), /control/],
    ['a name twice', rename('other'), /twice/],
    [
      'a name of broken UTF-8',
      both(
        ({ zip }) => void zip.set([0xff, 0xfe], 30),
        ({ zip, central }) => void zip.set([0xff, 0xfe], central + 46),
      ),
      /UTF-8/,
    ],
    [
      'one entry over the other',
      ({ zip, view, central }) => {
        const second = central + 46 + 5;
        view.setUint32(second + 42, 0, true);
        zip.copyWithin(second + 6, central + 6, central + 28);
        zip.set(bytes('first'), second + 46);
        zip.set(bytes('first'), central + 46);
        return undefined;
      },
      /twice/,
    ],
  ])('%s', (_, edit, message) => {
    expect(refused(edit).message).toMatch(message);
  });

  it('names the entry', () => {
    const error = refused(setBoth(14, 16, 1));
    expect(error.details.entry).toBe('first');
    expect(error.message).toContain('evil.zip, entry first: ');
  });

  it('broken deflate data', () => {
    expect(refused(({ zip }) => void zip.fill(0xff, 35, 45)).details.entry).toBe('first');
  });

  it('overlapping entries of different names', () => {
    // The second entry's local header lies inside the stored data of the first; noise keeps it from being deflated.
    const other = { name: 'inner', data: bytes('12345') };
    const random = new RandomState(1);
    const noise = Uint8Array.from({ length: 4000 }, () => random.interval(255));
    const outer = writeZip([
      { name: 'outer', data: Uint8Array.of(...writeZip([other]).subarray(0, 40), ...noise) },
      other,
    ]);
    const view = new DataView(outer.buffer);
    const central = view.getUint32(outer.length - 6, true);
    view.setUint32(central + 46 + 5 + 42, 35, true);
    const error = dataError(() => readZip(outer, { file }));
    expect(error.message).toMatch(/inner: it overlaps/);
  });

  it('ZIP64 values that lie', () => {
    const { zip, end } = good();
    const record = new Uint8Array(56 + 20);
    const view = new DataView(record.buffer);
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(32, 2n ** 63n, true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(end), true);
    const wide = Uint8Array.of(...zip.subarray(0, end), ...record, ...zip.subarray(end));
    expect(dataError(() => readZip(wide, { file })).message).toMatch(/9223372036854775808/);
    new DataView(wide.buffer).setBigUint64(end + 64, 1n, true);
    expect(dataError(() => readZip(wide, { file })).message).toMatch(/ZIP64 end record/);
  });
});

describe('a bomb does not go off', () => {
  const zeros = writeZip([{ name: 'zeros', data: new Uint8Array(8_000_000) }]);

  it.each<[string, ReadZipOptions, RegExp]>([
    ['ratio', {}, /more than 200 times/],
    ['size of an entry', { maxRatio: 2000, maxEntryBytes: 1e6 }, /the limit is 1000000/],
    ['size in all', { maxRatio: 2000, maxTotalBytes: 1e6 }, /more than 1000000 bytes/],
    ['number of entries', { maxEntries: 0 }, /1 entries, the limit is 0/],
  ])('by its %s', (_, limits, message) => {
    const error = dataError(() => readZip(zeros, { file, ...limits }));
    expect(error.code).toBe('format');
    expect(error.message).toMatch(message);
    expect(error.details.remedy).toMatch(/Raise the limit/);
  });

  it('is read when the limits allow it', () => {
    const data = readZip(zeros, { maxRatio: 2000 })[0]?.data;
    expect(data?.length).toBe(8_000_000);
    expect(data?.every((byte) => byte === 0)).toBe(true);
  });

  it('even when both headers and the checksum agree on a small size', () => {
    const zip = zeros.slice();
    const view = new DataView(zip.buffer);
    const central = view.getUint32(zip.length - 6, true);
    const told = new Uint8Array(100);
    for (const at of [14, central + 16]) view.setUint32(at, crc32(told), true);
    for (const at of [22, central + 24]) view.setUint32(at, told.length, true);
    expect(dataError(() => readZip(zip, { file })).message).toMatch(/inflates to more than the 100 bytes/);
  });
});

it('any damage gives a DataError or the true contents', () => {
  const { zip } = good();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(40), (edits, cut) => {
      const edited = zip.slice(0, cut < 5 ? zip.length - cut : zip.length);
      for (const [at, value] of edits) if (at < edited.length) edited[at] = value;
      try {
        const read = readZip(edited);
        for (const { data } of read) expect([content.length, 5]).toContain(data.length);
      } catch {
        dataError(() => readZip(edited));
      }
    }),
    { numRuns: 500 },
  );
});
