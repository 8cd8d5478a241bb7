/**
 * Files that are too large for the memory: passed over once, prepared on the disk of the run folder, and trained from there
 * to the same bits. Roles are guessed from the first rows, and figures are of a sample of rows that fits.
 */

import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import { resolve } from 'node:path';
import type { Preparation, Table } from '@rheo/data';
import { prepare } from '@rheo/data';
import type { PreparedOnDisk } from '@rheo/data/node';
import { fitOnDisk } from '@rheo/data/node';
import { RheoError } from '@rheo/ir';
import { bytesOf } from '../settings/takes.ts';
import type { TrainSettings } from '../settings/train-settings.ts';
import { guessRoles } from './guess-roles.ts';
import type { Part, PreparedParts } from './prepare-parts.ts';
import { ownPart, prepareOptions, refuseOtherClock, wantedColumns } from './prepare-parts.ts';
import { fileColumn, requireFormat, tableFormat } from './read-table.ts';
import { refuseMixed } from './refuse-mixed.ts';
import { firstTable, streamed, tablesOfFiles } from './stream-table.ts';
import { inOptions } from './table-failure.ts';

/** Bytes that a byte of a file takes in memory while it is prepared there, about; Parquet is compressed. */
const growth = { csv: 16, jsonl: 8, arrow: 8, parquet: 60, npy: 25, npz: 60 } as const;

/** Rows that figures and pictures are made of take about so many bytes each; beyond some, more say no more. */
const sampleBytes = 1000;
const mostRows = 50_000;

/** Where intermediate files go, and what stops the reading. */
export interface DiskRequest {
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The parts of files that are too large for the memory, or for the limit that was set; undefined where they fit. Throws as
 * `prepareParts` and `fitOnDisk` do, and `aborted`.
 */
export async function prepareFromDisk(
  folder: string,
  settings: TrainSettings,
  { scratch, signal }: DiskRequest,
): Promise<PreparedParts | undefined> {
  const { data, memoryLimit } = settings;
  const limit = memoryLimit === undefined ? freemem() / 2 : bytesOf(memoryLimit);
  const needed = neededBytes(folder, data);
  if (needed <= limit) return undefined;
  if (!data.every((file) => streamed[requireFormat(folder, file)])) return undefined;
  const columns = wantedColumns(settings);
  const first = await firstTable(folder, data, { columns });
  refuseMixed(first, [...(settings.ignore ?? []), ...(settings.group ?? []), fileColumn]);
  const { roles, notes: guesses } = guessRoles(first, settings);
  refuseOtherClock(settings, roles.time, 'date');
  // Labels come back as the user wrote them: yes and no, not true and false.
  const asLabels =
    roles.task === 'classification' ? roles.target.filter((name) => kindOf(first, name) === 'boolean') : [];
  const types = Object.fromEntries(asLabels.map((name) => [name, 'category'] as const));
  const left = [...(settings.ignore ?? []), ...(roles.group.includes(fileColumn) ? [] : [fileColumn])];
  const tables = async function* (): AsyncGenerator<Table, void, undefined> {
    for await (const table of tablesOfFiles(folder, data, { columns, types })) {
      if (signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
      yield { ...table, columns: table.columns.filter(({ name }) => !left.includes(name)) };
    }
  };
  const disk = { memoryLimit: limit / 2, folder: scratch };
  const fitted = await fitOnDisk(tables(), prepareOptions(settings, roles), disk).catch((error: unknown) =>
    inOptions((): never => {
      throw error;
    }),
  );
  try {
    return await partsOf(folder, settings, fitted, {
      roles,
      first,
      sampleRows: Math.min(mostRows, Math.floor(limit / sampleBytes)),
      notes: [...guesses, ...fitted.notes, diskNote(needed, limit, fitted)],
    });
  } catch (error) {
    await fitted.dispose();
    throw error;
  }
}

function neededBytes(folder: string, files: readonly string[]): number {
  return files.reduce((sum, file) => {
    const format = tableFormat(file);
    // What cannot be read is told by who reads it.
    const size = statSync(resolve(folder, file), { throwIfNoEntry: false })?.size ?? 0;
    return sum + (format === undefined ? 0 : size * growth[format]);
  }, 0);
}

interface Found {
  readonly roles: PreparedParts['roles'];
  readonly first: Table;
  readonly sampleRows: number;
  readonly notes: readonly string[];
}

async function partsOf(
  folder: string,
  settings: TrainSettings,
  fitted: PreparedOnDisk,
  { roles, first, sampleRows, notes }: Found,
): Promise<PreparedParts> {
  const { preparation } = fitted;
  refuseOtherClock(settings, roles.time, preparation.time?.unit);
  const found: string[] = [];
  const own = (name: Part['name'], files: TrainSettings['test']): Promise<Part | undefined> =>
    ownPart(folder, name, files, { table: first, preparation, found });
  const train = await sampled('training', fitted, sampleRows);
  if (train === undefined) throw new Error('a training part without rows');
  const validation =
    (await own('validation', settings.validation)) ?? (await sampled('validation', fitted, sampleRows));
  const test = (await own('test', settings.test)) ?? (await sampled('test', fitted, sampleRows));
  const measured = test ?? validation;
  if (measured !== undefined && measured.source !== measured.data) {
    found.push(`Figures and pictures are of ${measured.table.rows} rows of the ${measured.name} part.`);
  }
  return {
    roles,
    preparation,
    train,
    validation,
    test,
    notes: [...notes, ...found],
    dispose: () => fitted.dispose(),
  };
}

async function sampled(name: Part['name'], fitted: PreparedOnDisk, rows: number): Promise<Part | undefined> {
  const part = name === 'training' ? 'train' : name;
  const [source, table] = [fitted[part], await fitted.sample(part, rows)];
  if (source === undefined || table === undefined) return undefined;
  return { name, table, data: dataOf(table, fitted.preparation), source };
}

function dataOf(table: Table, preparation: Preparation): Part['data'] {
  return prepare(table, preparation, { purpose: 'evaluate' }).data;
}

function kindOf(table: Table, name: string): string | undefined {
  return table.columns.find((column) => column.name === name)?.kind;
}

function diskNote(needed: number, limit: number, { bytes, rows }: PreparedOnDisk): string {
  const megabytes = (amount: number): string => `${Math.ceil(amount / 1e6)} MB`;
  const why = `In memory the data would take about ${megabytes(needed)}, more than ${megabytes(limit)}`;
  return `${why}: its ${rows} rows are trained from the disk, ${megabytes(bytes)} in the run folder until the end.`;
}
