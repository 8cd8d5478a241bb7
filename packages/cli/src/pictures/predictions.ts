/**
 * Predictions against the truth for one sequence: a panel for each of the features that move most, time on the axis as
 * it elapsed. Where rows were dropped the span without an observation is shaded, so gaps are as wide as they were.
 */

import * as Plot from '@observablehq/plot';
import type { SequenceData } from '@rheo/data';
import { draw, keyLine } from './draw.ts';
import { colour } from './theme.ts';

/** Panels of the picture. */
const panels = 4;

interface Point {
  readonly time: number;
  readonly value: number;
  readonly panel: string;
}

/** The picture as SVG, of sequence `row`, `width` pixels wide; `predictions` is [N, T, targetFeatures]. */
export function predictionsPicture(data: SequenceData, predictions: Float32Array, row: number, width: number): string {
  const { steps, targetFeatures, targets, dt } = data;
  // Time at which the step was observed; its target is the state one unit later.
  const observed: number[] = [];
  let now = 0;
  for (let t = 0; t < steps; t++) {
    now += t === 0 ? 0 : (dt[row * steps + t] ?? 0);
    observed.push(now);
  }
  const at = (source: Float32Array, t: number, feature: number): number =>
    source[(row * steps + t) * targetFeatures + feature] ?? Number.NaN;
  const features = mostMoving(data, row);
  const series = (source: Float32Array): Point[] =>
    features.flatMap((feature) =>
      observed.map((time, t) => ({ time: time + 1, value: at(source, t, feature), panel: `value ${feature}` })),
    );
  const gaps = features.flatMap((feature) =>
    observed.flatMap((time, t) => {
      const before = observed[t - 1] ?? time;
      return time - before > 1 ? [{ from: before + 1, to: time + 1, panel: `value ${feature}` }] : [];
    }),
  );
  const truth = series(targets);
  return draw(
    {
      title: 'Predictions of one test window',
      description: `The true values and the predictions one step ahead of values ${features.join(', ')}, by elapsed time.`,
    },
    {
      width,
      height: (width < 500 ? 100 : 130) * features.length + 70,
      marginLeft: 48,
      marginRight: 64,
      marginTop: 44,
      marginBottom: 38,
      x: { label: 'time →', labelAnchor: 'right' },
      y: { label: null, ticks: 4, grid: true },
      fy: { label: null, domain: features.map((feature) => `value ${feature}`), padding: 0.12 },
      facet: { data: truth, y: 'panel' },
      marks: [
        Plot.rectX(gaps, { x1: 'from', x2: 'to', fy: 'panel', fill: colour('gap') }),
        Plot.line(truth, { x: 'time', y: 'value', fy: 'panel', stroke: colour('truth'), strokeWidth: 4 }),
        Plot.line(series(predictions), { x: 'time', y: 'value', fy: 'panel', stroke: colour('series-0') }),
        Plot.dot(series(predictions), { x: 'time', y: 'value', fy: 'panel', fill: colour('series-0'), r: 2 }),
        ...keyLine(key, -42, `value ${features[0]}`),
      ],
    },
  );
}

const key = [
  { text: '▬ truth', fill: colour('truth'), width: 70 },
  { text: '● prediction', fill: colour('series-0'), width: 96 },
  { text: '■ rows dropped', fill: colour('gap-ink'), width: 120 },
] as const;

/** The sequence whose observations are the most irregular, the first of those: it shows what elapsed time is for. */
export function mostIrregular({ dt, count, steps }: SequenceData): number {
  let best = 0;
  let most = -1;
  for (let row = 0; row < count; row++) {
    let elapsed = 0;
    for (let t = 1; t < steps; t++) elapsed += dt[row * steps + t] ?? 0;
    if (elapsed > most) {
      most = elapsed;
      best = row;
    }
  }
  return best;
}

/** Features by their variance in the sequence, largest first; as many as there are panels. */
function mostMoving({ targets, steps, targetFeatures }: SequenceData, row: number): number[] {
  const variance = Array.from({ length: targetFeatures }, (_, feature) => {
    const values = Array.from({ length: steps }, (_, t) => targets[(row * steps + t) * targetFeatures + feature] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / steps;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return [...variance.keys()]
    .sort((a, b) => (variance[b] ?? 0) - (variance[a] ?? 0))
    .slice(0, panels)
    .sort((a, b) => a - b);
}
