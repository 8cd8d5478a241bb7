/** Parquet files that are damaged, or made to keep their reader busy: refused with a typed error, at once. */
import type { Encoding } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { isDataError, readParquet } from '../src/index.ts';
import { dataErrorOf } from './data-error.ts';
import type { ParquetParts } from './parquet-file.ts';
import { firstForm, parquetFile, varint } from './parquet-file.ts';

const file = 'strange.parquet';
const values = (bytes: Uint8Array) =>
  readParquet(bytes).then(({ columns: [column] }) =>
    column?.kind === 'category' ? Array.from(column.codes, (code) => column.labels[code]) : [...(column?.values ?? [])],
  );
const int32 = (...numbers: number[]) => [...new Uint8Array(Int32Array.from(numbers).buffer)];
/** Levels of the first form: their length, then their runs. */
const levels = (...bytes: number[]) => [...int32(bytes.length), ...bytes];

describe('pages that are as they should be', () => {
  it('of the first form, with missing cells, as runs and packed', async () => {
    const plain = { type: 'INT32', rule: 'REQUIRED', rows: 3, pages: [firstForm(3, 'PLAIN', int32(7, 8, 9))] } as const;
    expect(await values(parquetFile(plain))).toEqual([7, 8, 9]);
    const packed = [...levels(3, 0b101), ...int32(7, 9)];
    const runs = [...levels(2, 1, 4, 0), ...int32(7)];
    const pages = [firstForm(3, 'PLAIN', packed), firstForm(3, 'PLAIN', runs)];
    const optional = parquetFile({ type: 'INT32', rule: 'OPTIONAL', rows: 6, pages });
    expect(await values(optional)).toEqual([7, Number.NaN, 9, 7, Number.NaN, Number.NaN]);
  });

  it.each<[Encoding, 'STRING' | 'INT32' | 'INT64' | 'BOOLEAN' | 'DOUBLE', readonly unknown[]]>([
    ['RLE_DICTIONARY', 'STRING', ['a', 'b', null, 'a', 'a', 'c']],
    ['DELTA_BYTE_ARRAY', 'STRING', ['one', 'once', null, 'on', 'only']],
    ['DELTA_LENGTH_BYTE_ARRAY', 'STRING', ['a', 'bb', 'ccc', null]],
    ['DELTA_BINARY_PACKED', 'INT32', [5, -7, null, 2 ** 31 - 1, -(2 ** 31)]],
    ['DELTA_BINARY_PACKED', 'INT64', [5n, -7n, null, 2n ** 53n - 1n]],
    ['RLE', 'BOOLEAN', [true, false, null, true]],
    ['BYTE_STREAM_SPLIT', 'DOUBLE', [1.5, null, -2]],
  ])('%s of %s', async (encoding, type, data) => {
    for (const codec of ['SNAPPY', 'UNCOMPRESSED'] as const) {
      const many = Array.from({ length: 300 }, (_, i) => data[i % data.length]);
      const bytes = new Uint8Array(
        parquetWriteBuffer({ codec, columnData: [{ name: 'x', data: many, type, encoding }] }),
      );
      const numbers = type !== 'STRING';
      const wanted = many.map((value) =>
        value === null ? (numbers ? Number.NaN : undefined) : numbers ? Number(value) : value,
      );
      expect(await values(bytes)).toEqual(wanted);
    }
  });
});

const plain = { type: 'INT32', rule: 'REQUIRED', rows: 3 } as const;
const endless: readonly (readonly [string, ParquetParts])[] = [
  [
    'a page without a size',
    { ...plain, pages: [{ header: { type: 'DATA_PAGE', compressed_page_size: undefined as never }, bytes: int32(7) }] },
  ],
  [
    'a page of a negative size',
    { ...plain, pages: [{ header: { type: 'DATA_PAGE', compressed_page_size: -9 }, bytes: [] }] },
  ],
  ['more values than rows', { ...plain, pages: [firstForm(2 ** 31 - 1, 'PLAIN', int32(7, 8, 9))] }],
  ['fewer values than none', { ...plain, pages: [firstForm(-5, 'PLAIN', int32(7, 8, 9))] }],
  [
    'a run of levels over two billion',
    { ...plain, rule: 'OPTIONAL', pages: [firstForm(3, 'PLAIN', [...levels(...varint(2 ** 32 - 2), 1), ...int32(7)])] },
  ],
  [
    'a packed run of two billion',
    { ...plain, rule: 'OPTIONAL', pages: [firstForm(3, 'PLAIN', [...levels(...varint(2 ** 32 - 1), 1), ...int32(7)])] },
  ],
  [
    'a run of indices over two billion',
    { ...plain, pages: [firstForm(3, 'RLE_DICTIONARY', [1, ...varint(2 ** 32 - 2), 1])] },
  ],
  ['indices of 200 bits', { ...plain, pages: [firstForm(3, 'RLE_DICTIONARY', [200, 6, 1])] }],
  [
    'differences that step backwards',
    // Blocks of minus one parts: the same bytes would be read over and over.
    { ...plain, pages: [firstForm(3, 'DELTA_BINARY_PACKED', [...varint(128), ...varint(2 ** 32 - 1), 3, 0, 0, 0])] },
  ],
  ['blocks of nothing', { ...plain, pages: [firstForm(3, 'DELTA_BINARY_PACKED', [0, 1, 3, 0, 0, 0])] }],
  ['a quadrillion rows', { ...plain, rows: 2n ** 50n, pages: [firstForm(3, 'PLAIN', int32(7, 8, 9))] }],
  [
    'a column twice in a group',
    {
      ...plain,
      pages: [firstForm(3, 'PLAIN', int32(7, 8, 9))],
      spoil: ({ row_groups: [group] }) => group?.columns.push(...group.columns),
    },
  ],
  [
    'the same chunk in a thousand groups',
    {
      ...plain,
      pages: [firstForm(3, 'PLAIN', int32(7, 8, 9))],
      spoil: ({ row_groups: groups }) => groups.push(...Array.from({ length: 999 }, () => groups.slice(0, 1)).flat()),
    },
  ],
  [
    'a chunk beyond the file',
    {
      ...plain,
      pages: [firstForm(3, 'PLAIN', int32(7, 8, 9))],
      spoil: ({ row_groups: [group] }) => {
        const [chunk] = group?.columns ?? [];
        if (chunk?.meta_data !== undefined) chunk.meta_data.total_compressed_size = 2n ** 40n;
      },
    },
  ],
  [
    'texts that share more than there is memory',
    {
      type: 'BYTE_ARRAY',
      rule: 'REQUIRED',
      rows: 129,
      // Each text is the one before it and 2^24 more, says the page.
      pages: [
        firstForm(129, 'DELTA_BYTE_ARRAY', [
          ...[...varint(128), 1, ...varint(129), 0, ...varint(2 ** 25), 0],
          ...[...varint(128), 1, ...varint(129), ...varint(2 ** 25), 0, 0],
        ]),
      ],
    },
  ],
];

describe('what would keep hyparquet busy, or take all memory', () => {
  it.each(endless)('%s', async (_, parts) => {
    const error = await dataErrorOf(readParquet(parquetFile(parts), { file }));
    expect([error.code, error.details.file]).toEqual(['format', file]);
  });
});

it('a file with any of its bytes changed is read or refused', async () => {
  const data = ['one', 'once', null, 'on', 'only'];
  const columnData = [
    { name: 's', data, type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
    { name: 'd', data, type: 'STRING' },
    { name: 'i', data: [1, 2, null, 4, 5], type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
    { name: 'b', data: [true, false, null, true, true], type: 'BOOLEAN', encoding: 'RLE' },
  ] as const;
  const whole = new Uint8Array(
    parquetWriteBuffer({
      codec: 'UNCOMPRESSED',
      columnData: columnData.map((column) => ({ ...column, data: [...column.data] })),
    }),
  );
  const outcomes = { read: 0, refused: 0 };
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x15, 0x7f, 0x80, 0xff, (whole[at] ?? 0) ^ 1]) {
      const changed = Uint8Array.from(whole);
      changed[at] = value;
      const found = await readParquet(changed, { file }).catch((error: unknown) => error);
      if (!(found instanceof Error)) outcomes.read++;
      else if (isDataError(found)) outcomes.refused++;
      else throw new Error(`byte ${at} as ${value}`, { cause: found });
    }
  }
  expect(outcomes.read).toBeGreaterThan(500);
  expect(outcomes.refused).toBeGreaterThan(500);
}, 120_000);
