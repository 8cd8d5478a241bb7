/**
 * Cuts encoded segments into windows of equal length. Windows lie within a segment. For training they start every
 * `stride` rows and one more ends at the last row; otherwise they stand side by side, so that every row occurs once.
 */
import { DataError } from '../data-error.ts';
import type { Encoded } from './encode-segment.ts';
import type { Preparation } from './preparation.ts';
import type { Series } from './series.ts';
import type { TableSequences } from './table-sequences.ts';

/** 4 GB of float32, beyond which engines give no array. */
const mostNumbers = 1e9;

/** What windows are for. */
export interface WindowRules {
  /** Rows without a target are left out, the elapsed time bridging them. */
  readonly onlyKnown: boolean;
  /** Rows between starts, and whether a window ends at the last row; side by side with padding where undefined. */
  readonly stride: number | undefined;
  readonly channels: number;
}

/** The windows; undefined when there is no row to make one of. */
export function cutWindows(
  series: readonly Series[],
  encoded: readonly Encoded[],
  { window: { steps: T }, targets: { length: targetFeatures }, at, timeScale }: Preparation,
  { onlyKnown, stride, channels: F }: WindowRules,
): TableSequences | undefined {
  const windows = encoded.flatMap((part) => {
    const kept = entriesOf(part, onlyKnown && at === 'step');
    return starts(kept.length, T, stride)
      .map((start) => ({ part, entries: kept.subarray(start, start + T) }))
      .filter(({ entries }) => !onlyKnown || at === 'step' || part.known[entries.at(-1) ?? -1] === 1);
  });
  const N = windows.length;
  if (N === 0) return undefined;
  if (N * T * F > mostNumbers) {
    throw new DataError('value', `${N} sequences of ${T} steps of ${F} channels need over ${mostNumbers} numbers`, {
      remedy: 'Use a larger stride, fewer features, or one part of the table after another.',
    });
  }
  const perWindow = at === 'step' ? T : 1;
  const values = new Float32Array(N * T * F);
  const dt = new Float32Array(N * T);
  const targets = new Float32Array(N * perWindow * targetFeatures);
  const known = new Uint8Array(N * perWindow);
  const rows = new Int32Array(N * T).fill(-1);
  const targetRows = new Int32Array(N * T).fill(-1);
  const times = new Float64Array(N * T);
  const lengths = new Int32Array(N);
  windows.forEach(({ part: { segment, channels, known: isKnown, targets: wanted, targetEntries }, entries }, n) => {
    const one = series[segment.series];
    if (one === undefined) return;
    lengths[n] = entries.length;
    const timeOf = (i: number): number => one.times[segment.from + i] ?? 0;
    entries.forEach((i, t) => {
      const cell = n * T + t;
      values.set(channels.subarray(i * F, (i + 1) * F), cell * F);
      // A window is a sequence of its own: nothing has passed before its first step.
      dt[cell] = t === 0 ? 0 : (timeOf(i) - timeOf(entries[t - 1] ?? i)) / timeScale;
      times[cell] = timeOf(i);
      rows[cell] = one.rows[segment.from + i] ?? -1;
      targetRows[cell] = one.rows[targetEntries[i] ?? -1] ?? -1;
      if (at === 'end' && t < entries.length - 1) return;
      const to = at === 'step' ? cell : n;
      known[to] = isKnown[i] ?? 0;
      targets.set(wanted.subarray(i * targetFeatures, (i + 1) * targetFeatures), to * targetFeatures);
    });
    times.fill(times[n * T + entries.length - 1] ?? 0, n * T + entries.length, (n + 1) * T);
  });
  const padded = lengths.some((length) => length < T);
  return {
    values,
    dt,
    targets,
    ...(padded ? { lengths } : {}),
    count: N,
    steps: T,
    features: F,
    targetFeatures,
    at,
    known,
    rows,
    times,
    targetRows,
    series: Int32Array.from(windows, ({ part }) => part.segment.series),
    keys: series.map(({ key }) => key),
  };
}

function entriesOf({ known }: Encoded, onlyKnown: boolean): Int32Array {
  const all = Int32Array.from(known, (_, i) => i);
  return onlyKnown ? all.filter((i) => known[i] === 1) : all;
}

function starts(length: number, steps: number, stride: number | undefined): number[] {
  const found: number[] = [];
  if (stride === undefined || length <= steps) {
    for (let start = 0; start < length; start += steps) found.push(start);
    return found;
  }
  for (let start = 0; start + steps <= length; start += stride) found.push(start);
  if ((found.at(-1) ?? 0) + steps < length) found.push(length - steps);
  return found;
}
