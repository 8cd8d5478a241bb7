/** Predictions against the truth: a point each, and the line on which a perfect model would put them all. */

import * as Plot from '@observablehq/plot';
import { amount } from './amount.ts';
import { draw } from './draw.ts';
import { evenly } from './statistics.ts';
import { colour } from './theme.ts';

/** More points than this hide each other. */
export const mostPoints = 1500;

/** The picture as SVG, square, `width` pixels wide; `label` says what the numbers are. Pairs that are not finite are left out. */
export function truthScatter(
  truth: ArrayLike<number>,
  predictions: ArrayLike<number>,
  label: string,
  width: number,
): string {
  const pairs = Array.from({ length: truth.length }, (_, i) => ({
    truth: truth[i] ?? Number.NaN,
    prediction: predictions[i] ?? Number.NaN,
  })).filter((pair) => Number.isFinite(pair.truth) && Number.isFinite(pair.prediction));
  const points = evenly(pairs.length, mostPoints).flatMap((i) => pairs[i] ?? []);
  const all = points.flatMap((point) => [point.truth, point.prediction]);
  const [least, most] = all.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const pad = 0.03 * (most - least || 1);
  const domain = [least - pad, most + pad];
  const axis = { domain, ticks: 5, tickFormat: (value: number) => amount(value), grid: true } as const;
  return draw(
    {
      title: `Predictions of ${label} against the truth`,
      description: `${points.length} points; the dashed line is where both are equal.`,
    },
    {
      width,
      height: width,
      marginLeft: 58,
      marginRight: 16,
      marginTop: 30,
      marginBottom: 44,
      x: { ...axis, label: `true ${label} →`, labelOffset: 38 },
      y: { ...axis, label: `↑ predicted ${label}` },
      marks: [
        Plot.dot(points, {
          x: 'truth',
          y: 'prediction',
          r: 2,
          fill: colour('series-0'),
          fillOpacity: points.length > 300 ? 0.4 : 0.8,
        }),
        Plot.line([{ at: domain[0] }, { at: domain[1] }], {
          x: 'at',
          y: 'at',
          stroke: colour('ink'),
          strokeDasharray: '5 4',
        }),
      ],
    },
  );
}
