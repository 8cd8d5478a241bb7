/**
 * True and predicted classes in time: a row for each class, a bar where it is true, a dot where it is predicted, hollow and
 * of another colour where that is wrong. Long spans without an observation are shaded.
 */

import * as Plot from '@observablehq/plot';
import { draw, keyLine } from './draw.ts';
import type { TimeFacts } from './run-facts.ts';
import { shortLabel } from './short-label.ts';
import type { Stretch } from './stretch.ts';
import { colour } from './theme.ts';
import { pauseMarks, pauses, timeAxis, timeValue } from './time-axis.ts';

/** What is drawn. */
export interface ClassStretch {
  readonly stretch: Stretch;
  readonly times: ArrayLike<number>;
  readonly time: TimeFacts;
  readonly label: string;
  readonly labels: readonly string[];
  truth(item: number): number;
  prediction(item: number): number;
}

const inset = { insetTop: 4, insetBottom: 4 } as const;

/** Rows that fit; the rarest of more classes share the last one. */
const mostRows = 12;

/** The picture as SVG, `width` pixels wide. */
export function classStretch(facts: ClassStretch, width: number): string {
  const { stretch, times, time, label, labels } = facts;
  const { kind } = time;
  const rows = rowsOf(facts);
  const text = (row: string): string => shortLabel(rows.names.get(row) ?? '', width < 500 ? 12 : 22);
  const points = stretch.items.map((item) => ({
    at: timeValue(times[item] ?? 0, kind),
    row: rows.of(facts.prediction(item)),
    right: facts.truth(item) === facts.prediction(item),
  }));
  const domain = [...rows.names.keys()];
  const wrong = points.filter(({ right }) => !right);
  const spans = trueSpans(facts, rows.of);
  const once = spans.filter(({ from, to }) => Number(from) === Number(to));
  const paused = pauses(stretch, times).length;
  const marginLeft = 16 + 6.8 * Math.max(4, ...domain.map((row) => text(row).length));
  return draw(
    {
      title: `${label} in time: true and predicted classes`,
      description: `${points.length} predictions in a row, ${wrong.length} of them wrong, ${paused} longer gaps among them; ${labels.length} classes.`,
    },
    {
      width,
      height: 34 * domain.length + 100,
      marginLeft,
      marginRight: 20,
      marginTop: 52,
      marginBottom: 44,
      x: timeAxis(time, width),
      y: { type: 'band', label: null, domain, tickSize: 0, tickFormat: text },
      marks: [
        ...pauseMarks(stretch, times, kind),
        Plot.barX(
          spans.filter((span) => !once.includes(span)),
          { x1: 'from', x2: 'to', y: 'row', fill: colour('truth'), fillOpacity: 0.45, ...inset },
        ),
        Plot.tickX(once, {
          x: 'from',
          y: 'row',
          stroke: colour('truth'),
          strokeOpacity: 0.45,
          strokeWidth: 3,
          ...inset,
        }),
        Plot.dot(
          points.filter(({ right }) => right),
          { x: 'at', y: 'row', fill: colour('series-0'), r: 2.2 },
        ),
        Plot.dot(wrong, {
          x: 'at',
          y: 'row',
          stroke: colour('series-1'),
          fill: colour('paper'),
          strokeWidth: 1.5,
          r: 3,
        }),
        ...keyLine(
          [
            { text: '▬ truth', fill: colour('truth'), width: 66 },
            { text: '● right', fill: colour('series-0'), width: 60 },
            { text: '○ wrong', fill: colour('series-1'), width: 70 },
            ...(paused === 0 ? [] : [{ text: '■ no observation', fill: colour('gap-ink'), width: 130 }]),
          ],
          6 - marginLeft,
        ),
      ],
    },
  );
}

interface Rows {
  /** Key of a row to its name, in the order of the labels. */
  readonly names: ReadonlyMap<string, string>;
  /** Key of the row of a class. */
  of(index: number): string;
}

/** A row for each class that is there. */
function rowsOf({ stretch, labels, truth, prediction }: ClassStretch): Rows {
  const counts = new Map<number, number>();
  for (const item of stretch.items) {
    for (const index of [truth(item), prediction(item)]) counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  const found = [...counts.keys()].filter((index) => labels[index] !== undefined);
  const common = found.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a - b);
  const own = (common.length <= mostRows ? common : common.slice(0, mostRows - 1)).sort((a, b) => a - b);
  const names = new Map(own.map((index) => [String(index), labels[index] ?? '']));
  if (own.length < common.length) names.set('others', `${common.length - own.length} others`);
  return { names, of: (index) => (own.includes(index) ? String(index) : 'others') };
}

/** How long each class held: from its observations to the next, over a pause and at the end not at all. */
function trueSpans(
  { stretch, times, time, truth }: ClassStretch,
  rowOf: Rows['of'],
): { from: number | Date; to: number | Date; row: string }[] {
  const spans: { from: number; to: number; row: string }[] = [];
  stretch.items.forEach((item, i) => {
    const from = times[item] ?? 0;
    const next = times[stretch.items[i + 1] ?? -1] ?? from;
    const to = next - from > stretch.usual ? from : next;
    const [last, row] = [spans.at(-1), rowOf(truth(item))];
    if (last?.row === row && last.to === from) last.to = to;
    else spans.push({ from, to, row });
  });
  return spans.map(({ from, to, row }) => ({ from: timeValue(from, time.kind), to: timeValue(to, time.kind), row }));
}
