/**
 * Lines by epoch, for losses, metrics and rates. The axis is logarithmic where values differ more than threefold and are
 * all above zero; a value that is not finite leaves a gap.
 */

import * as Plot from '@observablehq/plot';
import { amount } from './amount.ts';
import { draw, keyLine } from './draw.ts';
import { markedAxisY, powerTicks } from './power-ticks.ts';
import { colour } from './theme.ts';

/** A value of an epoch. */
export interface EpochPoint {
  readonly epoch: number;
  readonly value: number;
}

/** What is drawn. */
export interface EpochCurve {
  readonly title: string;
  /** Of the axis. */
  readonly label: string;
  /** Named in a key above where there are several. */
  readonly lines: readonly { readonly name: string; readonly stroke: string; readonly points: readonly EpochPoint[] }[];
  /** A level to compare with, drawn dashed. */
  readonly baseline?: number | undefined;
  /** Epoch that gets a ring, on the last line that has it. */
  readonly marked?: number | undefined;
}

/** The picture as SVG, `width` pixels wide. */
export function epochCurve({ title, label, lines, baseline: level, marked }: EpochCurve, width: number): string {
  const baseline = Number.isFinite(level) ? level : undefined;
  const shown = lines
    .map((line) => ({ ...line, points: line.points.filter(({ value }) => Number.isFinite(value)) }))
    .filter(({ points }) => points.length > 0);
  const values = shown.flatMap(({ points }) => points.map(({ value }) => value)).concat(baseline ?? []);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = least > 0 && most / least > 3;
  const pad = logarithmic ? 1.1 : 0.07 * (most - least || Math.abs(most) || 1);
  const domain = logarithmic ? ([least / pad, most * pad] as const) : ([least - pad, most + pad] as const);
  const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  const ring = shown
    .map(({ points }) => points.find(({ epoch }) => epoch === marked))
    .findLast((point) => point !== undefined);
  const end = shown.map(({ name, points }) => `${name} ${amount(points.at(-1)?.value ?? Number.NaN)}`);
  const compared = baseline === undefined ? '' : ` The baseline is ${amount(baseline)}.`;
  const keyed = shown.length > 1;
  const position = { x: 'epoch', y: 'value' } as const;
  return draw(
    { title, description: `After epoch ${last}: ${end.join(', ')}.${compared}` },
    {
      width,
      height: width < 500 ? 250 : 320,
      marginLeft: 58,
      marginRight: 20,
      marginTop: keyed ? 52 : 30,
      marginBottom: 44,
      x: {
        label: 'epoch →',
        labelOffset: 38,
        ticks: epochTicks(last, width < 500 ? 5 : 12),
        tickFormat: 'd',
        // One epoch alone stands in the middle.
        domain: last === 1 ? [0.5, 1.5] : [1, last],
      },
      y: {
        type: logarithmic ? 'log' : 'linear',
        label: `↑ ${label}`,
        domain,
        ...(logarithmic ? { axis: null } : { ticks: 5, tickFormat: (value: number) => amount(value), grid: true }),
      },
      marks: [
        ...(logarithmic ? markedAxisY(powerTicks(domain[0], domain[1]), `↑ ${label} (logarithmic)`) : []),
        ...(baseline === undefined ? [] : [Plot.ruleY([baseline], { stroke: colour('ink'), strokeDasharray: '5 4' })]),
        ...shown.flatMap(({ points, stroke }) => [
          Plot.line(points, { ...position, stroke, strokeWidth: 2 }),
          ...(points.length > 60 ? [] : [Plot.dot(points, { ...position, fill: stroke, r: 2.5 })]),
        ]),
        ...(ring === undefined
          ? []
          : [Plot.dot([ring], { ...position, r: 7, stroke: colour('ink'), strokeWidth: 1.5 })]),
        ...(keyed
          ? keyLine(
              shown.map(({ name, stroke }) => ({ text: `● ${name}`, fill: stroke, width: 24 + 7.5 * name.length })),
              -52,
            )
          : []),
      ],
    },
  );
}

/** Whole epochs, about `count` of them, the first among them. */
function epochTicks(last: number, count: number): number[] {
  const step =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((each) => last / each <= count) ?? Math.ceil(last / count);
  const ticks = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return step === 1 ? ticks : [1, ...ticks];
}
