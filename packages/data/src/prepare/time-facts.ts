/** What the choices about time need to know of the training part. */
import type { Series } from './series.ts';
import type { Segment } from './split-series.ts';

/** In the unit of the times. */
export interface TimeFacts {
  /** The median time between rows of a segment; 0 where no segment has two rows. */
  readonly gap: number;
  /** From the first to the last row of all segments. */
  readonly span: number;
}

/** Of series in memory. */
export function timeFacts(series: readonly Series[], train: readonly Segment[]): TimeFacts {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const gaps = new Float64Array(train.reduce((sum, { from, to }) => sum + Math.max(0, to - from - 1), 0));
  let count = 0;
  for (const { series: s, from, to } of train) {
    const times = series[s]?.times.subarray(from, to) ?? new Float64Array();
    times.forEach((time, i) => {
      if (i > 0) gaps[count++] = time - (times[i - 1] ?? time);
    });
    least = Math.min(least, times[0] ?? least);
    most = Math.max(most, times.at(-1) ?? most);
  }
  return { gap: medianOfSorted(gaps.sort()), span: most - least };
}

function medianOfSorted(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
