import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NdArray, readSafetensors, writeSafetensors } from '../src/index.ts';
import { fromBase64 } from './base64.ts';
import { dataError } from './data-error.ts';
import { elements } from './elements.ts';
import files from './fixtures/safetensors.json' with { type: 'json' };

const file = 'model.safetensors';

/** A file with any header text and so many bytes of data. */
function raw(header: string | Uint8Array, data = 0, announced?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const tensor = (begin: number, end: number, shape = `[${(end - begin) / 4}]`, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('readSafetensors', () => {
  it.each(files)('reads $name', ({ tensors, metadata, file: bytes }) => {
    const read = readSafetensors(fromBase64(bytes));
    expect({ ...read.metadata }).toEqual(metadata);
    const plain = [...read.tensors].map(([name, array]) => {
      return [name, { dtype: array.dtype, shape: array.shape, values: elements(array) }];
    });
    expect(Object.fromEntries(plain)).toEqual(tensors);
  });

  it.each<[string, Uint8Array, RegExp, string?]>([
    ['empty', new Uint8Array(), /0 bytes are too few/],
    ['a text', new TextEncoder().encode('<!doctype html>'), /no safetensors file/],
    ['a header above 100 MB', raw('{}', 0, 100_000_001n), /at most 100000000/],
    ['a header length of 2^64 - 1', raw('{}', 0, 2n ** 64n - 1n), /at most/],
    ['cut inside the header', raw('{}', 0, 3n), /should have 3 bytes/],
    ['no object', raw('[]'), /does not begin with/],
    ['a header of no bytes', raw(''), /does not begin with/],
    ['broken JSON', raw('{"a":'), /no JSON/],
    ['broken UTF-8', raw(Uint8Array.of(0x7b, 0x22, 0xff, 0x22)), /UTF-8/],
    ['deep JSON', raw(`{"a":${'['.repeat(100_000)}`), /nested deeper/],
    ['deep JSON of objects', raw(`${'{"a":'.repeat(5)}1${'}'.repeat(5)}`), /nested deeper/],
    ['a name twice', raw(`{"a":${tensor(0, 4)},"\\u0061":${tensor(4, 8)}}`, 8), /twice/, 'a'],
    ['a field twice', raw(`{"a":{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]}}`, 4), /twice/],
    ['a tensor that is a number', raw('{"a":1}'), /no object/, 'a'],
    ['no dtype', raw('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4), /dtype/, 'a'],
    [
      'a field too many',
      raw('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', 4),
      /unknown field "x"/,
      'a',
    ],
    ['a negative dimension', raw(`{"a":${tensor(0, 4, '[-1]')}}`, 4), /natural numbers/, 'a'],
    ['a broken dimension', raw(`{"a":${tensor(0, 4, '[1.5]')}}`, 4), /natural numbers/, 'a'],
    ['a text as a dimension', raw(`{"a":${tensor(0, 4, '["1"]')}}`, 4), /natural numbers/, 'a'],
    ['one offset', raw('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4), /two natural/, 'a'],
    ['offsets backwards', raw(`{"a":${tensor(4, 0, '[1]')}}`, 4), /run backwards/, 'a'],
    ['a shape that does not fit', raw(`{"a":${tensor(0, 4, '[2]')}}`, 4), /does not fit its 4 bytes/, 'a'],
    [
      'a shape that overflows',
      raw(`{"a":${tensor(0, 4, '[4503599627370496,4503599627370496]')}}`, 4),
      /does not fit/,
      'a',
    ],
    ['data cut off', raw(`{"a":${tensor(0, 8)}}`, 7), /ends at byte 8, the file holds 7/, 'a'],
    ['data without a tensor', raw(`{"a":${tensor(0, 4)}}`, 5), /1 bytes at the end/],
    ['a hole', raw(`{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12), /bytes 4 to 8 before it/, 'b'],
    ['an overlap', raw(`{"a":${tensor(0, 8)},"b":${tensor(4, 8)}}`, 8), /overlap/, 'b'],
    ['one tensor as two', raw(`{"a":${tensor(0, 4)},"b":${tensor(0, 4)}}`, 4), /overlap/, 'b'],
    ['metadata of numbers', raw('{"__metadata__":{"epochs":3}}'), /must all be text/, '__metadata__'],
  ])('refuses %s', (_, bytes, message, name) => {
    const error = dataError(() => readSafetensors(bytes, { file }));
    expect(error.code).toBe('format');
    expect(error.details.file).toBe(file);
    expect(error.details.tensor).toBe(name ?? error.details.tensor);
    expect(error.message).toMatch(message);
  });

  it.each(['I8', 'U64', 'F8_E4M3', 'constructor', 'f32'])('refuses the dtype %s by name', (dtype) => {
    const error = dataError(() => readSafetensors(raw(`{"w":${tensor(0, 4, '[4]', dtype)}}`, 4), { file }));
    expect(error.code).toBe('dtype');
    expect(error.message).toContain(`model.safetensors, w: dtype "${dtype}"`);
  });

  it('keeps names and keys that mean something to JavaScript', () => {
    const one: NdArray = { dtype: 'f32', shape: [], data: Float32Array.of(1) };
    const names = ['__proto__', 'constructor', 'a"\\b', 'ü', '10', '9'];
    const bytes = writeSafetensors(new Map(names.map((name) => [name, one])), JSON.parse('{"__proto__":"x"}'));
    const read = readSafetensors(bytes);
    expect([...read.tensors.keys()].sort()).toEqual(names.sort());
    expect(Object.entries(read.metadata)).toEqual([['__proto__', 'x']]);
  });

  it('fails with a DataError whatever bytes are changed or cut', () => {
    const good = fromBase64(files[0]?.file ?? '');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 5 }),
        fc.nat(60),
        (edits, cut) => {
          const bytes = good.slice(0, good.length - Math.max(0, cut - 30));
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          try {
            readSafetensors(bytes);
          } catch {
            dataError(() => readSafetensors(bytes));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('writeSafetensors', () => {
  it('writes the bytes of the Python library', () => {
    const original = fromBase64(files[0]?.file ?? '');
    const { tensors, metadata } = readSafetensors(original);
    expect(writeSafetensors(new Map([...tensors].reverse()), metadata)).toEqual(Uint8Array.from(original));
  });

  it('writes what readSafetensors reads, whatever the order of insertion', () => {
    const array = fc.oneof(
      fc.float32Array().map((data): NdArray => ({ dtype: 'f32', shape: [data.length], data })),
      fc.float64Array().map((data): NdArray => ({ dtype: 'f64', shape: [1, data.length], data })),
      fc.int32Array().map((data): NdArray => ({ dtype: 'i32', shape: [data.length, 1], data })),
      fc.bigInt64Array().map((data): NdArray => ({ dtype: 'i64', shape: [data.length], data })),
      fc.uint8Array().map((data): NdArray => ({ dtype: 'u8', shape: [data.length], data })),
    );
    const named = fc.uniqueArray(fc.tuple(fc.string(), array), { selector: ([name]) => name, maxLength: 6 });
    fc.assert(
      fc.property(named, fc.dictionary(fc.string(), fc.string()), (entries, metadata) => {
        const bytes = writeSafetensors(new Map(entries), metadata);
        const read = readSafetensors(bytes);
        expect(new Map(read.tensors)).toEqual(new Map(entries));
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect(writeSafetensors(new Map([...entries].reverse()), metadata)).toEqual(bytes);
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
      }),
    );
  });

  it('refuses what it could not read back', () => {
    const data = Float32Array.of(1);
    const wrong = dataError(() => writeSafetensors(new Map([['w', { dtype: 'f32', shape: [2], data }]])));
    expect([wrong.code, wrong.details.tensor]).toEqual(['shape', 'w']);
    const name = dataError(() => writeSafetensors(new Map([['__metadata__', { dtype: 'f32', shape: [1], data }]])));
    expect(name.code).toBe('argument');
    const metadata = { epochs: 3 } as unknown as Record<string, string>;
    expect(dataError(() => writeSafetensors(new Map(), metadata)).code).toBe('argument');
  });
});
