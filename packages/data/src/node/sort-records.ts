/**
 * Sorts records on a disk by series, then by time where asked, rows that are equal in this in their order: parts that fit
 * into memory are sorted and merged, in several rounds when there are many.
 */

import { RecordFile } from './record-file.ts';
import type { ScratchSpace } from './scratch-space.ts';
import { head } from './spill-tables.ts';

/** Runs that are merged at once. */
const mostRuns = 256;

interface Run {
  readonly from: number;
  readonly to: number;
}

/** The records in order, a batch at a time; each is valid until the next. Within `memory` bytes. Errors: `file`. */
export async function* sortedRecords(
  records: RecordFile,
  byTime: boolean,
  space: ScratchSpace,
  memory: number,
): AsyncGenerator<Float64Array, void, undefined> {
  const { width } = records;
  const order = orderOf(width, byTime);
  const fitting = Math.max(1, Math.floor(memory / (3 * width * Float64Array.BYTES_PER_ELEMENT)));
  let source = new RecordFile(await space.file(), width);
  let runs: Run[] = [];
  for await (const part of records.scan(0, records.count, fitting)) {
    const from = source.count;
    await source.append(sorted(part, width, order));
    runs.push({ from, to: source.count });
  }
  while (runs.length > mostRuns) {
    const next = new RecordFile(await space.file(), width);
    const merged: Run[] = [];
    for (let at = 0; at < runs.length; at += mostRuns) {
      const from = next.count;
      for await (const batch of merge(source, runs.slice(at, at + mostRuns), order, memory)) await next.append(batch);
      merged.push({ from, to: next.count });
    }
    await source.close();
    source = next;
    runs = merged;
  }
  yield* merge(source, runs, order, memory);
  await source.close();
}

/** Whether record `a` of one array stands before record `b` of another: below zero. */
type Order = (left: Float64Array, a: number, right: Float64Array, b: number) => number;

function orderOf(width: number, byTime: boolean): Order {
  const places = byTime ? [head.series, head.time, head.row] : [head.series, head.row];
  return (left, a, right, b) => {
    for (const place of places) {
      const difference = (left[a * width + place] ?? 0) - (right[b * width + place] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

function sorted(records: Float64Array, width: number, order: Order): Float64Array {
  const places = Uint32Array.from({ length: records.length / width }, (_, i) => i).sort((a, b) =>
    order(records, a, records, b),
  );
  const result = new Float64Array(records.length);
  places.forEach((place, i) => {
    result.set(records.subarray(place * width, (place + 1) * width), i * width);
  });
  return result;
}

/** Where the merge stands in one run. */
interface Cursor {
  readonly run: Run;
  /** First record behind those in the buffer. */
  next: number;
  buffer: Float64Array;
  /** Record of the buffer that is next, and how many there are. */
  at: number;
  count: number;
}

async function* merge(
  source: RecordFile,
  runs: readonly Run[],
  order: Order,
  memory: number,
): AsyncGenerator<Float64Array, void, undefined> {
  const { width } = source;
  const rows = Math.max(1, Math.floor(memory / ((runs.length + 1) * width * Float64Array.BYTES_PER_ELEMENT)));
  const output = new Float64Array(rows * width);
  const heap: Cursor[] = [];
  const before = (a: Cursor, b: Cursor): boolean => order(a.buffer, a.at, b.buffer, b.at) < 0;
  for (const run of runs) {
    const cursor = { run, next: run.from, buffer: new Float64Array(rows * width), at: 0, count: 0 };
    if (await refill(source, cursor, rows)) pushUp(heap, cursor, before);
  }
  let filled = 0;
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    output.set(top.buffer.subarray(top.at * width, (top.at + 1) * width), filled * width);
    if (++filled === rows) {
      yield output;
      filled = 0;
    }
    if (++top.at === top.count && !(await refill(source, top, rows))) {
      const last = heap.pop();
      if (last === undefined || last === top) continue;
      heap[0] = last;
    }
    pushDown(heap, before);
  }
  if (filled > 0) yield output.subarray(0, filled * width);
}

/** Whether the run has more. */
async function refill(source: RecordFile, cursor: Cursor, rows: number): Promise<boolean> {
  cursor.at = 0;
  cursor.count = Math.min(rows, cursor.run.to - cursor.next);
  if (cursor.count === 0) return false;
  await source.read(cursor.next, cursor.buffer.subarray(0, cursor.count * source.width));
  cursor.next += cursor.count;
  return true;
}

function pushUp(heap: Cursor[], cursor: Cursor, before: (a: Cursor, b: Cursor) => boolean): void {
  let at = heap.push(cursor) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(cursor, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = cursor;
}

function pushDown(heap: Cursor[], before: (a: Cursor, b: Cursor) => boolean): void {
  const cursor = heap[0];
  if (cursor === undefined) return;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) break;
    const [least, place] = right !== undefined && before(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1];
    if (!before(least, cursor)) break;
    heap[at] = least;
    at = place;
  }
  heap[at] = cursor;
}
