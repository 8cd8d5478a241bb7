/** Encodes segments and cuts them into windows: the one road that training data and new data both take. */
import type { Table } from '../table/table.ts';
import { type Encoded, encodeSegment, type Findings } from './encode-segment.ts';
import { RowKeeper, type WindowRules } from './keep-rows.ts';
import type { Preparation } from './preparation.ts';
import type { Series } from './series.ts';
import type { Segment } from './split-series.ts';
import { type StoredRows, type TableSequences, tableSequences } from './table-sequences.ts';

/** How to cut, and where to report. */
export interface SequencesOptions extends WindowRules {
  readonly withTargets: boolean;
  /** What errors call the data. */
  readonly name: string;
  readonly notes: string[];
}

/** Sequences of finite numbers; undefined when the segments have no window. */
export function sequencesOf(
  table: Table,
  series: readonly Series[],
  segments: readonly Segment[],
  preparation: Preparation,
  { onlyKnown, stride, withTargets, name, notes }: SequencesOptions,
): TableSequences | undefined {
  const findings: Findings = { unknown: new Map(), lacking: 0 };
  const keeper = new RowKeeper(preparation, { onlyKnown, stride });
  const pieces: Piece[] = [];
  for (const segment of segments) {
    const one = series[segment.series];
    if (one === undefined) continue;
    const encoded = encodeSegment(table, one, segment, preparation, withTargets, findings);
    pieces.push(storedRows(keeper, encoded, one, table));
    keeper.endSegment(segment.series);
  }
  notes.push(...notesOf(findings, name, onlyKnown));
  if (keeper.count === 0) return undefined;
  const stored: StoredRows = {
    layout: keeper.layout,
    words: joined(pieces, ({ words }) => words, Float32Array),
    known: joined(pieces, ({ known }) => known, Uint8Array),
    rows: joined(pieces, ({ rows }) => rows, Int32Array),
    times: joined(pieces, ({ times }) => times, Float64Array),
    targetRows: joined(pieces, (piece) => piece.targetRows, Int32Array),
  };
  return tableSequences(
    stored,
    keeper.finish(),
    series.map(({ key }) => key),
  );
}

/** What a user should know of the rows of a part. */
export function notesOf({ unknown, lacking }: Findings, name: string, onlyKnown: boolean): string[] {
  const counts = [...unknown].map(([column, count]) => `${column} ${count}`).join(', ');
  return [
    ...(unknown.size === 0
      ? []
      : [`Rows of the ${name} with labels that training has rarely or never, in the channel (other): ${counts}.`]),
    ...(onlyKnown && lacking > 0 ? [`Rows of the ${name} without a target, left out: ${lacking}.`] : []),
  ];
}

type Piece = Omit<StoredRows, 'layout'>;

function storedRows(keeper: RowKeeper, encoded: Encoded, series: Series, table: Table): Piece {
  const { segment, known, targetEntries } = encoded;
  const rowOf = (entry: number): number => series.rows[segment.from + entry] ?? -1;
  const times = series.times.subarray(segment.from, segment.to);
  const { entries, words } = keeper.keep(encoded, times, table, rowOf);
  return {
    words,
    known: Uint8Array.from(entries, (i) => known[i] ?? 0),
    rows: entries.map(rowOf),
    times: Float64Array.from(entries, (i) => times[i] ?? 0),
    targetRows: entries.map((i) => series.rows[targetEntries[i] ?? -1] ?? -1),
  };
}

function joined<A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
  pieces: readonly Piece[],
  part: (piece: Piece) => A,
  make: new (length: number) => A,
): A {
  const all = new make(pieces.reduce((sum, piece) => sum + part(piece).length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(part(piece), at);
    at += part(piece).length;
  }
  return all;
}
