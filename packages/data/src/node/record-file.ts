/** Records of so many doubles each, on a disk: appended, read by number, and passed over in order. */
import type { ScratchFile } from './scratch-space.ts';

export class RecordFile {
  readonly width: number;
  readonly #file: ScratchFile;

  constructor(file: ScratchFile, width: number) {
    this.#file = file;
    this.width = width;
  }

  /** Records. */
  get count(): number {
    return this.#file.bytes / (this.width * Float64Array.BYTES_PER_ELEMENT);
  }

  /** Errors: `file`. */
  async append(records: Float64Array): Promise<void> {
    if (records.length > 0) await this.#file.append(records);
  }

  /** Fills an array with the records from number `from` on. Errors: `file`. */
  async read(from: number, into: Float64Array): Promise<void> {
    const position = from * this.width * Float64Array.BYTES_PER_ELEMENT;
    await this.#file.read([new Uint8Array(into.buffer, into.byteOffset, into.byteLength)], position);
  }

  /** Records `from` up to `to`, at most `rows` at a time, each time in the same array. Errors: `file`. */
  async *scan(from: number, to: number, rows: number): AsyncGenerator<Float64Array, void, undefined> {
    const buffer = new Float64Array(Math.min(rows, to - from) * this.width);
    for (let at = from; at < to; at += rows) {
      const records = buffer.subarray(0, Math.min(rows, to - at) * this.width);
      await this.read(at, records);
      yield records;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Records `from` up to `to` of a file. */
export interface RecordRange {
  readonly from: number;
  readonly to: number;
}

/** A view of a file that moves forward, in a buffer of so many records; short ranges share what was read for them. */
export class RecordView {
  readonly #file: RecordFile;
  readonly #buffer: Float64Array;
  readonly capacity: number;
  #from: number = 0;
  #to: number = 0;

  constructor(file: RecordFile, capacity: number) {
    this.#file = file;
    this.capacity = capacity;
    this.#buffer = new Float64Array(capacity * file.width);
  }

  /** At most `capacity` records, valid until the next call. Errors: `file`. */
  async records({ from, to }: RecordRange): Promise<Float64Array> {
    const { width, count } = this.#file;
    if (from < this.#from || to > this.#to) {
      this.#from = from;
      this.#to = Math.min(count, from + this.capacity);
      await this.#file.read(from, this.#buffer.subarray(0, (this.#to - from) * width));
    }
    return this.#buffer.subarray((from - this.#from) * width, (to - this.#from) * width);
  }
}

/** Records of one range after another, in pieces. Errors: `file`. */
export async function* scanRanges(
  file: RecordFile,
  ranges: readonly RecordRange[],
  rows: number,
): AsyncGenerator<{ readonly range: number; readonly records: Float64Array }, void, undefined> {
  const view = new RecordView(file, Math.max(1, Math.min(rows, file.count)));
  for (const [range, { from, to }] of ranges.entries()) {
    for (let at = from; at < to; at += view.capacity) {
      yield { range, records: await view.records({ from: at, to: Math.min(to, at + view.capacity) }) };
    }
  }
}
