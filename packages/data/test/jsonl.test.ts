import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellText, readJsonl, readJsonlTables, type Table } from '../src/index.ts';
import { dataErrorOf } from './data-error.ts';

it('takes the keys of all first rows as columns, and typed values as they are', async () => {
  const text = '{"t": 1, "ok": true, "s": "a"}\n\n{"s": null, "t": 2.5, "x": -1}\r\n{"t": "3"}';
  const table = await readJsonl(text);
  expect(table.columns.map(({ name, kind, missing }) => [name, kind, missing])).toEqual([
    ['t', 'number', 0],
    ['ok', 'boolean', 2],
    ['s', 'category', 2],
    ['x', 'number', 2],
  ]);
  expect(Array.from(table.lines ?? [])).toEqual([1, 3, 4]);
  expect(table.columns.map((column) => cellText(column, 1))).toEqual(['2.5', undefined, undefined, '-1']);
});

it('gives the same table however the bytes are cut into chunks', async () => {
  const row = fc.record({ a: fc.integer(), '__proto__ b': fc.string({ unit: 'grapheme' }).map((s) => `x${s}`) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      async (rows, size) => {
        const text = rows.map((one) => JSON.stringify(one)).join('\n');
        const bytes = new TextEncoder().encode(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const table = await readJsonl(chunks, { missing: [] });
        expect(table).toEqual(await readJsonl(text, { missing: [] }));
        expect(rows.map((_, r) => cellText(table.columns[0] ?? never(), r))).toEqual(rows.map(({ a }) => String(a)));
      },
    ),
    { numRuns: 50 },
  );
});

it.each([
  ['text that is no JSON', '{"a":1}\n{"a":', {}, 'format', 'my.jsonl, line 2: the line is no JSON'],
  ['a list', '[1,2]', {}, 'format', 'line 1: the line is a list, not an object'],
  ['a nested value', '{"a":1}\n{"a":{"b":1}}', {}, 'dtype', 'line 2, column a: the cell is an object'],
  ['a new key after the first rows', '{"temp":1}\n{"tempp":1}', { sampleRows: 1 }, 'format', 'Did you mean temp?'],
  [
    'a text among numbers',
    '{"a":1}\n{"a":"x"}',
    { types: { a: 'number' } },
    'value',
    'line 2, column a: "x" is no number',
  ],
  ['no line', '\n\n', {}, 'value', 'no row'],
  ['a line without end', `{"a":"${'x'.repeat(500)}`, { maxLineLength: 100 }, 'format', 'line 1: '],
] as const)('refuses %s', async (_, text, options, code, words) => {
  const error = await dataErrorOf(readJsonl(text, { file: 'my.jsonl', ...options }));
  expect(error.code).toBe(code);
  expect(error.message).toContain(words);
});

function never(): never {
  throw new Error('no column');
}

it('gives the rows in tables, with the columns and kinds of the first rows', async () => {
  const rows = Array.from({ length: 23 }, (_, i) => ({ n: i, c: `l${i % 4}`, ...(i % 5 === 0 ? {} : { x: i / 2 }) }));
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  const whole = await readJsonl(text);
  const cells = (table: Table) =>
    Array.from({ length: table.rows }, (_, row) => table.columns.map((column) => cellText(column, row)));
  for (const size of [2, 5, 23, 100]) {
    const tables: Table[] = [];
    for await (const table of readJsonlTables(text, { rows: size })) tables.push(table);
    expect(tables.map((table) => table.rows)).toEqual(
      Array.from({ length: Math.ceil(23 / size) }, (_, i) => Math.min(size, 23 - i * size)),
    );
    expect(tables.flatMap(cells)).toEqual(cells(whole));
    expect(tables.flatMap(({ lines }) => [...(lines ?? [])])).toEqual([...(whole.lines ?? [])]);
  }
  const first = async (more: string, size: number) => readJsonlTables(`${text}\n${more}`, { rows: size }).next();
  expect((await dataErrorOf(first('', 0))).code).toBe('argument');
  const late = readJsonlTables(`${text}\n{"new": 1}`, { rows: 23 });
  expect((await late.next()).value?.rows).toBe(23);
  expect((await dataErrorOf(late.next())).message).toContain('line 24, column new');
});
