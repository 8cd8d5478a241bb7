/**
 * How one prepared row lies in a store: 32-bit words for its channels, then its elapsed time, then its targets. A label is
 * one word here and a channel for each label in a model, so that a vocabulary does not multiply the store.
 */
import type { SequenceBuffers } from '../sequence-source.ts';
import { channelNames, type Preparation } from './preparation.ts';

/** Words that are channels as they stand, or one word that is the index of a channel set to 1; -1 sets none. */
type Run = { readonly kind: 'numbers'; readonly words: number } | { readonly kind: 'label'; readonly channels: number };

/** See the file. */
export interface RowLayout {
  /** Words before the elapsed time. */
  readonly inputs: number;
  readonly targets: number;
  /** Words of a row. */
  readonly words: number;
  /** F. */
  readonly channels: number;
  readonly at: 'step' | 'end';
  readonly runs: readonly Run[];
}

/** The layout of the rows that a preparation makes. */
export function rowLayout(preparation: Preparation): RowLayout {
  const { features, calendar, targets, at } = preparation;
  const runs: Run[] = [];
  const numbers = (words: number): void => {
    const last = runs.at(-1);
    if (last?.kind === 'numbers') runs[runs.length - 1] = { kind: 'numbers', words: last.words + words };
    else if (words > 0) runs.push({ kind: 'numbers', words });
  };
  for (const feature of features) {
    if (feature.kind === 'number') numbers(feature.marks ? 3 : 1);
    else runs.push({ kind: 'label', channels: feature.labels.length + (feature.other ? 1 : 0) });
  }
  numbers(2 * calendar.length);
  const inputs = runs.reduce((sum, run) => sum + (run.kind === 'numbers' ? run.words : 1), 0);
  return {
    inputs,
    targets: targets.length,
    words: inputs + 1 + targets.length,
    channels: channelNames(preparation).length,
    at,
    runs,
  };
}

/** Writes `length` rows of a store, from word `from` on, as sequence `b` of a batch of sequences of `steps` steps. */
export function writeWindow(
  { inputs, targets: K, words, channels: F, at, runs }: RowLayout,
  rows: Float32Array,
  from: number,
  length: number,
  { values, dt, targets, mask }: SequenceBuffers,
  b: number,
  steps: number,
): void {
  const first = b * steps;
  for (let t = 0; t < length; t++) {
    let source = from + t * words;
    let to = (first + t) * F;
    for (const run of runs) {
      if (run.kind === 'numbers') {
        // A loop, as a view per step costs more than the few numbers it copies.
        for (let w = 0; w < run.words; w++) values[to++] = rows[source++] ?? 0;
        continue;
      }
      const label = rows[source++] ?? -1;
      for (let c = 0; c < run.channels; c++) values[to++] = c === label ? 1 : 0;
    }
    // A window is a sequence of its own: nothing has passed before its first step.
    dt[first + t] = t === 0 ? 0 : (rows[source] ?? 0);
    if (at === 'step') for (let k = 0; k < K; k++) targets[(first + t) * K + k] = rows[source + 1 + k] ?? 0;
  }
  if (at === 'end') {
    const last = from + (length - 1) * words + inputs + 1;
    for (let k = 0; k < K; k++) targets[b * K + k] = rows[last + k] ?? 0;
  }
  mask?.fill(1, first, first + length);
  if (length === steps) return;
  values.fill(0, (first + length) * F, (first + steps) * F);
  dt.fill(0, first + length, first + steps);
  mask?.fill(0, first + length, first + steps);
  if (at === 'step') targets.fill(0, (first + length) * K, (first + steps) * K);
}
