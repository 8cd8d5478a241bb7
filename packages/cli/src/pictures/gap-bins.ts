/**
 * Bins of elapsed time for errors: round limits, few enough to be read, none empty. Where times are regular a bin is one
 * value, and is called by it.
 */

import { lapse, roundLapses, unitOf } from './amount.ts';
import type { TimeFacts } from './run-facts.ts';

/** One bin: the items whose elapsed time falls into it. */
export interface GapBin {
  readonly label: string;
  readonly items: readonly number[];
}

const mostBins = 9;

/** The bins of the items 0 … N − 1, shortest time first; items whose time is not finite or negative are in none. */
export function gapBins(elapsed: ArrayLike<number>, kind: TimeFacts['kind']): GapBin[] {
  const known = Array.from({ length: elapsed.length }, (_, i) => i).filter((i) => {
    const value = elapsed[i] ?? Number.NaN;
    return Number.isFinite(value) && value >= 0;
  });
  const at = (i: number): number => elapsed[i] ?? 0;
  const positive = known.map(at).filter((value) => value > 0);
  const distinct = [...new Set(known.map(at))].sort((a, b) => a - b);
  if (distinct.length <= mostBins) {
    return distinct.map((value) => ({ label: lapse(value, kind), items: known.filter((i) => at(i) === value) }));
  }
  const least = positive.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = positive.reduce((a, b) => Math.max(a, b), 0);
  const limits = roundLapses(least, most, kind);
  let bins = [0, ...limits]
    .map((from, index, all) => {
      const to = all[index + 1] ?? Number.POSITIVE_INFINITY;
      return { from, to, items: known.filter((i) => at(i) >= from && at(i) < to) };
    })
    .filter(({ items }) => items.length > 0);
  // The two neighbours with the fewest items become one.
  while (bins.length > mostBins) {
    const sums = bins.slice(1).map((bin, i) => bin.items.length + (bins[i]?.items.length ?? 0));
    const first = sums.indexOf(Math.min(...sums));
    bins = bins.flatMap((bin, i) => {
      const next = bins[i + 1];
      if (i === first && next !== undefined) {
        return [{ from: bin.from, to: next.to, items: [...bin.items, ...next.items].sort((a, b) => a - b) }];
      }
      return i === first + 1 ? [] : [bin];
    });
  }
  return bins.map(({ from, to, items }) => {
    const values = new Set(items.map(at));
    const [only = 0] = values;
    return { label: values.size === 1 ? lapse(only, kind) : rangeLabel(from, to, kind), items };
  });
}

function rangeLabel(from: number, to: number, kind: TimeFacts['kind']): string {
  if (from === 0) return `under ${lapse(to, kind)}`;
  if (!Number.isFinite(to)) return `from ${lapse(from, kind)}`;
  const same = kind !== 'date' || unitOf(from)[0] === unitOf(to)[0];
  return `${same && kind === 'date' ? lapse(from, kind).split(' ')[0] : lapse(from, kind)} – ${lapse(to, kind)}`;
}
