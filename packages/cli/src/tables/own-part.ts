/**
 * A part that has files of its own, read by the preparation of the training part: in memory, or through the disk of the run
 * folder where it does not fit.
 */

import { basename } from 'node:path';
import type { Preparation, SequenceSource, Table, TableSequences } from '@rheo/data';
import { prepare } from '@rheo/data';
import { prepareOnDisk } from '@rheo/data/node';
import { RheoError } from '@rheo/ir';
import type { PartSource } from '../settings/train-settings.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { megabytes } from './memory-budget.ts';
import { piecesForModel, readForModel } from './read-for-model.ts';
import { inOptions } from './table-failure.ts';

/** Rows of one part with the table that they are from. */
export interface Part {
  readonly name: 'training' | 'validation' | 'test';
  readonly table: Table;
  readonly data: TableSequences;
  /** What training and validation read: the data, or all of a part of which table and data are a sample. */
  readonly source: SequenceSource;
}

/** Where a part may go, and what is to be told and freed. */
export interface PartRequest {
  readonly preparation: Preparation;
  /** Notes on the training part, which are not told twice. */
  readonly told: readonly string[];
  readonly notes: string[];
  readonly budget: MemoryBudget;
  /** Folder for what does not fit into memory. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  /** Frees what lies on the disk. */
  readonly owned: (() => Promise<void>)[];
}

/** Undefined where the part is a share of the data. Throws as `readForModel` and `prepareOnDisk` do, and `aborted`. */
export async function ownPart(
  folder: string,
  name: Part['name'],
  files: PartSource | undefined,
  request: PartRequest,
): Promise<Part | undefined> {
  if (typeof files !== 'object') return undefined;
  const { preparation, told, notes, budget } = request;
  const tell = (rows: number, more: readonly string[]): void => {
    notes.push(`The ${name} part is ${files.map((file) => basename(file)).join(', ')}: ${rows} rows.`);
    notes.push(...more.filter((note) => !told.includes(note)));
  };
  if (budget.onDisk(files)) return partOnDisk(folder, name, files, request, tell);
  const { table, data, notes: found } = await readForModel(folder, files, preparation, 'evaluate');
  tell(table.rows, found);
  return { name, table, data, source: data };
}

async function partOnDisk(
  folder: string,
  name: Part['name'],
  files: readonly string[],
  { preparation, notes, budget, scratch, signal, owned }: PartRequest,
  tell: (rows: number, more: readonly string[]) => void,
): Promise<Part> {
  const pieces = async function* (): AsyncGenerator<Table, void, undefined> {
    for await (const table of piecesForModel(folder, files, preparation)) {
      if (signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
      yield table;
    }
  };
  const disk = { memoryLimit: budget.share(1 / 4), folder: scratch };
  const stored = await prepareOnDisk(pieces(), preparation, disk).catch((error: unknown) =>
    inOptions((): never => {
      throw error;
    }),
  );
  owned.push(() => stored.dispose());
  tell(stored.rows, stored.notes);
  notes.push(
    `In memory the ${name} part would take about ${megabytes(budget.needed(files))}: it lies on the disk, ${megabytes(stored.bytes)} in the run folder until the end.`,
  );
  const table = await stored.sample(budget.sampleRows);
  const { data } = prepare(table, preparation, { purpose: 'evaluate' });
  return { name, table, data, source: stored.data };
}

/** That figures are of a sample, of the part that they are of; nothing where they are of all of it. */
export function sampleNotes(test: Part | undefined, validation: Part | undefined): readonly string[] {
  const measured = test ?? validation;
  if (measured === undefined || measured.source === measured.data) return [];
  return [`Figures and pictures are of ${measured.table.rows} rows of the ${measured.name} part.`];
}
