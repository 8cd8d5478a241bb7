/** Which entry of a series is the target of which: the entry itself, or one ahead in rows or in time. */
import type { Horizon } from './preparation.ts';
import { lowerBound, type Segment } from './split-series.ts';

/** For each entry from `from` to `to` the entry of its target before `until`, or -1 where there is none. */
export function targetEntries(
  times: Float64Array,
  { from, to, until }: Omit<Segment, 'series'> & { readonly until: number },
  horizon: Horizon | null,
): Int32Array {
  const entries = new Int32Array(to - from).fill(-1);
  for (let i = from; i < to; i++) {
    const entry =
      horizon === null ? i : horizon.kind === 'steps' ? i + horizon.steps : nearest(times, i, horizon, until);
    if (entry < until) entries[i - from] = entry;
  }
  return entries;
}

function nearest(times: Float64Array, i: number, horizon: { ahead: number; tolerance: number }, to: number): number {
  const wanted = (times[i] ?? 0) + horizon.ahead;
  const after = Math.min(lowerBound(times, wanted), to);
  const far = (entry: number): number =>
    entry > i && entry < to ? Math.abs((times[entry] ?? 0) - wanted) : Number.POSITIVE_INFINITY;
  const best = far(after) < far(after - 1) ? after : after - 1;
  return far(best) <= horizon.tolerance ? best : -1;
}
