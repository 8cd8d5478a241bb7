/**
 * The second pass: records in the order of series and time, rows of one time made into one, so that every series is a run
 * of entries. What order and repeated times mean is as in `seriesOf`.
 */
import type { DataErrorPlace } from '../data-error.ts';
import type { TimePreparation } from '../prepare/preparation.ts';
import { runsBackwards, timeRepeats } from '../prepare/series.ts';
import { seconds } from '../prepare/times.ts';
import { RecordFile } from './record-file.ts';
import type { ScratchSpace } from './scratch-space.ts';
import { sortedRecords } from './sort-records.ts';
import { head, type Spilled } from './spill-tables.ts';

/** Series on the disk. */
export interface ArrangedSeries {
  /** Entries, as records; times in seconds since 1970 or the unit of the column. */
  readonly entries: RecordFile;
  /** Their times alone. */
  readonly times: RecordFile;
  /** Entries of each series. */
  readonly lengths: readonly number[];
  /** First entry of each series. */
  readonly offsets: readonly number[];
  readonly counts: { readonly sorted: number; readonly merged: number };
}

/** How to arrange. */
export interface ArrangeRules {
  readonly time: TimePreparation | null;
  /** Of each cell, whether rows of one time are averaged where the rules ask for a mean; else it is that of the last. */
  readonly averaged: readonly boolean[];
  readonly file: string | undefined;
}

/** Errors: `value` with the line (time backwards or repeated), `file`. The records given are closed. */
export async function arrangeSeries(
  { records, keys, together, backwards }: Spilled,
  { time, averaged, file }: ArrangeRules,
  space: ScratchSpace,
  memory: number,
): Promise<ArrangedSeries> {
  const { width } = records;
  const sort = time?.order === 'sort' && backwards.size > 0;
  const batchRows = Math.max(1, Math.floor(memory / (4 * width * Float64Array.BYTES_PER_ELEMENT)));
  const batches =
    together && !sort ? records.scan(0, records.count, batchRows) : sortedRecords(records, sort, space, memory / 2);
  const factor = time === null ? 1 : seconds[time.unit];
  const entries = new RecordFile(await space.file(), width);
  const times = new RecordFile(await space.file(), 1);
  const lengths = keys.map(() => 0);
  const group = new EntryGroup(width, time?.repeats === 'first', time?.repeats === 'mean' ? averaged : []);
  let written = new Float64Array(batchRows * width);
  let filled = 0;
  let merged = 0;
  const flush = async (): Promise<void> => {
    const batch = written.subarray(0, filled * width);
    await entries.append(batch);
    await times.append(Float64Array.from({ length: filled }, (_, i) => batch[i * width + head.time] ?? 0));
    filled = 0;
  };
  const finish = (): void => {
    if (group.size === 0) return;
    group.write(written, filled * width);
    filled++;
  };
  for await (const batch of batches) {
    for (let at = 0; at < batch.length; at += width) {
      const series = batch[at + head.series] ?? 0;
      const place = (): Omit<DataErrorPlace, 'remedy'> => placeOf(batch, at, file, time?.column);
      const length = lengths[series] ?? 0;
      // Without a time column each series counts its own rows.
      const now = time === null ? length : (batch[at + head.time] ?? 0) * factor;
      const goesOn = group.size > 0 && group.series === series;
      if (goesOn && now < group.time) throw runsBackwards(keys[series] ?? [], group.time, now, place());
      if (goesOn && now === group.time) {
        if (time?.repeats === 'error') throw timeRepeats(keys[series] ?? [], place());
        merged++;
        group.add(batch.subarray(at, at + width));
        continue;
      }
      finish();
      if (filled === batchRows) await flush();
      group.start(batch.subarray(at, at + width), series, now);
      lengths[series] = length + 1;
    }
  }
  finish();
  await flush();
  written = new Float64Array();
  await records.close();
  let offset = 0;
  const offsets = lengths.map((length) => {
    offset += length;
    return offset - length;
  });
  return { entries, times, lengths, offsets, counts: { sorted: sort ? backwards.size : 0, merged } };
}

/** Rows of one time on their way to be one entry. */
class EntryGroup {
  readonly #width: number;
  readonly #first: boolean;
  readonly #averaged: readonly boolean[];
  readonly #record: Float64Array;
  readonly #sums: Float64Array;
  readonly #known: Float64Array;
  series: number = -1;
  time: number = 0;
  size: number = 0;

  constructor(width: number, first: boolean, averaged: readonly boolean[]) {
    this.#width = width;
    this.#first = first;
    this.#averaged = averaged;
    this.#record = new Float64Array(width);
    this.#sums = new Float64Array(width);
    this.#known = new Float64Array(width);
  }

  start(record: Float64Array, series: number, time: number): void {
    this.series = series;
    this.time = time;
    this.size = 0;
    this.#sums.fill(0);
    this.#known.fill(0);
    this.add(record);
  }

  add(record: Float64Array): void {
    if (this.size === 0 || !this.#first) this.#record.set(record);
    this.size++;
    for (let c = head.cells; c < this.#width; c++) {
      const value = record[c] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      this.#sums[c] = (this.#sums[c] ?? 0) + value;
      this.#known[c] = (this.#known[c] ?? 0) + 1;
    }
  }

  write(into: Float64Array, at: number): void {
    into.set(this.#record, at);
    into[at + head.time] = this.time;
    if (this.size === 1) return;
    this.#averaged.forEach((averaged, c) => {
      const known = this.#known[head.cells + c] ?? 0;
      if (averaged) into[at + head.cells + c] = known === 0 ? Number.NaN : (this.#sums[head.cells + c] ?? 0) / known;
    });
  }
}

/** Where a record lies in its file. */
export function placeOf(
  records: Float64Array,
  at: number,
  file: string | undefined,
  column: string | undefined,
): Omit<DataErrorPlace, 'remedy'> {
  const line = records[at + head.line] ?? Number.NaN;
  return {
    ...(file === undefined ? {} : { file }),
    row: records[at + head.row] ?? 0,
    ...(Number.isNaN(line) ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
