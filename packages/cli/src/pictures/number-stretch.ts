/**
 * Truth and predictions of a number in time. Lines break and the paper is shaded where there was no observation for longer
 * than usual, so that gaps are as wide as they were.
 */

import * as Plot from '@observablehq/plot';
import { amount } from './amount.ts';
import { draw, keyLine } from './draw.ts';
import type { TimeFacts } from './run-facts.ts';
import type { Stretch } from './stretch.ts';
import { colour } from './theme.ts';
import { pauseMarks, pauses, timeAxis, timeValue } from './time-axis.ts';

/** What is drawn. */
export interface NumberStretch {
  readonly stretch: Stretch;
  readonly times: ArrayLike<number>;
  readonly time: TimeFacts;
  readonly label: string;
  truth(item: number): number;
  prediction(item: number): number;
}

/** The picture as SVG, `width` pixels wide. */
export function numberStretch(facts: NumberStretch, width: number): string {
  const { stretch, times, time, label } = facts;
  const breaks = pauses(stretch, times);
  const points = (value: (item: number) => number): { at: number | Date; value: number }[] => {
    let next = 0;
    return stretch.items.flatMap((item) => {
      const now = times[item] ?? 0;
      const point = { at: timeValue(now, time.kind), value: value(item) };
      if (breaks[next]?.to !== now) return [point];
      next++;
      return [{ at: point.at, value: Number.NaN }, point];
    });
  };
  const [truth, predicted] = [points(facts.truth), points(facts.prediction)];
  const position = { x: 'at', y: 'value' } as const;
  const r = stretch.items.length > 120 ? 1.6 : 2.2;
  return draw(
    {
      title: `${label} in time: truth and predictions`,
      description: `${stretch.items.length} predictions in a row, ${breaks.length} longer gaps among them.`,
    },
    {
      width,
      height: width < 500 ? 240 : 300,
      marginLeft: 58,
      marginRight: 20,
      marginTop: 52,
      marginBottom: 44,
      x: timeAxis(time, width),
      y: { label: `↑ ${label}`, ticks: 5, tickFormat: (value: number) => amount(value), grid: true },
      marks: [
        ...pauseMarks(stretch, times, time.kind),
        Plot.line(truth, { ...position, stroke: colour('truth'), strokeWidth: 4, strokeOpacity: 0.55 }),
        Plot.dot(truth, { ...position, fill: colour('truth'), r: r + 0.6 }),
        Plot.line(predicted, { ...position, stroke: colour('series-0'), strokeWidth: 1.5 }),
        Plot.dot(predicted, { ...position, fill: colour('series-0'), r }),
        ...keyLine(
          [
            { text: '▬ truth', fill: colour('truth'), width: 72 },
            { text: '● prediction', fill: colour('series-0'), width: 100 },
            ...(breaks.length === 0 ? [] : [{ text: '■ no observation', fill: colour('gap-ink'), width: 130 }]),
          ],
          -52,
        ),
      ],
    },
  );
}
