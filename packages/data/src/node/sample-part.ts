/** Rows of a part on a disk as a table in memory, with the columns of groups and times as the file has them. */
import type { Preparation } from '../prepare/preparation.ts';
import type { Segment } from '../prepare/split-series.ts';
import { seconds } from '../prepare/times.ts';
import type { Column, Table } from '../table/table.ts';
import type { ArrangedSeries } from './arrange-series.ts';
import { type RecordColumns, tableOfRecords, timesOfRecords } from './disk-table.ts';
import { head } from './spill-tables.ts';

/** What a sample is taken from. */
export interface SampledPart {
  readonly series: ArrangedSeries;
  readonly segments: readonly Segment[];
  readonly columns: RecordColumns;
  readonly keys: readonly (readonly string[])[];
  readonly preparation: Preparation;
}

/**
 * At most about so many rows: the first ones of each segment, as many of each as there is room for, two windows at least.
 * Rows of one time are one already. Errors: `file`.
 */
export async function samplePart(
  { series, segments, columns, keys, preparation }: SampledPart,
  rows: number,
): Promise<Table> {
  const { width } = series.entries;
  const each = Math.max(2 * preparation.window.steps, Math.floor(rows / segments.length));
  let left = rows;
  const taken = segments.flatMap(({ series: s, from, to }) => {
    const count = Math.min(each, to - from, left);
    left -= count;
    return count > 0 ? [{ s, from: (series.offsets[s] ?? 0) + from, count }] : [];
  });
  const records = new Float64Array((rows - left) * width);
  let at = 0;
  for (const { from, count } of taken) {
    await series.entries.read(from, records.subarray(at * width, (at + count) * width));
    at += count;
  }
  const table = tableOfRecords(records, columns);
  const own = new Set(table.columns.map(({ name }) => name));
  const added = [...groupColumns(records, width, keys, preparation), ...timeColumn(records, width, preparation)];
  return { ...table, columns: [...added.filter(({ name }) => !own.has(name)), ...table.columns] };
}

function groupColumns(
  records: Float64Array,
  width: number,
  keys: readonly (readonly string[])[],
  { group }: Preparation,
): Column[] {
  return group.map((name, g) => {
    const labels: string[] = [];
    const known = new Map<string, number>();
    const codes = Int32Array.from({ length: records.length / width }, (_, row) => {
      const label = keys[records[row * width + head.series] ?? -1]?.[g] ?? '';
      const code = known.get(label) ?? labels.push(label) - 1;
      known.set(label, code);
      return code;
    });
    return { name, kind: 'category', codes, labels, missing: 0 };
  });
}

function timeColumn(records: Float64Array, width: number, { time }: Preparation): Column[] {
  if (time === null) return [];
  const times = timesOfRecords(records, width);
  const factor = seconds[time.unit];
  const values = times.map((value) => nearWhole(value / factor));
  return [{ name: time.column, kind: time.unit === 'date' ? 'time' : 'number', values, missing: 0 }];
}

/** Times were multiplied when they were read; a whole number was whole. */
function nearWhole(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= 4 * Number.EPSILON * Math.abs(value) ? whole : value;
}
