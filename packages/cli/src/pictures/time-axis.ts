/** The axis of time and the spans without observations, for pictures in time. */

import * as Plot from '@observablehq/plot';
import type { TimeFacts } from './run-facts.ts';
import type { Stretch } from './stretch.ts';
import { colour } from './theme.ts';

/** What the horizontal axis of a stretch is; dates are in UTC. */
export function timeAxis({ kind, name }: TimeFacts, width: number): Plot.ScaleOptions {
  const ticks = width < 500 ? 4 : 8;
  if (kind === 'date') return { type: 'utc', label: null, ticks };
  return { type: 'linear', label: `${kind === 'steps' ? 'row' : (name ?? 'time')} →`, labelOffset: 38, ticks };
}

/** The value on that axis of a time. */
export function timeValue(time: number, kind: TimeFacts['kind']): number | Date {
  return kind === 'date' ? new Date(1000 * time) : time;
}

/** Spans between observations that are longer than usual. */
export function pauses({ items, usual }: Stretch, times: ArrayLike<number>): { from: number; to: number }[] {
  return items.slice(1).flatMap((item, i) => {
    const [from, to] = [times[items[i] ?? 0] ?? 0, times[item] ?? 0];
    return to - from > usual ? [{ from, to }] : [];
  });
}

/** Shades the spans. */
export function pauseMarks(stretch: Stretch, times: ArrayLike<number>, kind: TimeFacts['kind']): Plot.Markish[] {
  const spans = pauses(stretch, times);
  if (spans.length === 0) return [];
  const edge = (name: 'from' | 'to') => (span: { from: number; to: number }) => timeValue(span[name], kind);
  return [Plot.rectX(spans, { x1: edge('from'), x2: edge('to'), fill: colour('gap') })];
}
