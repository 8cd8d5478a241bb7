/**
 * Divides series into a training, a validation and a test part: whole series, before and after a time, or blocks of rows.
 * A segment is a run of rows of one series in one part; nothing that is computed later looks across its ends.
 */
import { DataError } from '../data-error.ts';
import { RandomState } from '../random-state.ts';
import type { SplitOptions } from './prepare-options.ts';
import type { Series } from './series.ts';

/** Entries `from` up to, not including, `to` of a series. */
export interface Segment {
  readonly series: number;
  readonly from: number;
  readonly to: number;
}

export interface Parts {
  readonly train: readonly Segment[];
  readonly validation: readonly Segment[];
  readonly test: readonly Segment[];
  readonly notes: readonly string[];
}

/** Errors: `value` when a part that was asked for would be empty. */
export function splitSeries(series: readonly Series[], options: SplitOptions, windowSteps: number): Parts {
  const { validation = 0.15, test = 0.15, seed = 0 } = options;
  const by = options.by ?? (series.length >= 10 ? 'series' : 'time');
  const whole = series.map((one, s): Segment => ({ series: s, from: 0, to: one.rows.length }));
  if (validation === 0 && test === 0) {
    return { train: whole, validation: [], test: [], notes: ['All rows are for training.'] };
  }
  if (by === 'time') return checked(splitByTime(series, validation, test), validation, test, by);
  const blockRows = options.blockRows ?? 4 * windowSteps;
  const units = by === 'series' ? whole : whole.flatMap((segment) => blocksOf(segment, blockRows));
  const order = new RandomState(seed).permutation(units.length);
  const testCount = share(test, units.length);
  const validationCount = share(validation, units.length);
  const part = (from: number, to: number): Segment[] =>
    Array.from(order.subarray(from, to))
      .sort((a, b) => a - b)
      .flatMap((u) => units[u] ?? []);
  const unit = by === 'series' ? 'series' : `blocks of ${blockRows} rows`;
  const parts = {
    test: part(0, testCount),
    validation: part(testCount, testCount + validationCount),
    train: part(testCount + validationCount, units.length),
  };
  const counts = `${parts.train.length} for training, ${parts.validation.length} for validation, ${parts.test.length} for the test`;
  return checked({ ...parts, notes: [`Split by ${unit} (seed ${seed}): ${counts}.`] }, validation, test, by);
}

function share(fraction: number, count: number): number {
  return fraction === 0 ? 0 : Math.max(1, Math.round(fraction * count));
}

function blocksOf({ series, from, to }: Segment, rows: number): Segment[] {
  const blocks: Segment[] = [];
  for (let at = from; at < to; at += rows) blocks.push({ series, from: at, to: Math.min(to, at + rows) });
  return blocks;
}

/** One border in time for all series, so that no part knows another series' future. */
function splitByTime(series: readonly Series[], validation: number, test: number): Parts {
  const total = series.reduce((sum, { times }) => sum + times.length, 0);
  const all = new Float64Array(total);
  let at = 0;
  for (const { times } of series) {
    all.set(times, at);
    at += times.length;
  }
  all.sort();
  const border = (fraction: number): number => all[Math.round(fraction * total)] ?? Number.POSITIVE_INFINITY;
  const first = border(1 - validation - test);
  const second = test === 0 ? Number.POSITIVE_INFINITY : border(1 - test);
  const run = (from: number, to: number): Segment[] =>
    series.flatMap(({ times }, s): Segment[] => {
      const start = lowerBound(times, from);
      const end = lowerBound(times, to);
      return end > start ? [{ series: s, from: start, to: end }] : [];
    });
  const parts = {
    train: run(Number.NEGATIVE_INFINITY, first),
    validation: validation === 0 ? [] : run(first, second),
    test: test === 0 ? [] : run(validation === 0 ? first : second, Number.POSITIVE_INFINITY),
  };
  const rows = (segments: readonly Segment[]): number => segments.reduce((sum, { from, to }) => sum + to - from, 0);
  const counts = `${rows(parts.train)} rows for training, then ${rows(parts.validation)} for validation and ${rows(parts.test)} for the test`;
  return { ...parts, notes: [`Split by time: the first ${counts}.`] };
}

/** Index of the first time that is not before `time`. */
export function lowerBound(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checked(parts: Parts, validation: number, test: number, by: string): Parts {
  const empty =
    (parts.train.length === 0 && 'training') ||
    (validation > 0 && parts.validation.length === 0 && 'validation') ||
    (test > 0 && parts.test.length === 0 && 'test');
  if (empty === false) return parts;
  throw new DataError('value', `the ${empty} part of a split by ${by} is empty`, {
    remedy: 'Pass more data, split by another rule, or set the shares of validation and test (0 leaves a part out).',
  });
}
