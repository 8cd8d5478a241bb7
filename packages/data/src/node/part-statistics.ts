/** Passes over series on a disk: what fitting needs to know of times and of columns, as it is found in memory. */
import { NumberStatistics, type StatisticsOf } from '../prepare/column-statistics.ts';
import { numericColumn } from '../prepare/encode-segment.ts';
import type { SplitOptions } from '../prepare/prepare-options.ts';
import { borderRanks, type Parts, type Segment, splitAt, splitRule, splitUnits } from '../prepare/split-series.ts';
import type { TimeFacts } from '../prepare/time-facts.ts';
import type { Table } from '../table/table.ts';
import type { ArrangedSeries } from './arrange-series.ts';
import type { RecordColumns } from './disk-table.ts';
import { orderStatistics } from './order-statistics.ts';
import { type RecordRange, scanRanges } from './record-file.ts';
import { head } from './spill-tables.ts';

/** Doubles that are read at once. */
const scanDoubles = 1 << 15;

/** Divides series on a disk. Errors: as `splitSeries`, `file`. */
export async function splitOnDisk(series: ArrangedSeries, options: SplitOptions, windowSteps: number): Promise<Parts> {
  const { lengths, times } = series;
  const rule = splitRule(lengths.length, options);
  if (rule !== 'time') return splitUnits(lengths, rule, options, windowSteps);
  const ranks = borderRanks(times.count, options);
  const borders = await orderStatistics(() => times.scan(0, times.count, scanDoubles), ranks);
  const cuts = borders.map(() => lengths.map(() => 0));
  const ranges = lengths.map((length, s) => rangeOf(series, { series: s, from: 0, to: length }));
  for await (const { range, records } of scanRanges(times, ranges, scanDoubles)) {
    borders.forEach((border, b) => {
      const cut = cuts[b];
      if (cut !== undefined) cut[range] = (cut[range] ?? 0) + countBefore(records, border);
    });
  }
  return splitAt(lengths, cuts[0] ?? lengths, cuts[1] ?? lengths, options);
}

/** Times rise within a series. */
function countBefore(times: Float64Array, border: number): number {
  let count = 0;
  while (count < times.length && (times[count] ?? 0) < border) count++;
  return count;
}

/** What choices about time need to know. Errors: `file`. */
export async function timeFactsOnDisk(series: ArrangedSeries, train: readonly Segment[]): Promise<TimeFacts> {
  const ranges = train.map((segment) => rangeOf(series, segment));
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const gaps = async function* (): AsyncGenerator<Float64Array, void, undefined> {
    let before = -1;
    let last = 0;
    for await (const { range, records } of scanRanges(series.times, ranges, scanDoubles)) {
      const first = range === before ? last : (records[0] ?? 0);
      const found = Float64Array.from(records, (time, i) => time - (i === 0 ? first : (records[i - 1] ?? time)));
      least = Math.min(least, records[0] ?? least);
      last = records.at(-1) ?? last;
      most = Math.max(most, last);
      yield range === before ? found : found.subarray(1);
      before = range;
    }
  };
  const count = train.reduce((sum, { from, to }) => sum + Math.max(0, to - from - 1), 0);
  const half = count >> 1;
  const [lower = 0, upper = 0] = await orderStatistics(gaps, [Math.max(0, count % 2 === 1 ? half : half - 1), half]);
  return { gap: count === 0 ? 0 : count % 2 === 1 ? upper : (lower + upper) / 2, span: most - least };
}

/** Counts the columns of these names along the training part. Errors: `file`; later as `tableStatistics`. */
export async function statisticsOnDisk(
  series: ArrangedSeries,
  train: readonly Segment[],
  names: readonly string[],
  { columns }: RecordColumns,
  schema: Table,
): Promise<StatisticsOf> {
  const { width } = series.entries;
  const numbers = new Map<string, NumberStatistics>();
  const labels = new Map<string, Map<string, number>>();
  const counted = columns.flatMap(({ name, kind, labels: texts }, c) => {
    if (!names.includes(name)) return [];
    const found = new NumberStatistics();
    const counts = new Map<string, number>();
    if (kind !== 'category') numbers.set(name, found);
    else labels.set(name, counts);
    return [{ at: head.cells + c, found, counts, texts: kind === 'category' ? texts : undefined }];
  });
  const ranges = train.map((segment) => rangeOf(series, segment));
  for await (const { records } of scanRanges(series.entries, ranges, Math.max(1, Math.floor(scanDoubles / width)))) {
    for (const { at, found, counts, texts } of counted) {
      for (let place = at; place < records.length; place += width) {
        const value = records[place] ?? Number.NaN;
        const label = texts?.[value];
        if (texts === undefined) found.add(value);
        else if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
      }
    }
  }
  return {
    numbers: (name) => {
      numericColumn(schema, name);
      return numbers.get(name) ?? new NumberStatistics();
    },
    labels: (name) => labels.get(name) ?? new Map<string, number>(),
  };
}

function rangeOf({ offsets }: ArrangedSeries, { series, from, to }: Segment): RecordRange {
  const offset = offsets[series] ?? 0;
  return { from: offset + from, to: offset + to };
}
