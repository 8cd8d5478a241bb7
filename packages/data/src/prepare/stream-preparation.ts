/**
 * Rows that come one at a time, through a fitted preparation: channels and elapsed times are those that `prepare` gives for
 * the same rows as one sequence, bit for bit. What a series must remember is a few numbers, which the caller keeps.
 *
 * A stream cannot take back what it answered, so rows that run backwards or repeat a time are errors, whatever the
 * preparation would do with them in a table.
 */
import { DataError, type DataErrorPlace } from '../data-error.ts';
import { usualMissing } from '../table/cell.ts';
import {
  asBoolean,
  asLabel,
  asNumber,
  asTime,
  type Cell,
  type CellRules,
  type PresentCell,
  presentCell,
} from '../table/column-builder.ts';
import { nearestName } from '../table/nearest-name.ts';
import { toCell } from '../table/rows-of-values.ts';
import { encodeCalendar, encodeLabel, encodeNumber, fillSize, startFill, widthOf } from './encode-cell.ts';
import { unknownLabel } from './encode-segment.ts';
import { type CategoryFeature, channelNames, type NumberFeature, type Preparation } from './preparation.ts';
import { seconds } from './times.ts';

/** One row. */
export interface StreamRow {
  /** A cell of the time column; absent where the preparation has none. */
  readonly time?: unknown;
  /** Cells by column; every feature is named, with null where it is missing. Other columns are not looked at. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Encodes rows. The memory of a series is `memory` numbers, all 0 before its first row. */
export interface PreparedStream {
  /** Numbers of a row for the model. */
  readonly channels: number;
  /** Numbers that a series remembers. */
  readonly memory: number;
  /**
   * Writes the channels of the next row and gives the scaled time since the row before, 0 at the first.
   * Errors, after which the memory is as before: DataError `argument` (a column or the time is missing or not wanted),
   * `dtype`, `value` (no such number, label or time; time that runs backwards or repeats).
   */
  encode(row: StreamRow, memory: Float64Array, channels: Float32Array): number;
}

/** Memory of a series: rows seen, time of the last one, then the fills of its numbers. */
const head = 2;
const rules: CellRules = { missing: new Set(usualMissing), decimal: '.' };

/** How to encode rows as they come. */
export function streamPreparation(preparation: Preparation): PreparedStream {
  const { features, calendar, timeScale } = preparation;
  const width = channelNames(preparation).length;
  const readers = features.map(reader);
  const cells = new Float64Array(features.length);
  const size = head + fillSize * features.filter(({ kind }) => kind === 'number').length;
  return {
    channels: width,
    memory: size,
    encode({ time, values }, memory, channels) {
      const [rows = 0, before = 0] = memory;
      const now = timeOf(preparation, time, rows);
      if (rows > 0 && !(now > before)) throw outOfOrder(preparation, before, now);
      readers.forEach((read, f) => {
        cells[f] = read(values);
      });
      // All that can be wrong with the row itself is known now; only its scaled numbers may still be too large.
      const kept = memory.slice();
      let [c, at] = [0, head];
      features.forEach((feature, f) => {
        const cell = cells[f] ?? Number.NaN;
        if (feature.kind === 'category') {
          encodeLabel(feature, cell, channels, c);
        } else {
          if (rows === 0) startFill(feature, now, memory, at);
          encodeNumber(feature, timeScale, cell, now, memory, at, channels, c);
          at += fillSize;
        }
        if (!finite(channels, c, c + widthOf(feature))) {
          memory.set(kept);
          throw tooLarge(feature.column, cell);
        }
        c += widthOf(feature);
      });
      encodeCalendar(calendar, now, channels, c);
      const elapsed = rows === 0 ? 0 : (now - before) / timeScale;
      if (!Number.isFinite(Math.fround(elapsed))) {
        memory.set(kept);
        throw tooLarge(preparation.time?.column ?? 'time', now);
      }
      memory[0] = rows + 1;
      memory[1] = now;
      return elapsed;
    },
  };
}

function reader(feature: NumberFeature | CategoryFeature): (values: StreamRow['values']) => number {
  const { column } = feature;
  const place = { column };
  const index = new Map(feature.kind === 'category' ? feature.labels.map((label, l) => [label, l]) : []);
  return (values) => {
    if (!Object.hasOwn(values, column)) throw missingColumn(column, values);
    const present = presentCell(cellOf(values[column], place), rules);
    if (feature.kind === 'number') {
      if (present === undefined) return Number.NaN;
      const number = asNumber(present, rules) ?? asBoolean(present);
      if (number !== undefined) return number;
      throw wrongCell(present, 'number', place, 'Give a number, or null where it is missing.');
    }
    if (present === undefined) return -1;
    const label = index.get(asLabel(present)) ?? feature.labels.length;
    if (label === feature.labels.length && !feature.other) throw unknownLabel(feature, asLabel(present), place);
    return label;
  };
}

function timeOf({ time }: Preparation, given: unknown, rows: number): number {
  if (time === null) {
    if (given === undefined) return rows;
    const remedy = 'Leave it out: rows count as one unit of time apart, as in training.';
    throw new DataError('argument', 'a time for a model that was trained without', { column: 'time', remedy });
  }
  const { column, unit } = time;
  const place = { column };
  const present = presentCell(cellOf(given, place), rules);
  if (present === undefined) {
    throw new DataError('value', 'the time is missing', {
      ...place,
      remedy: `Give the time of the row: ${example(unit)}.`,
    });
  }
  const number =
    unit === 'date' ? (typeof present === 'number' ? undefined : asTime(present)?.time) : asNumber(present, rules);
  if (number === undefined)
    throw wrongCell(present, unit === 'date' ? 'date' : 'time', place, `Write ${example(unit)}.`);
  return seconds[unit] === 1 ? number : number * seconds[unit];
}

function example(unit: keyof typeof seconds): string {
  if (unit === 'date') return 'an ISO 8601 date, such as "2024-01-31 12:00"';
  return unit === 'number' ? 'a number' : `a number of ${unit.replace('epoch-', '')} since 1970`;
}

function cellOf(value: unknown, place: Omit<DataErrorPlace, 'remedy'>): Cell {
  return toCell(value, () => place);
}

function finite(numbers: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!Number.isFinite(numbers[i])) return false;
  return true;
}

function missingColumn(column: string, values: StreamRow['values']): DataError {
  const near = nearestName(column, Object.keys(values).slice(0, 50));
  const hint = near === undefined ? '' : ` ${near} may be ${column}.`;
  const remedy = `Give every column that the model was trained with; null where a value is missing.${hint}`;
  return new DataError('argument', `there is no column "${column}"`, { column, remedy });
}

function wrongCell(
  cell: PresentCell,
  wanted: string,
  place: Omit<DataErrorPlace, 'remedy'>,
  remedy: string,
): DataError {
  const quoted = typeof cell === 'string' ? `"${cell}"` : String(cell);
  return new DataError('value', `${quoted} is no ${wanted}`, { ...place, remedy });
}

function tooLarge(column: string, value: number): DataError {
  const remedy = 'Check its unit: the model was trained on far smaller ones.';
  return new DataError('value', `${value} is too large for the numbers of the model`, { column, remedy });
}

function outOfOrder({ time }: Preparation, before: number, now: number): DataError {
  const what = now === before ? 'the time repeats' : `time runs backwards, from ${before} to ${now}`;
  const remedy = 'Give the rows of a series in the order of their times, each time once.';
  return new DataError('value', what, { column: time?.column ?? 'time', remedy });
}
