/** Words about the held-out part that several captions share. */

import { lapse, whole } from './amount.ts';
import type { HeldOutFacts, TimeFacts } from './run-facts.ts';
import type { Stretch } from './stretch.ts';
import { pauses } from './time-axis.ts';

/** How many predictions a picture stands for: `6,085 predictions of the test part, 1 row ahead.` */
export function countText({ part, horizon }: HeldOutFacts, known: number, all: number, drawn: number = known): string {
  const missing = known < all ? ` ${whole(all - known)} more have no known truth.` : '';
  const thinned = drawn < known ? ` Drawn are ${whole(drawn)} of them, evenly chosen.` : '';
  return `${whole(known)} predictions of the ${part} part${horizon === undefined ? '' : `, ${horizon} ahead`}.${thinned}${missing}`;
}

/** Where a stretch lies, and what is shaded. */
export function stretchText(
  { part, series, keys, times }: HeldOutFacts,
  stretch: Stretch,
  { kind }: TimeFacts,
): string {
  const { items, usual } = stretch;
  const paused = pauses(stretch, times).length;
  const key = keys[series[items[0] ?? 0] ?? 0] ?? '';
  const when = (item: number | undefined): string => moment(times[item ?? 0] ?? 0, kind);
  const shaded = paused === 0 ? '' : ` Shaded: nothing was observed for more than ${lapse(usual, kind)}.`;
  const rows = kind === 'steps' ? 'rows ' : '';
  return `${whole(items.length)} predictions in a row of the ${part} part${key === '' ? '' : `, series ${key}`}, ${rows}${when(items[0])} to ${when(items.at(-1))}${kind === 'date' ? ' UTC' : ''}.${shaded}`;
}

function moment(time: number, kind: TimeFacts['kind']): string {
  if (kind !== 'date') return String(Number(time.toPrecision(6)));
  return new Date(1000 * time).toISOString().slice(0, 16).replace('T', ' ');
}
