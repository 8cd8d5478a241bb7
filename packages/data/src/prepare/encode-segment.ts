/**
 * Numbers of one segment as a model takes them: inputs, targets and which entries have them. Fills and ages begin anew
 * with the segment, so nothing of another part reaches it. A segment may be encoded piece by piece, to the same bits.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { type CategoryColumn, cellText, columnOf, placeOf, type Table } from '../table/table.ts';
import { encodeCalendar, encodeNumber, fillSize, startFill, widthOf } from './encode-cell.ts';
import type { CategoryFeature, NumberFeature, Preparation } from './preparation.ts';
import { rowLayout } from './row-layout.ts';
import { numbersAlong, type Series } from './series.ts';
import type { Segment } from './split-series.ts';
import { targetEntries } from './targets-ahead.ts';

/** A segment of L entries. */
export interface Encoded {
  readonly segment: Segment;
  /** [L, inputs], see `RowLayout`. */
  readonly inputs: Float32Array;
  /** Model units, [L, targets]; 0 where not known. */
  readonly targets: Float32Array;
  /** 1 where every target is known, [L]. */
  readonly known: Uint8Array;
  /** Entry of the series that the target is, [L]; -1 where the segment has none. */
  readonly targetEntries: Int32Array;
}

/** What encoding met that a user should know. */
export interface Findings {
  /** Labels that no vocabulary knows, by column. */
  readonly unknown: Map<string, number>;
  /** Entries without a target. */
  lacking: number;
}

/** A segment that is encoded in pieces, each with the entries that its targets need. */
export interface Piecewise {
  /** Entries of the series that targets may be: all up to here are of the segment. */
  readonly until: number;
  /** What each feature of numbers remembers, by its column; kept up to date. */
  readonly memories: Map<string, Float64Array>;
}

/**
 * Errors: `argument` (a column is missing), `dtype` (of another kind), `value` (an unknown label). Targets are read when
 * `withTargets`, which needs their columns.
 */
export function encodeSegment(
  table: Table,
  series: Series,
  segment: Segment,
  preparation: Preparation,
  withTargets: boolean,
  findings: Findings,
  { until, memories }: Piecewise = { until: segment.to, memories: new Map() },
): Encoded {
  const { from, to } = segment;
  const length = to - from;
  const width = rowLayout(preparation).inputs;
  const inputs = new Float32Array(length * width);
  const times = series.times.subarray(from, to);
  let c = 0;
  for (const feature of preparation.features) {
    if (feature.kind === 'number') {
      const memory = memories.get(feature.column) ?? startedFill(feature, times[0] ?? 0);
      memories.set(feature.column, memory);
      const raw = numbersAlong(numericColumn(table, feature.column), series, from, to);
      raw.forEach((value, i) => {
        encodeNumber(feature, preparation.timeScale, value, times[i] ?? 0, memory, 0, inputs, i * width + c);
      });
      c += widthOf(feature);
    } else {
      labelsAlong(table, series, segment, feature, findings).forEach((label, i) => {
        inputs[i * width + c] = label;
      });
      c++;
    }
  }
  for (let i = 0; i < length; i++) encodeCalendar(preparation.calendar, times[i] ?? 0, inputs, i * width + c);
  const count = preparation.targets.length;
  const entries = withTargets
    ? targetEntries(series.times, { from, to, until }, preparation.horizon)
    : new Int32Array(length).fill(-1);
  const targets = new Float32Array(length * count);
  const known = new Uint8Array(length);
  const columns = withTargets
    ? preparation.targets.map((_, t) => targetsAlong(table, series, preparation, t, from, until))
    : [];
  entries.forEach((entry, i) => {
    if (entry < 0 || columns.some((column) => Number.isNaN(column[entry - from]))) {
      findings.lacking++;
      return;
    }
    known[i] = 1;
    columns.forEach((column, t) => {
      const { center = 0, scale = 1 } = preparation.targets[t] ?? {};
      targets[i * count + t] = ((column[entry - from] ?? 0) - center) / scale;
    });
  });
  return { segment, inputs, targets, known, targetEntries: entries };
}

function startedFill(feature: NumberFeature, now: number): Float64Array {
  const memory = new Float64Array(fillSize);
  startFill(feature, now, memory, 0);
  return memory;
}

/** Index of the label of each entry among those of the feature, their number for any other, -1 where missing. */
function labelsAlong(
  table: Table,
  { rows }: Series,
  { from, to }: Segment,
  feature: CategoryFeature,
  { unknown }: Findings,
): Int32Array {
  const { column: name, labels, other } = feature;
  const column = columnOf(table, name);
  const index = new Map(labels.map((label, l) => [label, l]));
  // Vocabulary index of each label of the table, so that texts are compared once and not per row.
  const byCode =
    column.kind === 'category' ? column.labels.map((label) => index.get(label) ?? labels.length) : undefined;
  const labelAt = (row: number): number => {
    if (byCode !== undefined) return byCode[(column as CategoryColumn).codes[row] ?? -1] ?? -1;
    const text = cellText(column, row);
    return text === undefined ? -1 : (index.get(text) ?? labels.length);
  };
  return rows.slice(from, to).map((row) => {
    const label = labelAt(row);
    if (label === labels.length) {
      if (!other) throw unknownLabel(feature, cellText(column, row) ?? '', placeOf(table, row, name));
      unknown.set(name, (unknown.get(name) ?? 0) + 1);
    }
    return label;
  });
}

/** A label that the model does not know, of a feature without a channel for others. */
export function unknownLabel(
  { labels }: CategoryFeature,
  text: string,
  place: Omit<DataErrorPlace, 'remedy'>,
): DataError {
  const remedy = `Use one of ${labels.slice(0, 20).join(', ')}, or prepare with unknownCategory "other".`;
  return new DataError('value', `"${text}" is none of the labels that the model knows`, { ...place, remedy });
}

/** A column of numbers or booleans. Errors: `argument`, `dtype`. */
export function numericColumn(table: Table, name: string): Exclude<ReturnType<typeof columnOf>, CategoryColumn> {
  const column = columnOf(table, name);
  if (column.kind === 'number' || column.kind === 'boolean') return column;
  const remedy =
    column.kind === 'time'
      ? 'Leave it out, or name it as the column of time.'
      : 'Leave it out, or read it as numbers (option types).';
  throw new DataError('dtype', `a column of kind ${column.kind} where numbers are needed`, {
    ...placeOf(table, undefined, name),
    remedy,
  });
}

/** Target `t` of entries `from` to `to` of a series, in the user's unit or as the index of its class; NaN where missing. */
function targetsAlong(
  table: Table,
  series: Series,
  { targets, classes }: Preparation,
  t: number,
  from: number,
  to: number,
): Float64Array {
  const name = targets[t]?.column ?? '';
  if (classes === null) return numbersAlong(numericColumn(table, name), series, from, to);
  const column = columnOf(table, name);
  const index = new Map(classes.map((label, c) => [label, c]));
  return Float64Array.from(series.rows.subarray(from, to), (row) => {
    const text = cellText(column, row);
    if (text === undefined) return Number.NaN;
    const found = index.get(text);
    if (found !== undefined) return found;
    throw new DataError('value', `"${text}" is none of the classes`, {
      ...placeOf(table, row, name),
      remedy: `Use one of ${classes.slice(0, 20).join(', ')}.`,
    });
  });
}
