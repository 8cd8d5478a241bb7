/**
 * Numbers of one segment as a model takes them: channels, targets and which entries have them. Fills and ages begin anew
 * with the segment, so nothing of another part reaches it.
 */
import { DataError } from '../data-error.ts';
import { type CategoryColumn, cellText, columnOf, placeOf, type Table } from '../table/table.ts';
import { phase } from './calendar.ts';
import { fillMissing } from './fill-missing.ts';
import { type CategoryFeature, channelNames, type NumberFeature, type Preparation } from './preparation.ts';
import { numbersAlong, type Series } from './series.ts';
import type { Segment } from './split-series.ts';
import { targetEntries } from './targets-ahead.ts';

/** A segment of L entries. */
export interface Encoded {
  readonly segment: Segment;
  /** [L, channels]. */
  readonly channels: Float32Array;
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
): Encoded {
  const { from, to } = segment;
  const length = to - from;
  const width = channelNames(preparation).length;
  const channels = new Float32Array(length * width);
  const times = series.times.subarray(from, to);
  let c = 0;
  const write = (value: (i: number) => number): void => {
    for (let i = 0; i < length; i++) channels[i * width + c] = value(i);
    c++;
  };
  for (const feature of preparation.features) {
    if (feature.kind === 'number') encodeNumber(table, series, segment, times, feature, preparation.timeScale, write);
    else encodeCategory(table, series, segment, feature, findings, write);
  }
  for (const cycle of preparation.calendar) {
    write((i) => Math.sin(phase(times[i] ?? 0, cycle)));
    write((i) => Math.cos(phase(times[i] ?? 0, cycle)));
  }
  const count = preparation.targets.length;
  const entries = withTargets
    ? targetEntries(series.times, segment, preparation.horizon)
    : new Int32Array(length).fill(-1);
  const targets = new Float32Array(length * count);
  const known = new Uint8Array(length);
  const columns = withTargets ? preparation.targets.map((_, t) => targetsAlong(table, series, preparation, t)) : [];
  entries.forEach((entry, i) => {
    if (entry < 0 || columns.some((column) => Number.isNaN(column[entry]))) return;
    known[i] = 1;
    columns.forEach((column, t) => {
      const { center = 0, scale = 1 } = preparation.targets[t] ?? {};
      targets[i * count + t] = ((column[entry] ?? 0) - center) / scale;
    });
  });
  return { segment, channels, targets, known, targetEntries: entries };
}

function encodeNumber(
  table: Table,
  series: Series,
  { from, to }: Segment,
  times: Float64Array,
  feature: NumberFeature,
  timeScale: number,
  write: (value: (i: number) => number) => void,
): void {
  const column = numericColumn(table, feature.column);
  const raw = numbersAlong(column, series).subarray(from, to);
  const filled = fillMissing(raw, times, feature.fill, feature.missing === 'forward-fill');
  write((i) => ((filled.values[i] ?? 0) - feature.center) / feature.scale);
  if (!feature.marks) return;
  write((i) => filled.known[i] ?? 0);
  write((i) => Math.log1p((filled.age[i] ?? 0) / timeScale));
}

function encodeCategory(
  table: Table,
  { rows }: Series,
  { from, to }: Segment,
  { column: name, labels, other }: CategoryFeature,
  { unknown }: Findings,
  write: (value: (i: number) => number) => void,
): void {
  const column = columnOf(table, name);
  const index = new Map(labels.map((label, l) => [label, l]));
  const row = (i: number): number => rows[from + i] ?? -1;
  // Vocabulary index of each label of the table, so that texts are compared once and not per row.
  const byCode =
    column.kind === 'category' ? column.labels.map((label) => index.get(label) ?? labels.length) : undefined;
  const labelAt = (i: number): number => {
    if (byCode !== undefined) return byCode[(column as CategoryColumn).codes[row(i)] ?? -1] ?? -1;
    const text = cellText(column, row(i));
    return text === undefined ? -1 : (index.get(text) ?? labels.length);
  };
  labels.forEach((_, l) => {
    write((i) => (labelAt(i) === l ? 1 : 0));
  });
  const strange = (i: number): boolean => labelAt(i) === labels.length;
  for (let i = 0; i < to - from; i++) {
    if (!strange(i)) continue;
    if (!other) {
      const what = `"${cellText(column, row(i))}" is none of the labels that the model knows`;
      const remedy = `Use one of ${labels.slice(0, 20).join(', ')}, or prepare with unknownCategory "other".`;
      throw new DataError('value', what, { ...placeOf(table, row(i), name), remedy });
    }
    unknown.set(name, (unknown.get(name) ?? 0) + 1);
  }
  if (other) write((i) => (strange(i) ? 1 : 0));
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

/** Target `t` of every entry of a series, in the user's unit or as the index of its class; NaN where missing. */
function targetsAlong(table: Table, series: Series, { targets, classes }: Preparation, t: number): Float64Array {
  const name = targets[t]?.column ?? '';
  if (classes === null) return numbersAlong(numericColumn(table, name), series);
  const column = columnOf(table, name);
  const index = new Map(classes.map((label, c) => [label, c]));
  return Float64Array.from(series.rows, (row) => {
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
