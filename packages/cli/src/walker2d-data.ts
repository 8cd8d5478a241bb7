/**
 * The Walker2d data set for a command: read, checked, and with a fingerprint of its numbers, by which a model file knows
 * the data it was trained on wherever that lies.
 */

import { createHash } from 'node:crypto';
import type { SequenceData, Walker2d } from '@rheo/data';
import { readWalker2d } from '@rheo/data/node';
import { namedAsGiven } from './user-file.ts';

/** The parts of the data set and where they came from. */
export interface LoadedWalker2d extends Walker2d {
  /** As the user gave it. */
  readonly path: string;
  /** sha256 over all numbers of all parts; independent of how they are packed. */
  readonly fingerprint: string;
}

/** Reads an archive or a folder of rollouts. Throws `DataError` naming file, row and remedy. */
export async function loadWalker2dData(folder: string, path: string): Promise<LoadedWalker2d> {
  const data = await namedAsGiven(folder, path, (resolved) => readWalker2d(resolved));
  const hash = createHash('sha256');
  for (const part of [data.train, data.validation, data.test]) addNumbers(hash, part);
  return { ...data, path, fingerprint: hash.digest('hex') };
}

function addNumbers(hash: { update(bytes: Uint8Array): unknown }, { values, dt, targets }: SequenceData): void {
  for (const { buffer, byteOffset, byteLength } of [values, dt, targets]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
}
