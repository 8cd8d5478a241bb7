/** What is counted of the columns in the training part, value by value in the order of its segments. */
import { columnOf, type Table } from '../table/table.ts';
import { numericColumn } from './encode-segment.ts';
import { numbersAlong, type Series } from './series.ts';
import type { Segment } from './split-series.ts';

/** Of a column of numbers. */
export class NumberStatistics {
  known: number = 0;
  /** Missing values. */
  gaps: number = 0;
  mean: number = 0;
  /** Sum of the squared distances from the mean. */
  squares: number = 0;
  least: number = Number.POSITIVE_INFINITY;
  most: number = Number.NEGATIVE_INFINITY;

  /** NaN where missing. */
  add(value: number): void {
    if (Number.isNaN(value)) {
      this.gaps++;
      return;
    }
    // Welford's update, as sums of squares lose all digits of values far from zero.
    this.known++;
    const delta = value - this.mean;
    this.mean += delta / this.known;
    this.squares += delta * (value - this.mean);
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }
}

/** Statistics by the name of the column. Errors: `argument` (no such column), `dtype` (of another kind). */
export interface StatisticsOf {
  numbers(name: string): NumberStatistics;
  /** How often each label occurs. */
  labels(name: string): ReadonlyMap<string, number>;
}

/** Of a table in memory. */
export function tableStatistics(table: Table, series: readonly Series[], train: readonly Segment[]): StatisticsOf {
  return {
    numbers: (name) => {
      const column = numericColumn(table, name);
      const found = new NumberStatistics();
      for (const { series: s, from, to } of train) {
        const one = series[s];
        if (one !== undefined) for (const value of numbersAlong(column, one, from, to)) found.add(value);
      }
      return found;
    },
    labels: (name) => {
      const column = columnOf(table, name);
      const counts = new Map<string, number>();
      if (column.kind !== 'category') return counts;
      for (const { series: s, from, to } of train) {
        for (const row of series[s]?.rows.subarray(from, to) ?? []) {
          const label = column.labels[column.codes[row] ?? -1];
          if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
        }
      }
      return counts;
    },
  };
}
