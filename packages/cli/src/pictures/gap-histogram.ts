/**
 * The gaps between the rows of the data, as a histogram. Axes are logarithmic where gaps span more than two decades, and
 * where the fullest bar would hide the others. Gaps of 0 have no place on it; the caption counts them.
 */

import * as Plot from '@observablehq/plot';
import { amount, lapse, roundLapses, unitOf, whole } from './amount.ts';
import { draw } from './draw.ts';
import { markedAxisY, powerTicks } from './power-ticks.ts';
import type { TimeFacts } from './run-facts.ts';
import { ascending, evenly, quantile } from './statistics.ts';
import { colour } from './theme.ts';

/** The picture as SVG, `width` pixels wide; absent where there are not two different gaps above 0. */
export function gapHistogram({ gaps, kind, name }: TimeFacts, width: number): string | undefined {
  const sorted = ascending(gaps).filter((gap) => gap > 0);
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  if (!(most > least)) return undefined;
  const byPowers = most / least > 100;
  const [unit, size] = kind === 'date' && !byPowers ? unitOf(most) : [undefined, 1];
  const distinct = [...new Set(sorted)];
  const few = !byPowers && distinct.length <= 9;
  const bars = few ? barsOfValues(sorted, distinct) : barsOf(sorted, byPowers, width < 500 ? 24 : 40);
  const counts = bars.map(({ count }) => count).filter((count) => count > 0);
  const [fewest, fullest] = [Math.min(...counts), Math.max(...counts)];
  const countsByPowers = fullest / fewest > 50;
  const shown = bars
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => ({ from: from / size, to: to / size, count, foot: countsByPowers ? 0.6 : 0 }));
  const round = roundLapses(least, most, kind).filter((each) => each >= least && each <= most);
  const marked = evenly(round.length, width < 500 ? 5 : 9).map((i) => round[i] ?? least);
  return draw(
    {
      title: 'Gaps between rows',
      description: `${whole(sorted.length)} gaps from ${lapse(least, kind)} to ${lapse(most, kind)}, half of them up to ${lapse(quantile(sorted, 0.5), kind)}.`,
    },
    {
      width,
      height: width < 500 ? 240 : 280,
      marginLeft: 58,
      marginRight: 24,
      marginTop: 30,
      marginBottom: 44,
      x: {
        label: `gap${(unit ?? (kind === 'date' ? undefined : name)) ? `, ${unit ?? name}` : ''} →`,
        labelOffset: 38,
        type: byPowers ? 'log' : 'linear',
        ...(byPowers ? { axis: null } : { ticks: few ? distinct.map((gap) => gap / size) : width < 500 ? 5 : 9 }),
        ...(few ? { tickFormat: (gap: number) => amount(gap) } : {}),
      },
      y: {
        type: countsByPowers ? 'log' : 'linear',
        domain: countsByPowers ? [0.6, fullest * 1.3] : [0, fullest],
        ...(countsByPowers
          ? { axis: null }
          : { label: '↑ gaps', ticks: Math.min(5, fullest), tickFormat: (count: number) => whole(count), grid: true }),
      },
      marks: [
        ...(byPowers
          ? [
              Plot.axisX(marked, {
                label: 'gap →',
                labelOffset: 38,
                text: (gap: number) => lapse(gap, kind),
              } as Plot.AxisXOptions),
            ]
          : []),
        ...(countsByPowers ? markedAxisY(powerTicks(1, fullest), '↑ gaps (logarithmic)') : []),
        Plot.rect(shown, { x1: 'from', x2: 'to', y1: 'foot', y2: 'count', fill: colour('series-0'), inset: 0.5 }),
        Plot.ruleY([countsByPowers ? 0.6 : 0], { stroke: colour('faint') }),
      ],
    },
  );
}

/** Bars of equal width on their axis, the last one closed. */
function barsOf(sorted: Float64Array, byPowers: boolean, most: number): { from: number; to: number; count: number }[] {
  const on = byPowers ? Math.log : (value: number): number => value;
  const off = byPowers ? Math.exp : (value: number): number => value;
  const [least, largest] = [on(sorted[0] ?? 0), on(sorted.at(-1) ?? 0)];
  const counts = new Array<number>(most).fill(0);
  for (const gap of sorted) {
    const bar = Math.min(most - 1, Math.floor(((on(gap) - least) / (largest - least)) * most));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  const edge = (i: number): number => off(least + (i * (largest - least)) / most);
  return counts.map((count, i) => ({ from: edge(i), to: edge(i + 1), count }));
}

/** A bar around each value. */
function barsOfValues(
  sorted: Float64Array,
  distinct: readonly number[],
): { from: number; to: number; count: number }[] {
  const nearest = Math.min(...distinct.slice(1).map((gap, i) => gap - (distinct[i] ?? 0)));
  // Values that nearly touch still have a bar that can be seen.
  const half = Math.max(0.4 * nearest, 0.004 * ((distinct.at(-1) ?? 0) - (distinct[0] ?? 0)));
  return distinct.map((gap) => ({
    from: gap - half,
    to: gap + half,
    count: sorted.filter((one) => one === gap).length,
  }));
}
