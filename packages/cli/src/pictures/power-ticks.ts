/** Marks of a logarithmic axis: powers of ten, with what lies between them where there are too few. */

import * as Plot from '@observablehq/plot';
import { amount } from './amount.ts';

/** Numbers of the range to be marked, about five of them. */
export function powerTicks(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const within = (digits: readonly number[]): number[] => {
    const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
      digits.map((digit) => Number(`${digit}e${first + i}`)),
    );
    return ticks.flat().filter((tick) => tick >= least && tick <= most);
  };
  const finest = within([1, 1.5, 2, 3, 4, 5, 6, 8]);
  const ticks = [within([1]), within([1, 3]), within([1, 2, 5]), finest].find(({ length }) => length >= 4) ?? finest;
  const every = Math.ceil(ticks.length / 8);
  return ticks.filter((_, i) => i % every === 0);
}

/** Grid and axis with exactly these marks: the axis of a logarithmic scale leaves some of their texts out. */
export function markedAxisY(ticks: readonly number[], label: string): Plot.Markish[] {
  return [Plot.gridY(ticks), Plot.axisY(ticks, { label, text: (tick: number) => amount(tick) } as Plot.AxisYOptions)];
}
