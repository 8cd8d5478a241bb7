/**
 * Columns of a table out of NumPy arrays that share their first axes: steps, or series and steps. A row is a step; what has
 * one entry for each series stands in every row of it.
 */
import { DataError } from '../data-error.ts';
import type { NdArray } from '../nd-array.ts';
import type { Cell } from './column-builder.ts';
import { wantedColumns } from './rows-of-values.ts';
import type { Table } from './table.ts';
import { type ReadTableOptions, TableBuilder } from './table-builder.ts';

/** The column that says which series of an array a row is of, from 0. */
export const seriesColumn = '(series)';

/** The first axes of an array of steps. */
export interface Grid {
  /** Undefined without an axis of series. */
  readonly series: number | undefined;
  readonly steps: number;
}

/** A column before its rows are put together. */
export interface ArrayColumn {
  readonly name: string;
  readonly kind: 'number' | 'boolean';
  readonly cell: (series: number, step: number) => Cell;
}

/** Whether a step of a series is a row. */
export type IsReal = (series: number, step: number) => boolean;

/** The axes of [steps, columns] or [series, steps, columns]. Errors: `format`. */
export function gridOf({ shape }: NdArray, file: string | undefined, tensor?: string): Grid {
  const [first = 0, second = 0] = shape;
  if (shape.length === 2) return { series: undefined, steps: first };
  if (shape.length === 3) return { series: first, steps: second };
  const remedy = 'Save [time, features] or [series, time, features].';
  throw wrongArray(file, `the array has shape [${shape}]`, tensor, remedy);
}

/** Whether an array has an entry, or a row of them, for each step. */
export function isOfSteps({ shape }: NdArray, { series, steps }: Grid): boolean {
  const axes = series === undefined ? [steps] : [series, steps];
  return shape.length - axes.length <= 1 && axes.every((size, axis) => shape[axis] === size);
}

/** Whether it has an entry for each step and no further axis. */
export function isOneOfSteps(array: NdArray, grid: Grid): boolean {
  return isOfSteps(array, grid) && array.shape.length === (grid.series === undefined ? 1 : 2);
}

/** Whether an array has an entry, or a row of them, for each series. */
export function isOfSeries({ shape }: NdArray, { series }: Grid): boolean {
  return series !== undefined && (shape.length === 1 || shape.length === 2) && shape[0] === series;
}

/** The columns of an array of steps or of series; a single one has no index. */
export function columnsOf(array: NdArray, grid: Grid, name: (index: number | undefined) => string): ArrayColumn[] {
  const { data, dtype, shape } = array;
  const ofSteps = isOfSteps(array, grid);
  const width = shape[ofSteps && grid.series !== undefined ? 2 : 1] ?? 1;
  const item = (n: number, t: number): number => (ofSteps ? (grid.series === undefined ? t : n * grid.steps + t) : n);
  return Array.from({ length: width }, (_, index) => ({
    name: name(width === 1 ? undefined : index),
    kind: dtype === 'bool' ? 'boolean' : 'number',
    cell: (n, t) => data[item(n, t) * width + index],
  }));
}

/** The table, with the column of series where there is one. Errors: as `TableBuilder`. */
export function tableOfColumns(
  { series, steps }: Grid,
  columns: readonly ArrayColumn[],
  isReal: IsReal,
  notes: readonly string[],
  options: ReadTableOptions,
): Table {
  const own: ArrayColumn[] = series === undefined ? [] : [{ name: seriesColumn, kind: 'number', cell: (n) => n }];
  const all = [...own, ...columns];
  const wanted = new Set(
    wantedColumns(
      all.map(({ name }) => name),
      options.columns,
    ),
  );
  const kept = all.filter(({ name }) => wanted.has(name));
  // Given and not guessed: a number that is not finite must not make a column of texts.
  const kinds = kept.map(({ name, kind }) => [name, name === seriesColumn ? 'category' : kind] as const);
  const types = { ...Object.fromEntries(kinds), ...options.types };
  const builder = new TableBuilder(
    kept.map(({ name }) => name),
    { ...options, types },
  );
  for (let n = 0; n < (series ?? 1); n++) {
    for (let t = 0; t < steps; t++) {
      if (!isReal(n, t)) continue;
      builder.add(
        kept.map(({ cell }) => cell(n, t)),
        0,
      );
    }
  }
  return builder.finish(notes, false);
}

/** The error for an array of another shape than it must have. */
export function misshapen(file: string | undefined, name: string, { shape }: NdArray, wanted: string): DataError {
  return wrongArray(file, `the array has shape [${shape}]`, name, `Its shape is to be ${wanted}.`);
}

/** `format`, with the array. */
export function wrongArray(
  file: string | undefined,
  what: string,
  tensor: string | undefined,
  remedy: string,
): DataError {
  return new DataError('format', what, {
    ...(file === undefined ? {} : { file }),
    ...(tensor === undefined ? {} : { tensor }),
    remedy,
  });
}
