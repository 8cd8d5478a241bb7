/**
 * Which of the user's files fit into memory: all, while they do together; else those that are small beside the limit. A part
 * that does not fit goes through the disk of the run folder, if its format is read piece by piece.
 */

import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import { resolve } from 'node:path';
import { bytesOf } from '../settings/takes.ts';
import type { PartSource, TrainSettings } from '../settings/train-settings.ts';
import { requireFormat, tableFormat } from './read-table.ts';
import { streamed } from './stream-table.ts';

/** Bytes that a byte of a file takes in memory while it is prepared there, about; Parquet and archives are compressed. */
const growth = { csv: 16, jsonl: 8, arrow: 8, parquet: 60, npy: 25, npz: 60 } as const;

/** Rows that figures and pictures are made of take about so many bytes each; beyond some, more say no more. */
const sampleBytes = 1000;
const mostRows = 50_000;

/** The least that `@rheo/data` prepares tables on a disk with. */
const leastOnDisk = 2 ** 20;

/** The memory for data, and what is asked of it. */
export interface MemoryBudget {
  /** Bytes. */
  readonly limit: number;
  /** Bytes for preparing a share of the limit on the disk; what lies there needs some. */
  share(of: number): number;
  /** Rows of a part on the disk that figures and pictures are made of. */
  readonly sampleRows: number;
  /** Bytes that files would take in memory, about. */
  needed(files: readonly string[]): number;
  /** Whether files that are read as one go through the disk. */
  onDisk(files: readonly string[]): boolean;
}

/** The budget of a training. */
export function memoryBudget(folder: string, settings: TrainSettings): MemoryBudget {
  const { data, validation, test, memoryLimit } = settings;
  const limit = memoryLimit === undefined ? freemem() / 2 : bytesOf(memoryLimit);
  const needed = (files: readonly string[]): number => files.reduce((sum, file) => sum + neededBy(folder, file), 0);
  const own = (part: PartSource | undefined): readonly string[] => (typeof part === 'object' ? part : []);
  const fits = needed([...data, ...own(validation), ...own(test)]) <= limit;
  return {
    limit,
    sampleRows: Math.min(mostRows, Math.floor(limit / sampleBytes)),
    share: (of) => Math.max(leastOnDisk, limit * of),
    needed,
    onDisk: (files) =>
      // Three parts of less than that fit beside each other.
      !fits && needed(files) > limit / 4 && files.every((file) => streamed[requireFormat(folder, file)]),
  };
}

function neededBy(folder: string, file: string): number {
  const format = tableFormat(file);
  // What cannot be read is told by who reads it.
  const size = statSync(resolve(folder, file), { throwIfNoEntry: false })?.size ?? 0;
  return format === undefined ? 0 : size * growth[format];
}

/** Bytes for people. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
