/** NumPy files as tables: archives that NumPy wrote, and shapes that mean nothing. */
import { describe, expect, it } from 'vitest';
import type { NdArray, Table } from '../src/index.ts';
import { cellText, readNpyTable, readNpzTable, writeNpy, writeZip } from '../src/index.ts';
import { fromBase64 } from './base64.ts';
import { dataError } from './data-error.ts';
import cases from './fixtures/npz.json' with { type: 'json' };

const rowsOf = (table: Table): Record<string, string | undefined>[] =>
  Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(table.columns.map((column) => [column.name, cellText(column, row)])),
  );
const f64 = (shape: readonly number[], data: readonly number[]): NdArray => ({
  dtype: 'f64',
  shape,
  data: Float64Array.from(data),
});
const zeros = (...shape: number[]): NdArray => f64(shape, new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));
const npz = (arrays: Readonly<Record<string, NdArray>>): Uint8Array =>
  writeZip(Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, data: writeNpy(array) })));

describe('readNpzTable', () => {
  it.each(cases)('gives the rows of what NumPy wrote: $name', ({ rows, file }) => {
    const wanted = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell === null ? undefined : String(cell)])),
    );
    const table = readNpzTable(fromBase64(file));
    expect(rowsOf(table)).toEqual(wanted);
    expect(table.columns.map(({ name }) => name)).toEqual(Object.keys(rows[0] ?? {}));
  });

  it('tells of arrays with one entry for each series, and keeps the columns that are wanted', () => {
    const bytes = npz({ values: zeros(2, 3, 1), targets: f64([2], [1, 2]) });
    expect(readNpzTable(bytes).notes).toEqual([
      'The array targets has one entry for each series, which stands in every row of it.',
    ]);
    const some = readNpzTable(bytes, { columns: ['targets', '(series)'], types: { targets: 'category' } });
    expect(some.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['(series)', 'category'],
      ['targets', 'category'],
    ]);
  });

  it.each<[string, Record<string, NdArray>, string, string | undefined]>([
    ['no values', { x: zeros(3, 1), targets: zeros(3) }, 'there is no array values beside x', undefined],
    ['values of one axis', { values: zeros(3) }, 'the array has shape [3]', 'values'],
    ['times of another length', { values: zeros(2, 3, 1), times: zeros(2, 2) }, '[3] or [2,3]', 'times'],
    ['a mask of another shape', { values: zeros(2, 3, 2), mask: zeros(2, 3, 1) }, 'or [2,3,2] as values', 'mask'],
    ['lengths without series', { values: zeros(3, 1), lengths: zeros(1) }, 'no axis of series', 'lengths'],
    ['too few lengths', { values: zeros(2, 3, 1), lengths: zeros(1) }, '[2]', 'lengths'],
    ['a length too long', { values: zeros(2, 3, 1), lengths: f64([2], [1, 4]) }, 'a length is 4', 'lengths'],
    ['half a length', { values: zeros(2, 3, 1), lengths: f64([2], [1.5, 1]) }, 'a length is 1.5', 'lengths'],
    ['targets of neither', { values: zeros(2, 3, 1), targets: zeros(5) }, '[2,3] or [2,3, columns] for', 'targets'],
  ])('refuses %s', (_, arrays, says, tensor) => {
    const error = dataError(() => readNpzTable(npz(arrays), { file: 'x.npz' }));
    expect(error.code).toBe('format');
    expect(error.details).toMatchObject({ file: 'x.npz', ...(tensor === undefined ? {} : { tensor }) });
    expect(error.message).toContain(says);
  });

  it('names the entry that is no array, and what is no number', () => {
    const entries = [{ name: 'values.npy', data: Uint8Array.of(1, 2, 3) }];
    const damaged = dataError(() => readNpzTable(writeZip(entries), { file: 'x.npz' }));
    expect([damaged.code, damaged.details.file]).toEqual(['format', 'x.npz: values.npy']);
    const endless = f64([2, 1], [1, Number.POSITIVE_INFINITY]);
    const error = dataError(() => readNpzTable(npz({ values: endless })));
    expect(error.details).toMatchObject({ row: 1, column: 'values' });
    expect(dataError(() => readNpzTable(npz({ values: zeros(2, 3, 1), lengths: zeros(2) }))).code).toBe('value');
  });
});

describe('readNpyTable', () => {
  it('names columns by their index; an axis of series is a column', () => {
    const flat = readNpyTable(writeNpy(f64([2, 3], [1, 2, 3, 4, Number.NaN, 6])));
    expect(rowsOf(flat)).toEqual([
      { 0: '1', 1: '2', 2: '3' },
      { 0: '4', 1: undefined, 2: '6' },
    ]);
    const deep = readNpyTable(writeNpy(f64([2, 2, 1], [1, 2, 3, 4])));
    expect(rowsOf(deep)).toEqual([
      { 0: '1', '(series)': '0' },
      { 0: '2', '(series)': '0' },
      { 0: '3', '(series)': '1' },
      { 0: '4', '(series)': '1' },
    ]);
  });

  it.each([[[4]], [[1, 1, 2, 2]], [[]]])('refuses the shape %j', (shape) => {
    const error = dataError(() => readNpyTable(writeNpy(zeros(...shape)), { file: 'x.npy' }));
    expect([error.code, error.details.file]).toEqual(['format', 'x.npy']);
    expect(error.message).toContain('[time, features] or [series, time, features]');
  });
});
