/**
 * Encoded entries as rows of a store: those that sequences are made of, each with the time since the one before, and the
 * windows that they make. Takes segments whole or in pieces, to the same rows.
 */
import { DataError } from '../data-error.ts';
import { placeOf, type Table } from '../table/table.ts';
import type { Encoded } from './encode-segment.ts';
import type { Preparation } from './preparation.ts';
import { type RowLayout, rowLayout } from './row-layout.ts';
import { type RowWindows, WindowCutter } from './row-windows.ts';

/** What windows are for. */
export interface WindowRules {
  /** Rows without a target are left out, the elapsed time bridging them. */
  readonly onlyKnown: boolean;
  /** Rows between starts; side by side where undefined. */
  readonly stride: number | undefined;
}

/** Rows of a piece. */
export interface KeptRows {
  /** Entry of the piece that each row is. */
  readonly entries: Int32Array;
  /** Rows as `RowLayout` says. */
  readonly words: Float32Array;
}

/** See the file. */
export class RowKeeper {
  readonly layout: RowLayout;
  readonly #timeScale: number;
  readonly #onlyKnown: boolean;
  readonly #cutter: WindowCutter;
  #last: number | undefined;

  constructor(preparation: Preparation, { onlyKnown, stride }: WindowRules) {
    this.layout = rowLayout(preparation);
    this.#timeScale = preparation.timeScale;
    this.#onlyKnown = onlyKnown;
    this.#cutter = new WindowCutter(preparation.window.steps, stride);
  }

  /** The next entries of the segment. Errors: `value` for numbers beyond float32, with the row that `rowOf` an entry gives. */
  keep(
    { inputs, targets, known }: Encoded,
    times: Float64Array,
    table: Table,
    rowOf: (entry: number) => number,
  ): KeptRows {
    const { inputs: width, targets: K, words: size, at } = this.layout;
    const all = Int32Array.from(known, (_, i) => i);
    const entries = this.#onlyKnown && at === 'step' ? all.filter((i) => known[i] === 1) : all;
    const words = new Float32Array(entries.length * size);
    entries.forEach((i, r) => {
      const now = times[i] ?? 0;
      const to = r * size;
      for (let w = 0; w < width; w++) words[to + w] = inputs[i * width + w] ?? 0;
      words[to + width] = this.#last === undefined ? 0 : (now - this.#last) / this.#timeScale;
      for (let k = 0; k < K; k++) words[to + width + 1 + k] = targets[i * K + k] ?? 0;
      this.#last = now;
      this.#cutter.push(!this.#onlyKnown || at === 'step' || known[i] === 1);
    });
    const wrong = words.findIndex((word) => !Number.isFinite(word));
    if (wrong >= 0) {
      const row = rowOf(entries[Math.floor(wrong / size)] ?? 0);
      throw new DataError('value', `a prepared number of the row is ${words[wrong]}, beyond float32`, {
        ...placeOf(table, row),
        remedy: 'Leave the column with such numbers out, or bring them into a usual range (normalise).',
      });
    }
    return { entries, words };
  }

  endSegment(series: number): void {
    this.#cutter.endSegment(series);
    this.#last = undefined;
  }

  /** Windows so far. */
  get count(): number {
    return this.#cutter.count;
  }

  finish(): RowWindows {
    return this.#cutter.finish();
  }
}
