import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readZip, writeZip, type ZipEntry } from '../src/index.ts';
import { fromBase64 } from './base64.ts';
import { dataError } from './data-error.ts';
import archives from './fixtures/zip.json' with { type: 'json' };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('readZip', () => {
  it.each(archives)('reads what Python wrote: $name', ({ entries, file }) => {
    const found = new Map(readZip(fromBase64(file)).map(({ name, data }) => [name, data]));
    expect([...found.keys()]).toEqual(Object.keys(entries));
    for (const [name, data] of Object.entries(entries)) {
      expect(Buffer.from(found.get(name) ?? []).toString('base64')).toBe(data);
    }
  });

  it('reads only what the filter takes', () => {
    const archive = writeZip([
      { name: 'a', data: bytes('aa') },
      { name: 'b', data: bytes('bb') },
    ]);
    expect(readZip(archive, { filter: (name) => name === 'b', maxTotalBytes: 2 })).toEqual([
      { name: 'b', data: bytes('bb') },
    ]);
  });

  it('reads an archive without entries', () => {
    expect(readZip(writeZip([]))).toEqual([]);
  });

  it('inflates entries that span many pieces', () => {
    const data = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >>> (i % 7));
    const read = readZip(writeZip([{ name: 'long', data }]))[0]?.data ?? new Uint8Array();
    expect(Buffer.compare(read, data)).toBe(0);
  });
});

describe('writeZip', () => {
  it('writes what readZip reads, the same bytes each time', () => {
    const name = fc.stringMatching(/^[a-z0-9é ]{1,8}(\/[a-z0-9]{1,4}){0,2}$/);
    const entry: fc.Arbitrary<ZipEntry> = fc.record({ name, data: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 6 }), (entries) => {
        const archive = writeZip(entries);
        expect(readZip(archive)).toEqual(entries);
        expect(writeZip(entries)).toEqual(archive);
      }),
    );
  });

  it('stores and aligns on demand: contents lie as they are at multiples of the alignment', () => {
    const entries = [
      { name: 'first', data: bytes('x'.repeat(1000)) },
      { name: 'a/second', data: bytes('yyy') },
      { name: 'é', data: bytes('') },
      { name: 'last', data: bytes('z'.repeat(65)) },
    ];
    for (const alignment of [1, 8, 64, 4096]) {
      const archive = writeZip(entries, { stored: true, alignment });
      expect(readZip(archive)).toEqual(entries);
      const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
      let at = 0;
      for (const { data } of entries) {
        expect(view.getUint32(at, true)).toBe(0x04034b50);
        expect(view.getUint16(at + 8, true)).toBe(0);
        const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
        expect(start % alignment).toBe(0);
        expect(archive.slice(start, start + data.length)).toEqual(data);
        at = start + data.length;
      }
    }
    expect(dataError(() => writeZip(entries, { alignment: 3 })).code).toBe('argument');
  });

  it.each(['', '/etc/passwd', '../up', 'a/../b', 'a//b', './a', 'a\\b', 'C:/x', 'dir/', 'a\u0000b'])(
    'refuses the name %j',
    (name) => {
      const error = dataError(() => writeZip([{ name, data: bytes('x') }]));
      expect(error.code).toBe('argument');
      expect(error.details.entry).toBe(name);
    },
  );

  it('refuses a name twice', () => {
    const entry = { name: 'a', data: bytes('x') };
    expect(dataError(() => writeZip([entry, entry])).message).toMatch(/twice/);
  });
});
