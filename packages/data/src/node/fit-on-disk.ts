/**
 * `fitPreparation` for tables larger than memory: they are passed over once, lie as numbers on a disk, and training reads
 * its batches from there. Preparation, notes and sequences are those of the same table in memory, bit for bit.
 */
import { tmpdir } from 'node:os';
import { DataError } from '../data-error.ts';
import { assemblePreparation, chooseFromColumns, withoutTarget } from '../prepare/assemble-preparation.ts';
import { chooseWindow } from '../prepare/choose-defaults.ts';
import type { Findings } from '../prepare/encode-segment.ts';
import type { Preparation } from '../prepare/preparation.ts';
import { checkPrepareOptions, type PrepareOptions } from '../prepare/prepare-options.ts';
import { notesOf } from '../prepare/sequences-of.ts';
import { seriesNotes } from '../prepare/series.ts';
import type { Segment } from '../prepare/split-series.ts';
import type { Table } from '../table/table.ts';
import { arrangeSpilled } from './arrange-spilled.ts';
import { BlockCache } from './block-cache.ts';
import { type EncodedPart, encodePart } from './encode-part.ts';
import { splitOnDisk, statisticsOnDisk, timeFactsOnDisk } from './part-statistics.ts';
import { samplePart } from './sample-part.ts';
import { megabytes, ScratchSpace } from './scratch-space.ts';
import { spillTables } from './spill-tables.ts';
import { type StoredEvaluation, type StoredSequences, storedEvaluation, storedSequences } from './stored-sequences.ts';

/** Where and within what. */
export interface DiskOptions {
  /**
   * Bytes of memory for data: those that are sorted, looked at and kept at hand. Default 256 MB. The process, its engine and
   * the model need theirs beside it.
   */
  readonly memoryLimit?: number;
  /** Folder for intermediate files; default that of the system, which may lie in memory. */
  readonly folder?: string;
}

/** Sequences of each part on a disk, and how they were made. */
export interface PreparedOnDisk {
  readonly preparation: Preparation;
  readonly train: StoredSequences;
  /** Absent when its share is 0. */
  readonly validation?: StoredEvaluation;
  /** Absent when its share is 0. */
  readonly test?: StoredEvaluation;
  /** Decisions and findings, one sentence each. */
  readonly notes: readonly string[];
  /** Rows of the table. */
  readonly rows: number;
  /** Bytes on the disk now, and the most there were on the way. */
  readonly bytes: number;
  readonly peakBytes: number;
  /**
   * Rows of a part as a table in memory, to look at or to measure a model on: the first ones of each of its series or blocks,
   * at most about so many, with the columns that the preparation needs. Undefined where the part is absent. Errors: `file`.
   */
  sample(part: 'train' | 'validation' | 'test', rows: number): Promise<Table | undefined>;
  /** Removes them. */
  dispose(): Promise<void>;
}

const smallest = 1 << 20;

/**
 * Fits a preparation to a table that comes piece by piece (`readCsvTables` and the like) and prepares its parts. Each table
 * should be small beside the limit. Windows take eight bytes of memory each, series about two hundred.
 * Errors: as `fitPreparation`; `argument` for the limit; `value` for what does not fit into it, with what to do; `file` when
 * the folder cannot be written to or the disk is full.
 */
export async function fitOnDisk(
  tables: AsyncIterable<Table> | Iterable<Table>,
  options: PrepareOptions,
  { memoryLimit = 256e6, folder = tmpdir() }: DiskOptions = {},
): Promise<PreparedOnDisk> {
  checkPrepareOptions(options);
  return inScratchSpace({ memoryLimit, folder }, (space) => fit(tables, options, memoryLimit, space));
}

/** Runs `use`, and removes what it left where it fails. Errors: `argument` for the limit. */
export async function inScratchSpace<T>(
  { memoryLimit, folder }: Required<DiskOptions>,
  use: (space: ScratchSpace) => Promise<T>,
): Promise<T> {
  if (!(Number.isFinite(memoryLimit) && memoryLimit >= smallest)) {
    throw new DataError('argument', `memoryLimit is ${memoryLimit}`, { remedy: 'Use at least 1 MiB, in bytes.' });
  }
  const space = new ScratchSpace(folder);
  try {
    return await use(space);
  } catch (error) {
    await space.dispose();
    throw error;
  }
}

/** Refuses windows whose order alone takes half of the memory. Errors: `value`. */
export function checkWindows(windows: number, limit: number): void {
  if (8 * windows <= limit / 2) return;
  throw new DataError('value', `${windows} sequences need ${megabytes(8 * windows)} for their order alone`, {
    remedy: 'Use a larger stride (window), or raise the memory limit.',
  });
}

async function fit(
  tables: AsyncIterable<Table> | Iterable<Table>,
  options: PrepareOptions,
  limit: number,
  space: ScratchSpace,
): Promise<PreparedOnDisk> {
  const working = limit / 4;
  const spilled = await spillTables(tables, options, space, limit);
  const rows = spilled.records.count;
  const schema = spilled.columns.schema();
  const notes: string[] = [...schema.notes];
  const choice = chooseFromColumns(schema, options, notes);
  const { group, time } = choice;
  const { series, columns } = await arrangeSpilled(spilled, choice, schema.file, space, working);
  notes.push(...seriesNotes(series.counts, time));
  if (group.length > 0) notes.push(`${spilled.keys.length} series by ${group.join(', ')}.`);
  const longest = series.lengths.reduce((a, b) => Math.max(a, b), 0);
  const window = chooseWindow(longest, options, notes);
  const parts = await splitOnDisk(series, options.split ?? {}, window.steps);
  notes.push(...parts.notes);
  const names = [...choice.features, ...choice.targets];
  const statistics = await statisticsOnDisk(series, parts.train, names, columns, schema);
  const facts = await timeFactsOnDisk(series, parts.train);
  const preparation = assemblePreparation(schema, options, choice, { window, statistics, facts }, notes);

  const cache = new BlockCache(limit / 4);
  let windows = 0;
  const part = async (name: string, segments: readonly Segment[], stride: number | undefined, withOrigins: boolean) => {
    const findings: Findings = { unknown: new Map(), lacking: 0 };
    const rules = { columns, preparation, onlyKnown: true, stride, withOrigins, findings };
    const encoded = await encodePart(series, segments, rules, space, working);
    notes.push(...notesOf(findings, name, true));
    if (encoded === undefined) throw withoutTarget(name);
    windows += encoded.windows.starts.length;
    checkWindows(windows, limit);
    return { ...encoded, cache, keys: spilled.keys };
  };
  const evaluated = async (name: string, segments: readonly Segment[]): Promise<StoredEvaluation | undefined> => {
    if (segments.length === 0) return undefined;
    const found = await part(name, segments, preparation.at === 'end' ? window.stride : undefined, true);
    return storedEvaluation(found, originsOf(found));
  };
  const train = storedSequences(await part('training part', parts.train, window.stride, false));
  const validation = await evaluated('validation part', parts.validation);
  const test = await evaluated('test part', parts.test);
  await series.times.close();
  return {
    preparation,
    train,
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
    notes,
    rows,
    get bytes() {
      return space.bytes;
    },
    get peakBytes() {
      return space.peakBytes;
    },
    sample: async (name, most) =>
      parts[name].length === 0
        ? undefined
        : samplePart({ series, segments: parts[name], columns, keys: spilled.keys, preparation }, most),
    dispose: () => space.dispose(),
  };
}

/** Where the rows of a part come from, which were asked for. */
export function originsOf({ origins }: EncodedPart): NonNullable<EncodedPart['origins']> {
  if (origins === undefined) throw new Error('a part was encoded without where its rows come from');
  return origins;
}
