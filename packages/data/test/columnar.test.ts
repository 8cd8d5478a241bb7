/** Parquet and Arrow, written by the libraries of their own. */
import {
  Table as ArrowTable,
  Bool,
  DateMillisecond,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeVector,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { gzipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, vi } from 'vitest';
import {
  cellText,
  type ParquetSource,
  readArrow,
  readArrowTables,
  readParquet,
  readParquetTables,
  type Table,
} from '../src/index.ts';
import { dataErrorOf } from './data-error.ts';

const text = (table: Table): Record<string, (string | undefined)[]> =>
  Object.fromEntries(
    table.columns.map((column) => [column.name, Array.from({ length: table.rows }, (_, row) => cellText(column, row))]),
  );
const kinds = (table: Table): string[] => table.columns.map(({ kind }) => kind);
const when = new Date('2024-02-29T12:30:00.250Z');

describe('readParquet', () => {
  const bytes = (codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY'): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        codec,
        rowGroupSize: 2,
        columnData: [
          { name: 'd', data: [1.5, null, -2], type: 'DOUBLE' },
          { name: 'i', data: [1n, 2n, 3n], type: 'INT64' },
          { name: 'f', data: [0.5, 1, 2], type: 'FLOAT' },
          { name: 'b', data: [true, false, null], type: 'BOOLEAN' },
          { name: 's', data: ['a', 'b', 'a'], type: 'STRING' },
          { name: 't', data: [when, when, null], type: 'TIMESTAMP' },
        ],
      }),
    );
  const expected = {
    d: ['1.5', undefined, '-2'],
    i: ['1', '2', '3'],
    f: ['0.5', '1', '2'],
    b: ['true', 'false', undefined],
    s: ['a', 'b', 'a'],
    t: [when.toISOString(), when.toISOString(), undefined],
  };

  it('reads every kind of column over several row groups, from bytes and from a Blob', async () => {
    for (const source of [bytes(), bytes('UNCOMPRESSED'), new Blob([bytes() as Uint8Array<ArrayBuffer>])]) {
      const table = await readParquet(source);
      expect(kinds(table)).toEqual(['number', 'number', 'number', 'boolean', 'category', 'time']);
      expect(text(table)).toEqual(expected);
      expect(table.lines).toBeUndefined();
    }
  });

  it('gives the rows in tables, whatever the row groups, from a source that is asked for its bytes', async () => {
    const whole = bytes();
    let asked = 0;
    const source: ParquetSource = {
      byteLength: whole.length,
      slice: async (start: number, end?: number) => {
        asked++;
        return whole.slice(start, end).buffer;
      },
    };
    for (const rows of [1, 2, 3, 10]) {
      const tables: Table[] = [];
      for await (const table of readParquetTables(source, { rows, types: { b: 'boolean', t: 'time' } }))
        tables.push(table);
      expect(tables.map((table) => table.rows)).toEqual({ 1: [1, 1, 1], 2: [2, 1], 3: [3], 10: [3] }[rows]);
      const cells = (table: Table) => Object.values(text(table));
      expect(Object.keys(expected).map((_, c) => tables.flatMap((table) => cells(table)[c]))).toEqual(
        Object.values(expected),
      );
    }
    expect(asked).toBeGreaterThan(4);
    expect((await dataErrorOf(readParquetTables(source, { rows: 0 }).next())).code).toBe('argument');
  });

  it('reads only the columns that are wanted', async () => {
    expect(text(await readParquet(bytes(), { columns: ['s', 'd'] }))).toEqual({ d: expected.d, s: expected.s });
    const error = await dataErrorOf(readParquet(bytes(), { columns: ['dd'], file: 'my.parquet' }));
    expect(error.message).toContain('Did you mean d?');
  });

  it('names the row and column of what no column can hold', async () => {
    const list = parquetWriteBuffer({ columnData: [{ name: 'j', data: [{ a: 1 }, { a: 2 }], type: 'JSON' }] });
    const error = await dataErrorOf(readParquet(new Uint8Array(list), { file: 'my.parquet' }));
    expect(error.details).toMatchObject({ file: 'my.parquet', row: 0, column: 'j' });
    const large = parquetWriteBuffer({ columnData: [{ name: 'n', data: [1n, 2n ** 60n], type: 'INT64' }] });
    const wrong = await dataErrorOf(readParquet(new Uint8Array(large), { types: { n: 'number' } }));
    expect(wrong.details).toMatchObject({ row: 1, column: 'n' });
  });

  it('reads gzip, and other compressions by a decompressor that is passed', async () => {
    const write = (codec: 'GZIP' | 'ZSTD'): Uint8Array =>
      new Uint8Array(
        parquetWriteBuffer({
          codec,
          compressors: {
            [codec]: (page: Uint8Array) => (codec === 'GZIP' ? gzipSync(page) : page.map((byte) => byte ^ 1)),
          },
          columnData: [{ name: 'd', data: Array.from({ length: 500 }, (_, i) => i / 2), type: 'DOUBLE' }],
        }),
      );
    const zipped = await readParquet(write('GZIP'));
    expect(text(zipped)['d']?.at(-1)).toBe('249.5');
    const strange = write('ZSTD');
    const error = await dataErrorOf(readParquet(strange));
    expect([error.code, error.message]).toEqual(['format', expect.stringContaining('ZSTD')]);
    expect(await readParquet(strange, { compressors: { ZSTD: (page) => page.map((byte) => byte ^ 1) } })).toEqual(
      zipped,
    );
  });

  it('refuses files that are cut off, and other files', async () => {
    const whole = bytes();
    for (let length = 0; length < whole.length; length += 7) {
      expect((await dataErrorOf(readParquet(whole.slice(0, length)))).code).toBe('format');
    }
    expect((await dataErrorOf(readParquet(new TextEncoder().encode('a,b\n1,2\n')))).code).toBe('format');
  });
});

describe('readArrow', () => {
  const table = new ArrowTable({
    d: vectorFromArray([1.5, null, -2], new Float64()),
    f: vectorFromArray([0.5, 1, 2], new Float32()),
    i: vectorFromArray([1, 2, 3], new Int32()),
    l: vectorFromArray([1n, 2n, 3n], new Int64()),
    b: vectorFromArray([true, false, null], new Bool()),
    s: vectorFromArray(['a', 'b', 'a'], new Utf8()),
    c: vectorFromArray(['x', 'y', null], new Dictionary(new Utf8(), new Int32())),
    t: vectorFromArray([when, when, null], new TimestampMicrosecond()),
    day: vectorFromArray([when, when, null], new DateMillisecond()),
  });

  it.each(['file', 'stream'] as const)('reads every kind of column of a %s', async (format) => {
    const read = await readArrow(tableToIPC(table, format));
    expect(kinds(read)).toEqual([...Array(4).fill('number'), 'boolean', 'category', 'category', 'time', 'time']);
    const times = [when.toISOString(), when.toISOString(), undefined];
    expect(text(read)).toEqual({
      d: ['1.5', undefined, '-2'],
      f: ['0.5', '1', '2'],
      i: ['1', '2', '3'],
      l: ['1', '2', '3'],
      b: ['true', 'false', undefined],
      s: ['a', 'b', 'a'],
      c: ['x', 'y', undefined],
      t: times,
      day: times,
    });
    expect(Object.keys(text(await readArrow(tableToIPC(table, format), { columns: ['s', 'i'] })))).toEqual(['i', 's']);
  });

  it('refuses nested columns and other files', async () => {
    const nested = new ArrowTable({ v: vectorFromArray([[1], [2]], new List(new Field('x', new Float64()))) });
    const error = await dataErrorOf(readArrow(tableToIPC(nested), { file: 'my.arrow' }));
    expect([error.code, error.details.column, error.details.row]).toEqual(['dtype', 'v', 0]);
    for (const bytes of [new Uint8Array(0), new TextEncoder().encode('a,b\n1,2\n'), tableToIPC(table).slice(0, 300)]) {
      expect((await dataErrorOf(readArrow(bytes))).code).toBe('format');
    }
    const empty = new ArrowTable({ d: makeVector(new Float64Array()) });
    expect((await dataErrorOf(readArrow(tableToIPC(empty)))).code).toBe('value');
  });

  it('says how to install apache-arrow where it is missing', async () => {
    vi.resetModules();
    vi.doMock('apache-arrow', () => {
      throw new Error('Cannot find package');
    });
    const fresh = await import('../src/table/read-arrow.ts');
    const thrown: unknown = await fresh.readArrow(new Uint8Array()).catch((error: unknown) => error);
    vi.doUnmock('apache-arrow');
    expect(String(thrown)).toContain('Install it with "npm install apache-arrow"');
    expect(thrown).toMatchObject({ name: 'DataError', code: 'file' });
  });
});

describe('readArrowTables', () => {
  const batches = [0, 1, 2, 3].map((b) => {
    const labels = ['x', b % 2 === 0 ? 'y' : null, `batch ${b}`];
    return new ArrowTable({
      n: vectorFromArray([3 * b, 3 * b + 1, 3 * b + 2], new Int32()),
      c: vectorFromArray(labels, new Utf8()),
      t: vectorFromArray([when, null, when], new TimestampMicrosecond()),
    });
  });
  const [first, ...others] = batches;
  const whole = first?.concat(...others) ?? new ArrowTable();
  const rowsOf = (tables: readonly Table[]) =>
    ['n', 'c', 't'].map((name) => tables.flatMap((table) => text(table)[name] ?? []));

  it.each(['file', 'stream'] as const)('gives the rows of a %s in tables, whatever the batches', async (format) => {
    const bytes = tableToIPC(whole, format);
    let [most, asked] = [0, 0];
    const source = {
      byteLength: bytes.length,
      slice: async (start: number, end: number = bytes.length) => {
        asked++;
        most = Math.max(most, end - start);
        return bytes.slice(start, end).buffer;
      },
    };
    const wanted = rowsOf([await readArrow(bytes)]);
    expect(wanted[0]).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
    for (const rows of [1, 4, 5, 12, 50]) {
      const tables: Table[] = [];
      for await (const table of readArrowTables(source, { rows, types: { c: 'category', t: 'time' } }))
        tables.push(table);
      const full = Math.floor(12 / rows);
      expect(tables.map((table) => table.rows)).toEqual([
        ...Array(full).fill(rows),
        ...(12 % rows > 0 ? [12 % rows] : []),
      ]);
      expect(rowsOf(tables)).toEqual(wanted);
    }
    // It reads what it needs, not all of it.
    expect(asked).toBeGreaterThan(20);
    expect(most).toBeLessThan(bytes.length / 2);
  });

  it('names the row, of all, and refuses a file that ends too early', async () => {
    const nested = new ArrowTable({ v: vectorFromArray([[1], [2]], new List(new Field('x', new Float64()))) });
    const error = await dataErrorOf(readArrowTables(tableToIPC(nested), { rows: 1, file: 'my.arrow' }).next());
    expect([error.code, error.details.column, error.details.file]).toEqual(['dtype', 'v', 'my.arrow']);
    expect((await dataErrorOf(readArrowTables(tableToIPC(whole), { rows: 0 }).next())).code).toBe('argument');
    const bytes = tableToIPC(whole, 'file');
    for (let length = 0; length < bytes.length; length += 13) {
      const read = async () => {
        for await (const table of readArrowTables(bytes.slice(0, length), { rows: 5 })) if (table.rows === 0) break;
      };
      const found = await read().catch((reason: unknown) => reason);
      expect({ length, found }).toMatchObject({ found: { name: 'DataError', code: 'format' } });
    }
  });
});
