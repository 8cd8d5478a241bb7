/**
 * What is known of every row of a table beside a model: its time and series, and what its targets are at that moment.
 */

import type { Preparation, Table } from '@rheo/data';
import { denormalise, prepare } from '@rheo/data';

/** Facts by row of the table. */
export interface RowFacts {
  /** Seconds since 1970, or the unit of the time column; NaN for rows that a rule of repeats left out. */
  readonly times: Float64Array;
  /** Time since the row before in the same series; NaN for the first. */
  readonly gaps: Float64Array;
  /** Index into `keys`; -1 for rows left out. */
  readonly series: Int32Array;
  readonly keys: readonly (readonly string[])[];
  /**
   * Values of the targets at the row itself, [rows, targets], in the user's unit or as the index of the class; the last
   * known one of the series where the cell is empty, NaN before the first. Undefined where the table has no such columns.
   */
  readonly current: Float64Array | undefined;
}

/** Facts of every row. Throws as `prepare` does. */
export function rowFacts(table: Table, preparation: Preparation): RowFacts {
  // A forecast of no steps is the present; then every row is an entry of its own.
  const present: Preparation = { ...preparation, at: 'step', horizon: { kind: 'steps', steps: 0 } };
  const { data } = prepare(table, present);
  const width = preparation.targets.length;
  const withTargets = preparation.targets.every(({ column }) => table.columns.some(({ name }) => name === column));
  const times = new Float64Array(table.rows).fill(Number.NaN);
  const gaps = new Float64Array(table.rows).fill(Number.NaN);
  const series = new Int32Array(table.rows).fill(-1);
  const current = new Float64Array(table.rows * width).fill(Number.NaN);
  const values = preparation.classes === null ? denormalise(preparation, data.targets) : data.targets;
  let before = { series: -1, time: Number.NaN, row: -1 };
  data.rows.forEach((row, cell) => {
    if (row < 0) return;
    const one = data.series[Math.floor(cell / data.steps)] ?? -1;
    const time = data.times[cell] ?? Number.NaN;
    const same = one === before.series;
    times[row] = time;
    series[row] = one;
    if (same) gaps[row] = time - before.time;
    for (let t = 0; t < width; t++) {
      const last = same ? current[before.row * width + t] : undefined;
      current[row * width + t] =
        data.known[cell] === 1 ? (values[cell * width + t] ?? Number.NaN) : (last ?? Number.NaN);
    }
    before = { series: one, time, row };
  });
  return { times, gaps, series, keys: data.keys, current: withTargets ? current : undefined };
}
