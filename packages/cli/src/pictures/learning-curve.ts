/**
 * The learning curve: loss of training and validation by epoch, and the error of "next = current" as the line to beat.
 */

import * as Plot from '@observablehq/plot';
import type { EpochRecord } from '@rheo/train';
import { formatLoss } from '../format-number.ts';
import { colours, draw, keyLine } from './draw.ts';

/** The picture as SVG. `baseline` is the error of "next = current" on the validation windows. */
export function learningCurve(history: readonly EpochRecord[], baseline: number): string {
  const points = history.flatMap(({ epoch, loss, validationLoss }) => [
    { epoch, loss, series: 'training (with dropout)' },
    ...(validationLoss === undefined ? [] : [{ epoch, loss: validationLoss, series: 'validation' }]),
  ]);
  const last = history.at(-1)?.epoch ?? 1;
  const final = points.filter(({ epoch }) => epoch === last).sort((a, b) => b.loss - a.loss);
  const [above, below] = final;
  // Labels of values that lie close together move apart.
  const apart = above !== undefined && below !== undefined && above.loss / below.loss < 1.12 ? 6 : 0;
  const values = [baseline, ...points.map(({ loss }) => loss)];
  return draw({
    width: 760,
    height: 380,
    marginLeft: 52,
    marginRight: 64,
    marginTop: 44,
    marginBottom: 40,
    x: {
      label: 'epoch →',
      labelAnchor: 'right',
      ticks: epochTicks(last),
      tickFormat: 'd',
      domain: [1, Math.max(2, last)],
    },
    y: {
      type: 'log',
      label: '↑ mean squared error',
      domain: [0.9 * Math.min(...values), 1.1 * Math.max(...values)],
      ticks: 6,
      tickFormat: (value: number) => String(Number(value.toPrecision(2))),
      grid: true,
    },
    color: {
      domain: ['training (with dropout)', 'validation'],
      range: [colours.prediction, colours.validation],
    },
    marks: [
      Plot.ruleY([baseline], { stroke: '#555', strokeDasharray: '5 4' }),
      Plot.text([`"next = current" ${formatLoss(baseline)}`], {
        x: () => Math.max(2, last),
        y: () => baseline,
        textAnchor: 'end',
        dy: -8,
        fill: '#555',
      }),
      Plot.line(points, { x: 'epoch', y: 'loss', z: 'series', stroke: 'series', strokeWidth: 2 }),
      Plot.dot(points, { x: 'epoch', y: 'loss', z: 'series', fill: 'series', r: last > 60 ? 0 : 2 } as Plot.DotOptions),
      ...final.map((point, index) =>
        Plot.text([point], {
          x: 'epoch',
          y: 'loss',
          text: ({ loss }: { loss: number }) => formatLoss(loss),
          fill: colourOf(point.series),
          textAnchor: 'start',
          dx: 8,
          dy: index === 0 ? -apart : apart,
        }),
      ),
      ...keyLine([
        { text: '— training (with dropout)', fill: colours.prediction, width: 165 },
        { text: '— validation', fill: colours.validation, width: 100 },
      ]),
    ],
  });
}

function colourOf(series: string): string {
  return series === 'validation' ? colours.validation : colours.prediction;
}

function epochTicks(last: number): number[] {
  const step = Math.max(1, Math.ceil(last / 10 / 5) * (last > 10 ? 5 : 1));
  return [1, ...Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step)].filter(
    (epoch, index, all) => all.indexOf(epoch) === index,
  );
}
