/** The axis of time and the spans without observations, for pictures in time. */

import * as Plot from '@observablehq/plot';
import type { TimeFacts } from './run-facts.ts';
import type { Stretch } from './stretch.ts';
import { colour } from './theme.ts';

/** What the horizontal axis of a stretch is; dates are in UTC. */
export function timeAxis({ kind, name }: TimeFacts, width: number): Plot.ScaleOptions {
  const ticks = width < 500 ? 4 : 8;
  if (kind === 'date') {
    // The plot hands the list of ticks over, which its types do not tell.
    const tickFormat = (moment: Date, index: number, ...[all]: readonly unknown[]): string =>
      momentText(moment, index, Array.isArray(all) ? all : [moment]);
    return { type: 'utc', label: null, ticks, tickFormat };
  }
  return { type: 'linear', label: `${kind === 'steps' ? 'row' : (name ?? 'time')} →`, labelOffset: 38, ticks };
}

/**
 * A moment as its tick says it, among all ticks: their finest part that is not at its beginning, and below it, at the first
 * tick and where it changes, the part that this one is in. Hours go to 24, as in captions.
 */
export function momentText(moment: Date, index: number, ticks: readonly Date[]): string {
  const text = moment.toISOString();
  const before = ticks[index - 1]?.toISOString() ?? '';
  const beginning = /(-01)?(-01)?(T00:00)?(:00)?\.000Z$/;
  const finest = Math.max(...ticks.map((tick) => tick.toISOString().replace(beginning, '').length));
  const below = (end: number, words: string): string =>
    text.slice(0, end) === before.slice(0, end) ? '' : `\n${words}`;
  const [year, month, day] = [text.slice(0, 4), monthNames[moment.getUTCMonth()] ?? '', String(moment.getUTCDate())];
  if (finest > 10) return `${text.slice(11, finest > 16 ? 19 : 16)}${below(10, `${day} ${month}`)}`;
  if (finest > 7) return `${day}${below(7, month)}`;
  return finest > 4 ? `${month}${below(4, year)}` : year;
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

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
