/**
 * `prepare` for the evaluation of tables larger than memory, through a preparation that was fitted elsewhere: sequences and
 * notes are those of the same table in memory, bit for bit.
 */
import { tmpdir } from 'node:os';
import { DataError } from '../data-error.ts';
import type { Findings } from '../prepare/encode-segment.ts';
import type { Preparation } from '../prepare/preparation.ts';
import type { PrepareOptions } from '../prepare/prepare-options.ts';
import { notesOf } from '../prepare/sequences-of.ts';
import { seriesNotes } from '../prepare/series.ts';
import type { Table } from '../table/table.ts';
import { arrangeSpilled } from './arrange-spilled.ts';
import { BlockCache } from './block-cache.ts';
import { encodePart } from './encode-part.ts';
import { checkWindows, type DiskOptions, inScratchSpace, originsOf } from './fit-on-disk.ts';
import { samplePart } from './sample-part.ts';
import type { ScratchSpace } from './scratch-space.ts';
import { spillTables } from './spill-tables.ts';
import { type StoredEvaluation, storedEvaluation } from './stored-sequences.ts';

/** Sequences of a table on a disk. */
export interface EvaluationOnDisk {
  readonly data: StoredEvaluation;
  readonly notes: readonly string[];
  /** Rows of the table. */
  readonly rows: number;
  /** Bytes on the disk. */
  readonly bytes: number;
  /** As that of `PreparedOnDisk`, of the whole table. Errors: `file`. */
  sample(rows: number): Promise<Table>;
  /** Removes them. */
  dispose(): Promise<void>;
}

/**
 * Prepares a table that comes piece by piece for evaluation. Memory is needed as by `fitOnDisk`.
 * Errors: as `prepare` for evaluation; `argument` for the limit; `value` for what does not fit into it; `file`.
 */
export async function prepareOnDisk(
  tables: AsyncIterable<Table> | Iterable<Table>,
  preparation: Preparation,
  { memoryLimit = 256e6, folder = tmpdir() }: DiskOptions = {},
): Promise<EvaluationOnDisk> {
  return inScratchSpace({ memoryLimit, folder }, (space) => pass(tables, preparation, memoryLimit, space));
}

async function pass(
  tables: AsyncIterable<Table> | Iterable<Table>,
  preparation: Preparation,
  limit: number,
  space: ScratchSpace,
): Promise<EvaluationOnDisk> {
  const working = limit / 4;
  const { time, classes, targets, at, window } = preparation;
  const spilled = await spillTables(tables, optionsOf(preparation), space, limit);
  const rows = spilled.records.count;
  const { file, notes: found } = spilled.columns.schema();
  const choice = { time, classes, targets: targets.map(({ column }) => column) };
  const { series, columns } = await arrangeSpilled(spilled, choice, file, space, working);
  const segments = series.lengths.map((to, s) => ({ series: s, from: 0, to }));
  const findings: Findings = { unknown: new Map(), lacking: 0 };
  const stride = at === 'end' ? window.stride : undefined;
  const rules = { columns, preparation, onlyKnown: true, stride, withOrigins: true, findings };
  const encoded = await encodePart(series, segments, rules, space, working);
  const where = file === undefined ? {} : { file };
  if (encoded === undefined) {
    throw new DataError('value', 'the table has no row with a target', { ...where, remedy: 'Pass longer series.' });
  }
  checkWindows(encoded.windows.starts.length, limit);
  await series.times.close();
  const { keys } = spilled;
  return {
    data: storedEvaluation({ ...encoded, cache: new BlockCache(limit / 4), keys }, originsOf(encoded)),
    notes: [...found, ...seriesNotes(series.counts, time), ...notesOf(findings, 'table', true)],
    rows,
    get bytes() {
      return space.bytes;
    },
    sample: (most) => samplePart({ series, segments, columns, keys, preparation }, most),
    dispose: () => space.dispose(),
  };
}

/** The options that say which columns a preparation reads. */
function optionsOf({ task, time, group, features, targets, at }: Preparation): PrepareOptions {
  return {
    task,
    ...(time === null ? {} : { time }),
    group,
    features: features.map(({ column }) => column),
    target: targets.map(({ column }) => column),
    at,
  };
}
