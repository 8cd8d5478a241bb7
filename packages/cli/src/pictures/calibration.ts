/** Whether probabilities can be believed: how often the predicted class was right, by the probability that it was given. */

import * as Plot from '@observablehq/plot';
import { percent, whole } from './amount.ts';
import { draw } from './draw.ts';
import { mean, wilson } from './statistics.ts';
import { colour } from './theme.ts';

/** Predictions that were given about the same probability. */
export interface CalibrationBin {
  /** Mean of the probabilities. */
  readonly said: number;
  /** Share that was right, and the interval that holds it with 95 % confidence. */
  readonly right: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Ten bins of equal width, the empty ones left out. */
export function calibration(probabilities: readonly number[], right: readonly boolean[]): CalibrationBin[] {
  return Array.from({ length: 10 }, (_, bin) => {
    const items = [...probabilities.keys()].filter(
      (i) => Math.min(9, Math.floor(10 * (probabilities[i] ?? 0))) === bin,
    );
    const hits = items.filter((i) => right[i] === true).length;
    const [low, high] = wilson(hits, items.length);
    return {
      said: mean(items.map((i) => probabilities[i] ?? 0)),
      right: hits / items.length,
      low,
      high,
      count: items.length,
    };
  }).filter(({ count }) => count > 0);
}

/** The picture as SVG, square, `width` pixels wide. */
export function calibrationPicture(bins: readonly CalibrationBin[], width: number): string {
  const axis = { domain: [0, 1], ticks: 5, tickFormat: (share: number) => percent(share), grid: true } as const;
  return draw(
    {
      title: 'Calibration of probabilities',
      description: bins
        .map(({ said, right, count }) => `said ${percent(said)}, right ${percent(right)} of ${whole(count)}`)
        .join('; '),
    },
    {
      width,
      height: width,
      marginLeft: 58,
      marginRight: 24,
      marginTop: 30,
      marginBottom: 44,
      x: { ...axis, label: 'probability of the predicted class →', labelOffset: 38 },
      y: { ...axis, label: '↑ share that was right' },
      marks: [
        Plot.line([0, 1], {
          x: (at: number) => at,
          y: (at: number) => at,
          stroke: colour('ink'),
          strokeDasharray: '5 4',
        }),
        Plot.ruleX(bins, { x: 'said', y1: 'low', y2: 'high', stroke: colour('series-0'), strokeWidth: 1.5 }),
        Plot.line(bins, { x: 'said', y: 'right', stroke: colour('series-0'), strokeOpacity: 0.5 }),
        Plot.dot(bins, { x: 'said', y: 'right', fill: colour('series-0'), r: 4 }),
      ],
    },
  );
}
