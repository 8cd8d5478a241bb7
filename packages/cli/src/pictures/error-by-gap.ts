/**
 * The error by the time that elapsed before a prediction: median, quarter and twentieth on both sides for numbers, share
 * of wrong labels with its uncertainty for classes, and how many predictions each line stands for.
 */

import * as Plot from '@observablehq/plot';
import { amount, percent, whole } from './amount.ts';
import { draw } from './draw.ts';
import type { GapBin } from './gap-bins.ts';
import { ascending, quantile, wilson } from './statistics.ts';
import { colour } from './theme.ts';

/** What is drawn of the errors. */
export interface ErrorByGap {
  readonly bins: readonly GapBin[];
  /** Of each item: an absolute error, or 1 for a wrong label and 0 for a right one. */
  readonly errors: ArrayLike<number>;
  /** The same of the baseline. */
  readonly baseline?: ArrayLike<number> | undefined;
  readonly kind: 'numbers' | 'classes';
  /** Label of the axis: `absolute error, °C`. */
  readonly label: string;
}

interface Line {
  readonly row: string;
  readonly label: string;
  readonly count: number;
  readonly low: number;
  readonly below: number;
  readonly middle: number;
  readonly above: number;
  readonly high: number;
  readonly other?: number;
}

/** The picture as SVG, `width` pixels wide. */
export function errorByGap(facts: ErrorByGap, width: number): string {
  const { bins, kind, label } = facts;
  const lines = bins.map((bin, i) => ({ row: String(i), ...lineOf(bin, facts) })).filter(({ count }) => count > 0);
  const most = Math.max(...lines.flatMap(({ high, other = 0 }) => [high, other]), Number.MIN_VALUE);
  const marginLeft = 14 + 6.6 * Math.max(...lines.map((line) => line.label.length));
  const format = kind === 'classes' ? percent : amount;
  const y = { y: 'row' } as const;
  // Two bins may have the same label.
  const names = new Map(lines.map((line) => [line.row, line.label]));
  return draw(
    {
      title: `${label} by elapsed time`,
      description: lines.map((line) => `${line.label}: ${format(line.middle)} of ${whole(line.count)}`).join('; '),
    },
    {
      width,
      height: 30 * lines.length + 76,
      marginLeft,
      marginRight: 64,
      marginTop: 28,
      marginBottom: 44,
      x: {
        label: `${label} →`,
        labelOffset: 38,
        domain: [0, most],
        ticks: 4,
        tickFormat: kind === 'classes' ? (value: number) => percent(value) : (value: number) => amount(value),
        grid: true,
      },
      y: { label: null, domain: [...names.keys()], tickSize: 0, tickFormat: (row: string) => names.get(row) ?? '' },
      marks: [
        Plot.ruleY(lines, { ...y, x1: 'low', x2: 'high', stroke: colour('series-0'), strokeWidth: 1.5 }),
        ...(kind === 'numbers'
          ? [
              Plot.ruleY(lines, {
                ...y,
                x1: 'below',
                x2: 'above',
                stroke: colour('series-0'),
                strokeWidth: 8,
                strokeOpacity: 0.4,
              }),
            ]
          : []),
        Plot.dot(lines, { ...y, x: 'middle', fill: colour('series-0'), r: 4.5 }),
        Plot.tickX(
          lines.filter(({ other }) => other !== undefined),
          { ...y, x: 'other', stroke: colour('series-1'), strokeWidth: 2.5, inset: 3 },
        ),
        Plot.text(lines, {
          ...y,
          text: ({ count }: Line) => whole(count),
          frameAnchor: 'right',
          textAnchor: 'end',
          dx: 58,
          fill: colour('faint'),
        }),
        Plot.text(['count'], { frameAnchor: 'top-right', textAnchor: 'end', dx: 58, dy: -20, fill: colour('faint') }),
      ],
    },
  );
}

function lineOf({ label, items }: GapBin, { errors, baseline, kind }: ErrorByGap): Omit<Line, 'row'> {
  const of = (source: ArrayLike<number>): Float64Array => ascending(items.map((i) => source[i] ?? Number.NaN));
  const sorted = of(errors);
  const before = baseline === undefined ? undefined : of(baseline);
  if (kind === 'classes') {
    const share = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const middle = share(sorted);
    const [low, high] = wilson(middle * sorted.length, sorted.length);
    return {
      label,
      count: sorted.length,
      low,
      below: low,
      middle,
      above: high,
      high,
      ...(before && { other: share(before) }),
    };
  }
  const [low = 0, below = 0, middle = 0, above = 0, high = 0] = [0.05, 0.25, 0.5, 0.75, 0.95].map((q) =>
    quantile(sorted, q),
  );
  const count = sorted.length;
  return { label, count, low, below, middle, above, high, ...(before && { other: quantile(before, 0.5) }) };
}
