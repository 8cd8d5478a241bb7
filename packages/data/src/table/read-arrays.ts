/**
 * Reads NumPy files into a table: an NPY array of rows and columns, with a first axis of series or without, and an NPZ
 * archive of arrays by name.
 *
 * In an archive `values` [time, features] or [series, time, features] says what the axes are. `times` ([time] or
 * [series, time]), `mask` (of steps that are real, or of values that were observed) and `lengths` [series] mean what their
 * names say; every other array, `targets` among them, is a column or several, of the steps or of the series.
 */
import type { DataError } from '../data-error.ts';
import type { NdArray } from '../nd-array.ts';
import { readNpy } from '../read-npy.ts';
import { readZip } from '../read-zip.ts';
import {
  type ArrayColumn,
  columnsOf,
  type Grid,
  gridOf,
  type IsReal,
  isOfSeries,
  isOfSteps,
  isOneOfSteps,
  misshapen,
  tableOfColumns,
  wrongArray,
} from './array-columns.ts';
import type { Table } from './table.ts';
import type { ReadTableOptions } from './table-builder.ts';

/**
 * The table of an array [rows, columns] or [series, rows, columns]: columns are named by their index from 0; where there is
 * an axis of series, the column `(series)` tells them apart.
 * Errors: DataError: `format` (damaged, of another shape), `dtype`, `value` (no number), `argument`.
 */
export function readNpyTable(bytes: Uint8Array, options: ReadTableOptions = {}): Table {
  const array = readNpy(bytes, options);
  const grid = gridOf(array, options.file);
  return tableOfColumns(
    grid,
    columnsOf(array, grid, (index = 0) => String(index)),
    () => true,
    [],
    options,
  );
}

/**
 * The table of an NPZ archive, as the file says; columns are named by their array, with the index behind it where it has
 * several (`values_0`). Errors: as `readNpyTable`, naming the array, and those of `readZip`.
 */
export function readNpzTable(bytes: Uint8Array, options: ReadTableOptions = {}): Table {
  const { file } = options;
  const { values, times, mask, lengths, others } = arraysOf(bytes, file);
  const grid = gridOf(values, file, 'values');
  const ofSteps = mask !== undefined && isOneOfSteps(mask, grid);
  if (mask !== undefined && !ofSteps && String(mask.shape) !== String(values.shape)) {
    throw misshapen(file, 'mask', mask, `that of the steps, or [${values.shape}] as values`);
  }
  const isReal = realSteps(grid, ofSteps ? mask : undefined, lengths, file);
  const notes: string[] = [];
  const named = (name: string, array: NdArray): ArrayColumn[] =>
    columnsOf(array, grid, (index) => (index === undefined ? name : `${name}_${index}`));
  const inputs = named('values', values);
  const columns = [
    ...timeColumn(times, grid, isReal, file),
    ...(mask === undefined || ofSteps ? inputs : withGaps(inputs, named('mask', mask))),
    ...others.flatMap(([name, array]) => {
      if (isOfSteps(array, grid)) return named(name, array);
      if (!isOfSeries(array, grid)) throw misshapen(file, name, array, shapesOf(grid));
      notes.push(`The array ${name} has one entry for each series, which stands in every row of it.`);
      return named(name, array);
    }),
  ];
  return tableOfColumns(grid, columns, isReal, notes, options);
}

interface Arrays {
  readonly values: NdArray;
  readonly times: NdArray | undefined;
  readonly mask: NdArray | undefined;
  readonly lengths: NdArray | undefined;
  /** All others, the targets last. */
  readonly others: readonly (readonly [string, NdArray])[];
}

function arraysOf(bytes: Uint8Array, file: string | undefined): Arrays {
  const named = file === undefined ? {} : { file };
  const arrays = new Map(
    readZip(bytes, named).map(({ name, data }) => {
      const array = readNpy(data, { file: file === undefined ? name : `${file}: ${name}` });
      return [name.replace(/\.npy$/, ''), array] as const;
    }),
  );
  const [values, times, mask, lengths, targets] = ['values', 'times', 'mask', 'lengths', 'targets'].map((name) => {
    const array = arrays.get(name);
    arrays.delete(name);
    return array;
  });
  if (values === undefined) {
    const remedy = 'Save the arrays by name: numpy.savez(path, values=…, times=…, targets=…).';
    const found = [...arrays.keys()].slice(0, 20).join(', ');
    throw wrongArray(file, `there is no array values${found === '' ? '' : ` beside ${found}`}`, undefined, remedy);
  }
  const others = [...arrays, ...(targets === undefined ? [] : [['targets', targets] as const])];
  return { values, times, mask, lengths, others };
}

function realSteps(
  { series, steps }: Grid,
  mask: NdArray | undefined,
  lengths: NdArray | undefined,
  file: string | undefined,
): IsReal {
  if (lengths !== undefined) {
    if (series === undefined) throw misshapen(file, 'lengths', lengths, 'none, as values has no axis of series');
    if (lengths.shape.length !== 1 || lengths.shape[0] !== series) {
      throw misshapen(file, 'lengths', lengths, `[${series}]`);
    }
    const fits = (length: number): boolean => Number.isInteger(length) && length >= 0 && length <= steps;
    const odd = Array.from(lengths.data, Number).find((length) => !fits(length));
    if (odd !== undefined) throw outOfRange(file, odd, steps);
  }
  return (n, t) =>
    (lengths === undefined || t < Number(lengths.data[n])) &&
    (mask === undefined || Number(mask.data[n * steps + t]) !== 0);
}

/** The times; where there are none and steps are left out in between, the number of the step. */
function timeColumn(
  times: NdArray | undefined,
  grid: Grid,
  isReal: IsReal,
  file: string | undefined,
): readonly ArrayColumn[] {
  const { series, steps } = grid;
  const column = (cell: ArrayColumn['cell']): ArrayColumn[] => [{ name: 'times', kind: 'number', cell }];
  if (times !== undefined) {
    const shared = times.shape.length === 1 && times.shape[0] === steps;
    if (shared || isOneOfSteps(times, grid)) return column((n, t) => times.data[shared ? t : n * steps + t]);
    throw misshapen(file, 'times', times, series === undefined ? `[${steps}]` : `[${steps}] or [${series},${steps}]`);
  }
  for (let n = 0; n < (series ?? 1); n++) {
    for (let t = 1; t < steps; t++) {
      if (isReal(n, t) && !isReal(n, t - 1)) return column((_, step) => step);
    }
  }
  return [];
}

/** The columns with missing cells where a bit is 0. */
function withGaps(columns: readonly ArrayColumn[], bits: readonly ArrayColumn[]): ArrayColumn[] {
  return columns.map((column, c) => ({
    ...column,
    cell: (n, t) => (Number(bits[c]?.cell(n, t)) === 0 ? undefined : column.cell(n, t)),
  }));
}

function shapesOf({ series, steps }: Grid): string {
  if (series === undefined) return `[${steps}] or [${steps}, columns]`;
  return `[${series},${steps}] or [${series},${steps}, columns] for the steps, [${series}] or [${series}, columns] for the series`;
}

function outOfRange(file: string | undefined, length: number, steps: number): DataError {
  return wrongArray(file, `a length is ${length}`, 'lengths', `Use whole numbers from 0 to ${steps}.`);
}
