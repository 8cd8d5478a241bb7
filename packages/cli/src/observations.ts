/**
 * Observations to predict from, as a user has them: a CSV table, or an NPY array of [time, features] or
 * [sequences, time, features] whose rows are one unit of time apart.
 *
 * Sequences are padded to the longest; `lengths` says where each ends.
 */

import { extname } from 'node:path';
import type { SequenceData } from '@rheo/data';
import { checkSequences, readNpy, toFloat32 } from '@rheo/data';
import { badFile } from './failure.ts';
import { readCsvSequences } from './read-csv.ts';
import { readUserFile } from './user-file.ts';

/** Sequences without targets. */
export type Observations = Omit<SequenceData, 'targets' | 'targetFeatures' | 'mask'>;

/** Reads a `.csv` or `.npy` file. Throws `DataError` or `RheoError` naming file, row and remedy. */
export async function readObservations(folder: string, path: string): Promise<Observations> {
  const bytes = await readUserFile(folder, path);
  const read = extname(path).toLowerCase() === '.npy' ? fromNpy(bytes, path) : fromCsv(bytes, path);
  checkSequences({ ...read, targets: read.values, targetFeatures: read.features }, path);
  return read;
}

function fromNpy(bytes: Uint8Array, path: string): Observations {
  const array = readNpy(bytes, { file: path });
  const { shape } = array;
  const [count, steps, features] = shape.length === 2 ? [1, shape[0], shape[1]] : shape;
  if (
    (shape.length !== 2 && shape.length !== 3) ||
    count === undefined ||
    steps === undefined ||
    features === undefined
  ) {
    const remedy = 'Save [time, features] or [sequences, time, features]';
    throw badFile('format', `the array has shape [${shape.join(', ')}]`, path, remedy);
  }
  return { values: toFloat32(array, path), dt: new Float32Array(count * steps).fill(1), count, steps, features };
}

function fromCsv(bytes: Uint8Array, path: string): Observations {
  const { sequences, features } = readCsvSequences(bytes, path);
  const count = sequences.length;
  const steps = Math.max(...sequences.map(({ dt }) => dt.length));
  const values = new Float32Array(count * steps * features);
  const dt = new Float32Array(count * steps);
  sequences.forEach((sequence, row) => {
    values.set(sequence.values, row * steps * features);
    dt.set(sequence.dt, row * steps);
  });
  return { values, dt, count, steps, features, lengths: Int32Array.from(sequences, (sequence) => sequence.dt.length) };
}
