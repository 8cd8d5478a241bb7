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

/** By which rule the options divide; `none` where all rows are for training. */
export function splitRule(count: number, { by, validation = 0.15, test = 0.15 }: SplitOptions): SplitRule {
  if (validation === 0 && test === 0) return 'none';
  return by ?? (count >= 10 ? 'series' : 'time');
}

export type SplitRule = 'none' | 'series' | 'time' | 'block';

/** Divides series in memory. Errors: `value` when a part that was asked for would be empty. */
export function splitSeries(series: readonly Series[], options: SplitOptions, windowSteps: number): Parts {
  const lengths = series.map(({ rows }) => rows.length);
  const rule = splitRule(series.length, options);
  if (rule !== 'time') return splitUnits(lengths, rule, options, windowSteps);
  const sorted = new Float64Array(lengths.reduce((a, b) => a + b, 0));
  let at = 0;
  for (const { times } of series) {
    sorted.set(times, at);
    at += times.length;
  }
  sorted.sort();
  const cuts = borderRanks(sorted.length, options).map((rank) => {
    const border = sorted[rank] ?? Number.POSITIVE_INFINITY;
    return series.map(({ times }) => lowerBound(times, border));
  });
  return splitAt(lengths, cuts[0] ?? lengths, cuts[1] ?? lengths, options);
}

/** Divides series of these lengths by whole series or by blocks of rows. Errors: as `splitSeries`. */
export function splitUnits(
  lengths: readonly number[],
  rule: Exclude<SplitRule, 'time'>,
  options: SplitOptions,
  windowSteps: number,
): Parts {
  const { validation = 0.15, test = 0.15, seed = 0 } = options;
  const whole = lengths.map((to, series): Segment => ({ series, from: 0, to }));
  if (rule === 'none') return { train: whole, validation: [], test: [], notes: ['All rows are for training.'] };
  const blockRows = options.blockRows ?? 4 * windowSteps;
  const units = rule === 'series' ? whole : whole.flatMap((segment) => blocksOf(segment, blockRows));
  const order = new RandomState(seed).permutation(units.length);
  const testCount = share(test, units.length);
  const validationCount = share(validation, units.length);
  const part = (from: number, to: number): Segment[] =>
    Array.from(order.subarray(from, to))
      .sort((a, b) => a - b)
      .flatMap((u) => units[u] ?? []);
  const unit = rule === 'series' ? 'series' : `blocks of ${blockRows} rows`;
  const parts = {
    test: part(0, testCount),
    validation: part(testCount, testCount + validationCount),
    train: part(testCount + validationCount, units.length),
  };
  const counts = [`${parts.train.length} for training`, ...apart(parts.validation.length, parts.test.length)].join(
    ', ',
  );
  return checked({ ...parts, notes: [`Split by ${unit} (seed ${seed}): ${counts}.`] }, validation, test, rule);
}

/** Which times, in the order of all of them, are the borders of validation and test: one border for all series. */
export function borderRanks(total: number, { validation = 0.15, test = 0.15 }: SplitOptions): number[] {
  const rank = (fraction: number): number => Math.round(fraction * total);
  return test === 0 ? [rank(1 - validation - test)] : [rank(1 - validation - test), rank(1 - test)];
}

/**
 * Divides series before and after two borders in time, given as the first entry of each series behind them, so that no part
 * knows another series' future. Errors: as `splitSeries`.
 */
export function splitAt(
  lengths: readonly number[],
  first: readonly number[],
  second: readonly number[],
  { validation = 0.15, test = 0.15 }: SplitOptions,
): Parts {
  const run = (from: (s: number) => number, to: (s: number) => number): Segment[] =>
    lengths.flatMap((_, s): Segment[] => (to(s) > from(s) ? [{ series: s, from: from(s), to: to(s) }] : []));
  const one = (s: number): number => first[s] ?? 0;
  const two = (s: number): number => second[s] ?? 0;
  const parts = {
    train: run(() => 0, one),
    validation: validation === 0 ? [] : run(one, two),
    test: test === 0 ? [] : run(validation === 0 ? one : two, (s) => lengths[s] ?? 0),
  };
  const rows = (segments: readonly Segment[]): number => segments.reduce((sum, { from, to }) => sum + to - from, 0);
  const rest = apart(rows(parts.validation), rows(parts.test)).join(' and ');
  const then = rest === '' ? '' : `, then ${rest}`;
  const notes = [`Split by time: the first ${rows(parts.train)} rows for training${then}.`];
  return checked({ ...parts, notes }, validation, test, 'time');
}

/** What is set apart, in words; nothing is of a part with files of its own. */
function apart(validation: number, test: number): string[] {
  return [
    ...(validation === 0 ? [] : [`${validation} for validation`]),
    ...(test === 0 ? [] : [`${test} for the test`]),
  ];
}

function share(fraction: number, count: number): number {
  return fraction === 0 ? 0 : Math.max(1, Math.round(fraction * count));
}

function blocksOf({ series, from, to }: Segment, rows: number): Segment[] {
  const blocks: Segment[] = [];
  for (let at = from; at < to; at += rows) blocks.push({ series, from: at, to: Math.min(to, at + rows) });
  return blocks;
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
