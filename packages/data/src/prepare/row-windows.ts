/**
 * Windows as views: which rows of a store each sequence is. Rows of a segment stand together and windows lie within one.
 * For training they start every `stride` rows and one more ends at the last row; otherwise they stand side by side, so that
 * every row occurs once. A window takes four bytes, whatever its length and however many overlap.
 */
import { GrowingInt32 } from './growing-int32.ts';

/** N windows of at most `steps` rows. */
export interface RowWindows {
  readonly steps: number;
  /** First row of each window, rising, [N]. */
  readonly starts: Int32Array;
  /** The row behind the last of each segment, rising, [segments]. */
  readonly ends: Int32Array;
  /** Series of each segment, [segments]. */
  readonly series: Int32Array;
}

/** Rows and series of window `n`. */
export function windowAt(
  windows: RowWindows,
  n: number,
): { readonly start: number; readonly length: number; readonly series: number } {
  const { steps, starts, ends, series } = windows;
  const start = starts[n] ?? 0;
  const segment = segmentOf(windows, start);
  return { start, length: Math.min(steps, (ends[segment] ?? 0) - start), series: series[segment] ?? 0 };
}

/** Whether window `n` goes on where the window before it ended: in the same segment, no row twice and none left out. */
export function continuesBefore(windows: RowWindows, n: number): boolean {
  if (n === 0) return false;
  const { start, length } = windowAt(windows, n - 1);
  const next = windows.starts[n] ?? 0;
  return start + length === next && segmentOf(windows, start) === segmentOf(windows, next);
}

/** The segment of a row. */
function segmentOf({ ends }: RowWindows, row: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) <= row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Finds windows while rows go by, one segment after another. */
export class WindowCutter {
  readonly #steps: number;
  readonly #stride: number | undefined;
  readonly #starts = new GrowingInt32();
  readonly #ends = new GrowingInt32();
  readonly #series = new GrowingInt32();
  #rows: number = 0;
  #length: number = 0;
  /** Rows of the segment up to the end of its last window, also one that was left out. */
  #covered: number = 0;
  #counts: boolean = false;

  /** `stride` undefined: side by side. */
  constructor(steps: number, stride: number | undefined) {
    this.#steps = steps;
    this.#stride = stride;
  }

  /** The next row of the segment; a window may end there if it `counts`. */
  push(counts: boolean): void {
    this.#length++;
    this.#counts = counts;
    const beyond = this.#length - this.#steps;
    if (beyond < 0 || beyond % (this.#stride ?? this.#steps) !== 0) return;
    this.#end(this.#steps);
  }

  /** The segment ends behind the last row. */
  endSegment(series: number): void {
    if (this.#length > this.#covered) {
      const rest = this.#length - this.#covered;
      this.#end(this.#stride === undefined ? rest : Math.min(this.#steps, this.#length));
    }
    if (this.#length > 0) {
      this.#rows += this.#length;
      this.#ends.push(this.#rows);
      this.#series.push(series);
    }
    this.#length = 0;
    this.#covered = 0;
  }

  /** Windows so far. */
  get count(): number {
    return this.#starts.length;
  }

  finish(): RowWindows {
    return {
      steps: this.#steps,
      starts: this.#starts.finish(),
      ends: this.#ends.finish(),
      series: this.#series.finish(),
    };
  }

  #end(length: number): void {
    this.#covered = this.#length;
    if (this.#counts) this.#starts.push(this.#rows + this.#length - length);
  }
}
