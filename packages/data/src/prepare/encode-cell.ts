/**
 * One cell of a feature as the channels of a model. Tables and streams of rows both write their channels here, so that a
 * row means the same in either. Gaps are filled looking back only.
 */
import { phase } from './calendar.ts';
import type { CalendarCycle, CategoryFeature, NumberFeature } from './preparation.ts';

/** Numbers of the memory of a feature: the last value that was known, and when. */
export const fillSize = 2;

/** The memory of a feature at its first row, which is at time `now`. */
export function startFill({ fill }: NumberFeature, now: number, memory: Float64Array, at: number): void {
  memory[at] = fill;
  memory[at + 1] = now;
}

/**
 * Writes the channels of a number, NaN where it is missing: the scaled value and, with marks, whether it is known and its
 * age, which before the first value counts from the first row. Keeps the value for the rows to come.
 */
export function encodeNumber(
  { center, scale, fill, missing, marks }: NumberFeature,
  timeScale: number,
  value: number,
  now: number,
  memory: Float64Array,
  at: number,
  channels: Float32Array,
  to: number,
): void {
  const known = !Number.isNaN(value);
  if (known) {
    memory[at] = value;
    memory[at + 1] = now;
  }
  const gap = missing === 'forward-fill' ? (memory[at] ?? fill) : fill;
  channels[to] = ((known ? value : gap) - center) / scale;
  if (!marks) return;
  channels[to + 1] = known ? 1 : 0;
  channels[to + 2] = Math.log1p((known ? 0 : now - (memory[at + 1] ?? now)) / timeScale);
}

/** Writes the channels of a label: its index among the labels, their number for any other, -1 where missing. */
export function encodeLabel(
  { labels, other }: CategoryFeature,
  index: number,
  channels: Float32Array,
  to: number,
): void {
  channels.fill(0, to, to + labels.length + (other ? 1 : 0));
  if (index >= 0) channels[to + index] = 1;
}

/** Writes sine and cosine of each cycle; `time` in seconds since 1970. */
export function encodeCalendar(
  cycles: readonly CalendarCycle[],
  time: number,
  channels: Float32Array,
  to: number,
): void {
  cycles.forEach((cycle, c) => {
    channels[to + 2 * c] = Math.sin(phase(time, cycle));
    channels[to + 2 * c + 1] = Math.cos(phase(time, cycle));
  });
}

/** Channels of a feature. */
export function widthOf(feature: NumberFeature | CategoryFeature): number {
  if (feature.kind === 'category') return feature.labels.length + (feature.other ? 1 : 0);
  return feature.marks ? 3 : 1;
}
