/**
 * The first pass: tables become records on a disk, each row with its number, its line, its series and its time, as they
 * come. Finds out on the way whether the rows of a series stand together and in time.
 */
import { DataError } from '../data-error.ts';
import { chooseColumns, chooseTime, listOf } from '../prepare/choose-defaults.ts';
import type { PrepareOptions } from '../prepare/prepare-options.ts';
import { seriesKeys } from '../prepare/series.ts';
import { timeColumn } from '../prepare/times.ts';
import type { Table } from '../table/table.ts';
import { LabelCodes } from './label-codes.ts';
import { RecordFile } from './record-file.ts';
import type { ScratchSpace } from './scratch-space.ts';
import { SpilledColumns } from './spilled-columns.ts';

/** Doubles of a record before its cells. */
export const head = { row: 0, line: 1, series: 2, time: 3, cells: 4 } as const;

/** All rows on the disk, and what is known of them. */
export interface Spilled {
  readonly records: RecordFile;
  readonly columns: SpilledColumns;
  readonly keys: readonly (readonly string[])[];
  /** Whether the rows of each series stand together. */
  readonly together: boolean;
  /** Series in which time runs backwards. */
  readonly backwards: ReadonlySet<number>;
  readonly lines: boolean;
}

/** Errors: `value` (no row, no name of a series, no time, too many series or texts), those of the tables, `file`. */
export async function spillTables(
  tables: AsyncIterable<Table> | Iterable<Table>,
  options: PrepareOptions,
  space: ScratchSpace,
  memory: number,
): Promise<Spilled> {
  const group = listOf(options.group);
  const time = typeof options.time === 'string' ? { column: options.time } : options.time;
  const target = options.task === 'classification' ? listOf(options.target)[0] : undefined;
  const series = new LabelCodes();
  const keys: (readonly string[])[] = [];
  const last: number[] = [];
  const backwards = new Set<number>();
  let together = true;
  let before = 0;
  let rows = 0;
  let lines = false;
  let columns: SpilledColumns | undefined;
  let records: RecordFile | undefined;
  for await (const given of tables) {
    if (given.rows === 0) continue;
    const table = numbered(given, rows);
    columns ??= columnsOf(table, options, memory / 8);
    const taken = columns.take(table, target);
    const times = time === undefined ? undefined : timeColumn(table, time.column, time.unit).values;
    const of = seriesKeys(table, group);
    const codes = of.keys.map((key) => {
      const [code = 0] = series.take({ labels: [JSON.stringify(key)] });
      keys[code] ??= key;
      return code;
    });
    if (series.bytes > memory / 8) {
      throw new DataError('value', `over ${keys.length} series are more than the memory limit lets be kept apart`, {
        column: group.join(', '),
        remedy: 'Group by another column, or raise the memory limit.',
      });
    }
    const width = head.cells + taken.length;
    const batch = new Float64Array(table.rows * width);
    for (let row = 0; row < table.rows; row++) {
      const s = codes[of.of[row] ?? 0] ?? 0;
      const now = times?.[row] ?? 0;
      if (s < before) together = false;
      before = Math.max(s, before);
      if (now < (last[s] ?? now)) backwards.add(s);
      last[s] = now;
      batch.set([rows + row, table.lines?.[row] ?? Number.NaN, s, now], row * width);
    }
    taken.forEach(({ column, codes: labels }, c) => {
      const at = head.cells + c;
      for (let row = 0; row < table.rows; row++) {
        const cell = column.kind === 'category' ? labels?.[column.codes[row] ?? -1] : column.values[row];
        batch[row * width + at] = cell ?? Number.NaN;
      }
    });
    lines ||= table.lines !== undefined;
    rows += table.rows;
    records ??= new RecordFile(await space.file(), width);
    await records.append(batch);
  }
  if (records === undefined || columns === undefined) {
    throw new DataError('value', 'the table has no row', { remedy: 'Pass a file with at least one row.' });
  }
  return { records, columns, keys, together, backwards, lines };
}

/** The table with the number that each row has among all. */
function numbered(table: Table, before: number): Table {
  return table.numbers !== undefined || before === 0
    ? table
    : { ...table, numbers: Float64Array.from({ length: table.rows }, (_, row) => before + row) };
}

/** Which columns go to the disk. Wrong names fail here, at the first rows and not after the last. */
function columnsOf(table: Table, options: PrepareOptions, labelBytes: number): SpilledColumns {
  const time = chooseTime(table, options, []);
  const group = listOf(options.group);
  const { targets } = chooseColumns(table, options, time, group, []);
  const aside = new Set([...group, ...(time === null ? [] : [time.column])]);
  const free = table.columns.map(({ name }) => name).filter((name) => !aside.has(name));
  const kept = new Set([...(options.features ?? free), ...targets]);
  return new SpilledColumns(table, kept, new Set([...(options.features ?? []), ...targets]), labelBytes);
}
