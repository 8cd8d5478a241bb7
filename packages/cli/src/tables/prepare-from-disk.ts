/**
 * Files that are too large for the memory: passed over once, prepared on the disk of the run folder, and trained from there
 * to the same bits. Roles are guessed from the first rows, and figures are of a sample of rows that fits.
 */

import type { Preparation, Table } from '@rheo/data';
import { prepare } from '@rheo/data';
import type { PreparedOnDisk } from '@rheo/data/node';
import { fitOnDisk } from '@rheo/data/node';
import { RheoError } from '@rheo/ir';
import type { TrainSettings } from '../settings/train-settings.ts';
import { guessRoles } from './guess-roles.ts';
import { megabytes } from './memory-budget.ts';
import type { Part } from './own-part.ts';
import { sampleNotes } from './own-part.ts';
import type { DiskRequest, PreparedParts } from './prepare-parts.ts';
import { ownParts, prepareOptions, refuseOtherClock, wantedColumns } from './prepare-parts.ts';
import { fileColumn } from './read-table.ts';
import { refuseMixed } from './refuse-mixed.ts';
import { firstTable, tablesOfFiles } from './stream-table.ts';
import { inOptions } from './table-failure.ts';

/**
 * The parts of files that are too large for the memory, or for the limit that was set; undefined where they fit. Throws as
 * `prepareParts` and `fitOnDisk` do, and `aborted`.
 */
export async function prepareFromDisk(
  folder: string,
  settings: TrainSettings,
  request: DiskRequest,
): Promise<PreparedParts | undefined> {
  const { budget, scratch, signal } = request;
  const { data } = settings;
  if (!budget.onDisk(data)) return undefined;
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
  const disk = { memoryLimit: budget.share(1 / 2), folder: scratch };
  const fitted = await fitOnDisk(tables(), prepareOptions(settings, roles), disk).catch((error: unknown) =>
    inOptions((): never => {
      throw error;
    }),
  );
  try {
    const { preparation } = fitted;
    refuseOtherClock(settings, roles.time, preparation.time?.unit);
    const train = await sampled('training', fitted, budget.sampleRows);
    if (train === undefined) throw new Error('a training part without rows');
    const shares = {
      validation: await sampled('validation', fitted, budget.sampleRows),
      test: await sampled('test', fitted, budget.sampleRows),
    };
    // Last, as nothing after it can fail and leave its files.
    const own = await ownParts(folder, settings, preparation, first.notes, request);
    const [validation, test] = [own.validation ?? shares.validation, own.test ?? shares.test];
    const onDisk = diskNote(budget.needed(data), budget.limit, fitted);
    return {
      roles,
      preparation,
      train,
      validation,
      test,
      notes: [...guesses, ...fitted.notes, onDisk, ...own.notes, ...sampleNotes(test, validation)],
      dispose: async () => {
        await own.dispose();
        await fitted.dispose();
      },
    };
  } catch (error) {
    await fitted.dispose();
    throw error;
  }
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
  const why =
    needed > limit
      ? `In memory the data would take about ${megabytes(needed)}, more than ${megabytes(limit)}`
      : `In memory all files together would take more than ${megabytes(limit)}`;
  return `${why}: its ${rows} rows are trained from the disk, ${megabytes(bytes)} in the run folder until the end.`;
}
