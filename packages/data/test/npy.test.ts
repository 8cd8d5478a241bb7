import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NdArray, readNpy, toFloat32, toInt32, writeNpy } from '../src/index.ts';
import { fromBase64 } from './base64.ts';
import { dataError } from './data-error.ts';
import { elements } from './elements.ts';
import cases from './fixtures/npy.json' with { type: 'json' };

const file = 'x.npy';
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An NPY file with any header text. */
function npy(header: string, data: Uint8Array | number = 0, version = 1): Uint8Array {
  const text = ascii(header);
  const payload = typeof data === 'number' ? new Uint8Array(data) : data;
  const size = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...ascii('NUMPY'), version, 0, ...size, ...text, ...payload]);
}
const header = (descr: string, shape: string): string =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

describe('readNpy', () => {
  it.each(cases)('reads what NumPy wrote: $name', ({ dtype, shape, values, file: bytes }) => {
    const array = readNpy(fromBase64(bytes), { file });
    expect(array.dtype).toBe(dtype);
    expect(array.shape).toEqual(shape);
    expect(elements(array)).toEqual(values);
  });

  it('owns its memory', () => {
    const bytes = writeNpy({ dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const array = readNpy(bytes);
    bytes.fill(0);
    expect(array.data[0]).toBe(1);
  });

  it('accepts the headers of Python 2', () => {
    expect(readNpy(npy(`{'shape': (2L,), "fortran_order": False, 'descr': '|u1'}`, 2)).shape).toEqual([2]);
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['empty', new Uint8Array(), 'format', /not an NPY file/],
    ['text', ascii('1,2,3\n'), 'format', /not an NPY file/],
    ['only the magic', npy('').subarray(0, 6), 'format', /version 0 is unknown/],
    ['a later version', npy(header('<f4', '(1,)'), 4, 9), 'format', /version 9/],
    ['cut inside the length', npy('').subarray(0, 9), 'format', /ends after 9 bytes/],
    ['cut inside the header', npy(header('<f4', '(1,)'), 4).subarray(0, 30), 'format', /ends inside it/],
    ['a header longer than any', Uint8Array.of(0x93, ...ascii('NUMPY'), 2, 0, 255, 255, 255, 255), 'format', /at most/],
    ['cut inside the data', npy(header('<f4', '(4,)'), 15), 'format', /needs 16 bytes, the file holds 15/],
    ['data after the end', npy(header('<f4', '(4,)'), 17), 'format', /needs 16 bytes, the file holds 17/],
    [
      'a size that lies',
      npy(header('<f8', '(4503599627370496, 4503599627370496)'), 8),
      'format',
      /needs too many bytes, the file holds 8/,
    ],
    ['a huge size', npy(header('<f8', '(99999999999,)'), 8), 'format', /holds 8/],
    ['a negative size', npy(header('<f4', '(-1,)')), 'format', /header cannot be read/],
    ['33 dimensions', npy(header('|u1', `(${'1,'.repeat(33)})`), 1), 'format', /shape/],
    ['pickled objects', npy(header('|O', '(1,)'), 8), 'dtype', /"\|O" is not supported/],
    ['complex', npy(header('<c8', '(1,)'), 8), 'dtype', /float32/],
    ['a name of every object', npy(header('<constructor', '(1,)'), 8), 'dtype', /not supported/],
    ['no byte order', npy(header('|f4', '(1,)'), 4), 'dtype', /not supported/],
    [
      'a structured dtype',
      npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`, 4),
      'format',
      /structured/,
    ],
    ['code', npy(`{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}`, 4), 'format', /cannot read/],
    ['a missing key', npy(`{'descr': '<f4', 'shape': (1,)}`, 4), 'format', /exactly the keys/],
    [
      'a key twice',
      npy(`{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}`, 4),
      'format',
      /twice/,
    ],
    ['text after the header', npy(`${header('<f4', '(1,)')} {}`, 4), 'format', /text after/],
    ['an open header', npy(`{'descr': '<f4', 'shape': (1,`), 'format', /end of the header/],
  ])('refuses %s', (_, bytes, code, message) => {
    const error = dataError(() => readNpy(bytes, { file }));
    expect(error.code).toBe(code);
    expect(error.details.file).toBe(file);
    expect(error.message).toMatch(message);
  });

  it('fails with a DataError whatever bytes are changed or cut', () => {
    const good = writeNpy({ dtype: 'f64', shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 33), fc.nat(255))), fc.nat(good.length), (edits, length) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of edits) if (at < length) bytes[at] = value;
        try {
          expect(readNpy(bytes).data.byteLength).toBeLessThanOrEqual(32);
        } catch {
          dataError(() => readNpy(bytes));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('writeNpy', () => {
  const native = cases.filter(({ name }) => /^(f4|f8|i8|u1|scalar|empty)$/.test(name));
  it.each(native)('writes the bytes of NumPy: $name', ({ file: bytes }) => {
    const original = fromBase64(bytes);
    expect(writeNpy(readNpy(original))).toEqual(Uint8Array.from(original));
  });

  it('writes what readNpy reads', () => {
    const shapes = fc.array(fc.nat(4), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.float()), (shape, stream) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const array: NdArray = { dtype: 'f32', shape, data: Float32Array.from(stream.take(count)) };
        expect(readNpy(writeNpy(array))).toEqual(array);
      }),
    );
  });

  it('refuses a shape that does not fit', () => {
    const error = dataError(() => writeNpy({ dtype: 'f32', shape: [2, 3], data: new Float32Array(5) }));
    expect(error.code).toBe('shape');
    expect(error.message).toContain('[2,3]');
    expect(dataError(() => writeNpy({ dtype: 'u8', shape: Array(33).fill(1), data: new Uint8Array(1) })).code).toBe(
      'argument',
    );
  });
});

describe('conversions', () => {
  const i64 = (...values: bigint[]): NdArray => ({
    dtype: 'i64',
    shape: [values.length],
    data: BigInt64Array.from(values),
  });
  const f64 = (...values: number[]): NdArray => ({
    dtype: 'f64',
    shape: [values.length],
    data: Float64Array.from(values),
  });

  it('keep what fits', () => {
    expect(toFloat32(i64(-3n, 1n << 24n), 'x')).toEqual(Float32Array.of(-3, 2 ** 24));
    expect(toFloat32(f64(0.1, Number.POSITIVE_INFINITY, Number.NaN), 'x')).toEqual(Float32Array.of(0.1, Infinity, NaN));
    expect(toInt32(i64(-(1n << 31n)), 'x')).toEqual(Int32Array.of(-(2 ** 31)));
    expect(toInt32(f64(-0, 7), 'x')).toEqual(Int32Array.of(0, 7));
  });

  it('refuse what would be lost, naming the element', () => {
    for (const [call, element] of [
      [() => toFloat32(i64(0n, (1n << 24n) + 1n), 'ids'), /element 1 is 16777217/],
      [() => toFloat32(i64((1n << 60n) + 1n), 'ids'), /element 0 is 1152921504606846977/],
      [() => toFloat32(f64(1, 1e39), 'ids'), /element 1 is 1e\+39/],
      [() => toInt32(f64(1.5), 'ids'), /element 0 is 1.5/],
      [() => toInt32(f64(Number.NaN), 'ids'), /element 0 is NaN/],
      [() => toInt32(i64(1n << 31n), 'ids'), /element 0 is 2147483648/],
    ] as const) {
      const error = dataError(call);
      expect(error.code).toBe('value');
      expect(error.message).toMatch(element);
      expect(error.details.tensor).toBe('ids');
    }
  });
});
