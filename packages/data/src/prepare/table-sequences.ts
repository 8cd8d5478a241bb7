/**
 * Sequences made from a table, with the way back: which row, time and series every step is. Rows are kept once, and
 * training gathers its batches from them; the arrays of all sequences are made when they are first read.
 */
import { DataError } from '../data-error.ts';
import type { SequenceData } from '../sequence-data.ts';
import { checkIndices, type SequenceBuffers, type SequenceSource } from '../sequence-source.ts';
import { type RowLayout, writeWindow } from './row-layout.ts';
import { continuesBefore, type RowWindows, windowAt } from './row-windows.ts';

/** N sequences of T steps. With `at: 'step'` it is a SequenceData; with `at: 'end'` the targets are [N, targetFeatures]. */
export interface TableSequences extends SequenceData, SequenceSource {
  readonly at: 'step' | 'end';
  /** 1 where the target is known: [N, T], or [N] with `at: 'end'`. In a part for training all real steps have it. */
  readonly known: Uint8Array;
  /** Row of the table that each step is, [N, T]; -1 in padding. */
  readonly rows: Int32Array;
  /** Time of each step, in seconds since 1970 or the unit of the column, [N, T]; the last one repeated in padding. */
  readonly times: Float64Array;
  /** Row of the table that each target is, [N, T]; -1 where there is none. */
  readonly targetRows: Int32Array;
  /** Which of `keys` each sequence is of, [N]. */
  readonly series: Int32Array;
  /** 1 where a sequence begins with the row behind the last one of the sequence before it, in the same segment, [N]. */
  readonly continues: Uint8Array;
  /**
   * Elapsed times [N, T] of series that go on from one sequence to the next: `dt`, but for the first step of a sequence that
   * continues the one before, which has the time since that one's last row.
   */
  readonly elapsed: Float32Array;
  /** Cells of the group columns of each series. */
  readonly keys: readonly (readonly string[])[];
  gather(indices: Int32Array, into: SequenceBuffers): void;
}

/** R rows in memory. */
export interface StoredRows {
  readonly layout: RowLayout;
  /** [R, words]. */
  readonly words: Float32Array;
  readonly known: Uint8Array;
  readonly rows: Int32Array;
  readonly times: Float64Array;
  readonly targetRows: Int32Array;
}

/** 4 GB of float32, beyond which engines give no array. */
const mostNumbers = 1e9;
/** 1 GB of float32 in one sequence is no window that anyone meant. */
const mostInOne = mostNumbers / 4;

/** Sequences over rows in memory. */
export function tableSequences(
  stored: StoredRows,
  windows: RowWindows,
  keys: readonly (readonly string[])[],
): TableSequences {
  const { layout } = stored;
  const { at, channels: features, targets: targetFeatures } = layout;
  const { steps } = windows;
  const count = windows.starts.length;
  checkSize(1, steps, features, mostInOne, 'Use a shorter window.');
  const all = Int32Array.from({ length: count }, (_, n) => n);
  const lengths = all.map((n) => windowAt(windows, n).length);
  const padded = lengths.some((length) => length < steps);
  const gather = (indices: Int32Array, into: SequenceBuffers): void => {
    checkIndices(indices, count);
    indices.forEach((n, b) => {
      const { start, length } = windowAt(windows, n);
      writeWindow(layout, stored.words, start * layout.words, length, into, b, steps);
    });
  };
  const arrays = once(() => {
    const remedy = 'Let batches be gathered from the sequences, use a larger stride or fewer features.';
    checkSize(count, steps, features, mostNumbers, remedy);
    const values = new Float32Array(count * steps * features);
    const dt = new Float32Array(count * steps);
    const targets = new Float32Array(count * (at === 'step' ? steps : 1) * targetFeatures);
    gather(all, { values, dt, targets });
    return { values, dt, targets };
  });
  /** Facts of rows as facts of steps; `padding` is told the last step's. */
  const spread = <A extends Uint8Array | Int32Array | Float64Array>(
    from: A,
    to: A,
    padding: (last: number) => number,
  ): A => {
    for (const n of all) {
      const { start, length } = windowAt(windows, n);
      to.set(from.subarray(start, start + length), n * steps);
      to.fill(padding(from[start + length - 1] ?? 0), n * steps + length, (n + 1) * steps);
    }
    return to;
  };
  const continues = all.map((n) => (continuesBefore(windows, n) ? 1 : 0));
  const elapsed = once(() => {
    const since = Float32Array.from(arrays().dt);
    const wordOf = (row: number): number => stored.words[row * layout.words + layout.inputs] ?? 0;
    continues.forEach((bit, n) => {
      if (bit === 1) since[n * steps] = wordOf(windows.starts[n] ?? 0);
    });
    return since;
  });
  const last = (n: number): number => windowAt(windows, n).start + (lengths[n] ?? 0) - 1;
  const known = once(() =>
    at === 'step'
      ? spread(stored.known, new Uint8Array(count * steps), () => 0)
      : Uint8Array.from(all, (n) => stored.known[last(n)] ?? 0),
  );
  const rows = once(() => spread(stored.rows, new Int32Array(count * steps), () => -1));
  const times = once(() => spread(stored.times, new Float64Array(count * steps), (time) => time));
  const targetRows = once(() => spread(stored.targetRows, new Int32Array(count * steps), () => -1));
  const sequences = {
    get values() {
      return arrays().values;
    },
    get dt() {
      return arrays().dt;
    },
    get targets() {
      return arrays().targets;
    },
    ...(padded ? { lengths } : {}),
    count,
    steps,
    features,
    targetFeatures,
    at,
    get known() {
      return known();
    },
    get rows() {
      return rows();
    },
    get times() {
      return times();
    },
    get targetRows() {
      return targetRows();
    },
    series: all.map((n) => windowAt(windows, n).series),
    continues: Uint8Array.from(continues),
    get elapsed() {
      return elapsed();
    },
    keys,
  };
  // Not enumerable, so that a copy with other arrays does not gather what it no longer is, and can be posted to a worker.
  return Object.defineProperties(sequences, {
    padded: { value: padded },
    gather: { value: gather },
    contents: { value: () => contentsOf(layout, windows, [stored.words]) },
  }) as typeof sequences & Pick<TableSequences, 'padded' | 'gather' | 'contents'>;
}

/** What decides sequences: sizes, windows, rows. Equal for equal sequences, wherever the rows lie. */
export function* contentsOf(
  layout: RowLayout,
  { steps, starts, ends }: RowWindows,
  words: Iterable<Float32Array>,
): Generator<Float32Array | Int32Array, void, undefined> {
  const runs = layout.runs.flatMap((run) => (run.kind === 'numbers' ? [0, run.words] : [1, run.channels]));
  yield Int32Array.of(steps, layout.targets, layout.at === 'step' ? 0 : 1, ...runs);
  yield starts;
  yield ends;
  yield* words;
}

/** Errors: `value`. */
export function checkSize(count: number, steps: number, features: number, most: number, remedy: string): void {
  if (count * steps * features <= most) return;
  const what = `${count} sequences of ${steps} steps of ${features} channels need over ${most} numbers`;
  throw new DataError('value', what, { remedy });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
