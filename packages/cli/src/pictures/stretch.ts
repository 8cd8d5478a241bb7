/**
 * Which predictions to show in time: consecutive ones of one series, where observations are irregular and the truth moves,
 * as that is what elapsed time is for. The choice depends on the data alone.
 */

import type { HeldOutFacts } from './run-facts.ts';
import { ascending, quantile } from './statistics.ts';

/** Consecutive predictions of a series. */
export interface Stretch {
  /** Their numbers, in order of time, no time twice. */
  readonly items: readonly number[];
  /** Largest gap that counts as usual here; longer ones are shaded. */
  readonly usual: number;
}

/**
 * The most informative stretch of at most `steps` predictions; `truth` is what moves. Absent where no two predictions
 * follow each other.
 */
export function informativeStretch(
  { times, series }: Pick<HeldOutFacts, 'times' | 'series'>,
  truth: (item: number) => number,
  steps: number,
): Stretch | undefined {
  const runs = seriesRuns(times, series);
  const median = quantile(ascending(runs.flatMap((items) => gapsOf(items, times))), 0.5);
  const items = bestPart(runs, times, truth, steps, median);
  return items === undefined ? undefined : { items, usual: usualFactor * median };
}

/** The most informative part of a stretch, of at most `steps` predictions, for where there is less room. */
export function shorterStretch(
  { items, usual }: Stretch,
  times: ArrayLike<number>,
  truth: (item: number) => number,
  steps: number,
): Stretch {
  return { items: bestPart([items], times, truth, steps, usual / usualFactor) ?? items, usual };
}

/** A gap this many times the median is longer than usual. */
const usualFactor = 1.75;

function bestPart(
  runs: readonly (readonly number[])[],
  times: ArrayLike<number>,
  truth: (item: number) => number,
  steps: number,
  median: number,
): readonly number[] | undefined {
  const typical = variance(runs.flat().map(truth));
  let best: { readonly items: readonly number[]; readonly score: number } | undefined;
  for (const run of runs) {
    const hop = Math.max(1, Math.floor(steps / 4));
    for (let from = 0; from === 0 || from + steps <= run.length; from += hop) {
      const items = run.slice(from, from + steps);
      if (items.length < 2) continue;
      const gaps = gapsOf(items, times);
      const span = gaps.reduce((sum, gap) => sum + gap, 0);
      // One very long pause would press everything else together.
      const pressed = Math.max(...gaps) > 0.25 * span && gaps.length > 8 ? 0.1 : 1;
      const irregular = gaps.filter((gap) => gap > 1.5 * median || gap < 0.5 * median).length / gaps.length;
      const moves = typical > 0 ? Math.min(1, variance(items.map(truth)) / typical) : 1;
      const score = (0.05 + Math.min(irregular, 0.3)) * moves * pressed * (items.length / steps);
      if (best === undefined || score > best.score) best = { items, score };
    }
  }
  return best?.items;
}

/** The predictions of each series in order of time; of equal times the first. */
function seriesRuns(times: ArrayLike<number>, series: ArrayLike<number>): number[][] {
  const bySeries = new Map<number, number[]>();
  for (let i = 0; i < times.length; i++) {
    if (!Number.isFinite(times[i])) continue;
    const key = series[i] ?? 0;
    const items = bySeries.get(key);
    if (items === undefined) bySeries.set(key, [i]);
    else items.push(i);
  }
  const at = (i: number): number => times[i] ?? 0;
  return [...bySeries.values()].map((items) =>
    items.sort((a, b) => at(a) - at(b) || a - b).filter((item, i) => i === 0 || at(item) > at(items[i - 1] ?? 0)),
  );
}

function gapsOf(items: readonly number[], times: ArrayLike<number>): number[] {
  return items.slice(1).map((item, i) => (times[item] ?? 0) - (times[items[i] ?? 0] ?? 0));
}

function variance(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  const middle = known.reduce((sum, value) => sum + value, 0) / known.length;
  return known.reduce((sum, value) => sum + (value - middle) ** 2, 0) / known.length;
}
