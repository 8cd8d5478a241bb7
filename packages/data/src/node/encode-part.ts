/** The last pass: the segments of a part, encoded piece by piece into rows on the disk, and the windows over them. */
import { DataError } from '../data-error.ts';
import { type Encoded, encodeSegment, type Findings } from '../prepare/encode-segment.ts';
import { RowKeeper, type WindowRules } from '../prepare/keep-rows.ts';
import type { Preparation } from '../prepare/preparation.ts';
import type { RowLayout } from '../prepare/row-layout.ts';
import type { RowWindows } from '../prepare/row-windows.ts';
import type { Segment } from '../prepare/split-series.ts';
import type { ArrangedSeries } from './arrange-series.ts';
import { type RecordColumns, tableOfRecords, timesOfRecords } from './disk-table.ts';
import { RecordFile, RecordView } from './record-file.ts';
import type { ScratchFile, ScratchSpace } from './scratch-space.ts';
import { origin } from './stored-sequences.ts';

/** A part on the disk. */
export interface EncodedPart {
  readonly layout: RowLayout;
  readonly windows: RowWindows;
  readonly file: ScratchFile;
  /** Where each row comes from, where asked for. */
  readonly origins: RecordFile | undefined;
}

/** What to encode, and how. */
export interface EncodeRules extends WindowRules {
  readonly columns: RecordColumns;
  readonly preparation: Preparation;
  readonly withOrigins: boolean;
  readonly findings: Findings;
}

/** Undefined where there is no window. Errors: as `encodeSegment`, `value` for a horizon beyond the memory, `file`. */
export async function encodePart(
  series: ArrangedSeries,
  segments: readonly Segment[],
  rules: EncodeRules,
  space: ScratchSpace,
  memory: number,
): Promise<EncodedPart | undefined> {
  const { preparation, columns, findings, withOrigins } = rules;
  const keeper = new RowKeeper(preparation, rules);
  const file = await space.file();
  const origins = withOrigins ? new RecordFile(await space.file(), origin.width) : undefined;
  const { width } = series.entries;
  const most = Math.max(2, Math.floor(memory / (6 * width * Float64Array.BYTES_PER_ELEMENT)));
  const view = new RecordView(series.entries, Math.min(most, series.entries.count));
  for (const { series: s, from, to } of segments) {
    const offset = series.offsets[s] ?? 0;
    const memories = new Map<string, Float64Array>();
    for (let at = from; at < to; ) {
      const { records, length } = await pieceOf(view, offset, at, to, preparation, width);
      const table = tableOfRecords(records, columns);
      const times = timesOfRecords(records, width);
      const one = { key: [], rows: Int32Array.from(times, (_, i) => i), times };
      const segment: Segment = { series: s, from: 0, to: length };
      const piece = { until: times.length, memories };
      const encoded = encodeSegment(table, one, segment, preparation, true, findings, piece);
      const { entries, words } = keeper.keep(encoded, times, table, (entry) => entry);
      await file.append(words);
      await origins?.append(originsOf(encoded, entries, times, table.numbers ?? []));
      at += length;
    }
    keeper.endSegment(s);
  }
  if (keeper.count === 0) return undefined;
  return { layout: keeper.layout, windows: keeper.finish(), file, origins };
}

/** Entries from `at` on that are encoded together, and behind them those that their targets may be. */
async function pieceOf(
  view: RecordView,
  offset: number,
  at: number,
  to: number,
  { horizon }: Preparation,
  width: number,
): Promise<{ readonly records: Float64Array; readonly length: number }> {
  const all = Math.min(view.capacity, to - at);
  const records = await view.records({ from: offset + at, to: offset + at + all });
  if (at + all === to || horizon === null) return { records, length: all };
  // The rest of the segment is not in view, so the last entries are left to the next piece.
  const times = timesOfRecords(records, width);
  const last = times.at(-1) ?? 0;
  const length =
    horizon.kind === 'steps' ? all - horizon.steps : times.filter((time) => time + horizon.ahead <= last).length;
  if (length > 0) return { records, length };
  throw new DataError('value', `a horizon of over ${all} rows is more than the memory limit lets be looked ahead`, {
    remedy: 'Use a shorter horizon, or raise the memory limit.',
  });
}

function originsOf(
  { known, targetEntries }: Encoded,
  entries: Int32Array,
  times: Float64Array,
  numbers: ArrayLike<number>,
): Float64Array {
  const records = new Float64Array(entries.length * origin.width);
  entries.forEach((entry, r) => {
    const target = targetEntries[entry] ?? -1;
    records[r * origin.width + origin.time] = times[entry] ?? 0;
    records[r * origin.width + origin.row] = numbers[entry] ?? -1;
    records[r * origin.width + origin.targetRow] = target < 0 ? -1 : (numbers[target] ?? -1);
    records[r * origin.width + origin.known] = known[entry] ?? 0;
  });
  return records;
}
