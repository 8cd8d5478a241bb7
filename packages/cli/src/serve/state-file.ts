/**
 * The states of all keys as a file: safetensors with a version, the fingerprint of the model and a checksum of everything
 * else, so that a file of another model, or one that was damaged, is never taken for states.
 */

import { createHash } from 'node:crypto';
import type { ArrayByDType, DType, NdArray } from '@rheo/data';
import { readSafetensors, writeSafetensors } from '@rheo/data';
import { badFile } from '../failure.ts';
import type { KeyStates } from './key-states.ts';

const format = 'rheo-states';
const version = '1';

/** Sizes that a file must have. */
export interface StateSizes {
  readonly fingerprint: string;
  readonly stateSize: number;
  readonly memorySize: number;
  readonly keyLength: number;
}

/** The bytes of a file, keys in the order of their last use, oldest first. */
export function writeStates(states: KeyStates, { fingerprint, stateSize, memorySize }: StateSizes): Uint8Array {
  const keys = states.keys();
  const count = keys.length;
  const names = keys.map((key) => Buffer.from(key, 'utf8'));
  const rows = new Float32Array(count * stateSize);
  const memories = new Float64Array(count * memorySize);
  const lastUsed = new Float64Array(count);
  const lengths = Int32Array.from(names, ({ length }) => length);
  keys.forEach((key, at) => {
    states.read(
      key,
      rows.subarray(at * stateSize, (at + 1) * stateSize),
      memories.subarray(at * memorySize, (at + 1) * memorySize),
    );
    lastUsed[at] = states.held(key)?.lastUsed ?? 0;
  });
  const bytes = new Uint8Array(Buffer.concat(names));
  const tensors = new Map<string, NdArray>([
    ['states', { dtype: 'f32', shape: [count, stateSize], data: rows }],
    ['memories', { dtype: 'f64', shape: [count, memorySize], data: memories }],
    ['last_used', { dtype: 'f64', shape: [count], data: lastUsed }],
    ['key_bytes', { dtype: 'u8', shape: [bytes.length], data: bytes }],
    ['key_lengths', { dtype: 'i32', shape: [count], data: lengths }],
  ]);
  return writeSafetensors(tensors, { format, version, model: fingerprint, checksum: checksumOf(tensors, fingerprint) });
}

/** Puts the states of a file back. Throws `format` for another file, a damaged one, or one of another model. */
export function readStates(bytes: Uint8Array, file: string, states: KeyStates, sizes: StateSizes): void {
  const { tensors, metadata } = readSafetensors(bytes, { file });
  if (metadata['format'] !== format) throw wrong(file, 'this is no file of states');
  if (metadata['version'] !== version)
    throw wrong(file, `these states have version ${metadata['version']}, not ${version}`);
  if (metadata['model'] !== sizes.fingerprint) throw wrong(file, 'these are the states of another model');
  const part = <D extends DType>(name: string, dtype: D, width?: number): ArrayByDType[D] => {
    const found = tensors.get(name);
    const wide = width === undefined || (found?.shape.length === 2 && found.shape[1] === width);
    if (found?.dtype !== dtype || !wide) throw wrong(file, `its part ${name} is damaged`);
    return found.data as ArrayByDType[D];
  };
  if (metadata['checksum'] !== checksumOf(tensors, sizes.fingerprint))
    throw wrong(file, 'it is damaged: its checksum does not fit');
  const { stateSize, memorySize, keyLength } = sizes;
  const rows = part('states', 'f32', stateSize);
  const memories = part('memories', 'f64', memorySize);
  const lastUsed = part('last_used', 'f64');
  const names = part('key_bytes', 'u8');
  const lengths = part('key_lengths', 'i32');
  const count = lengths.length;
  if (rows.length !== count * stateSize || memories.length !== count * memorySize || lastUsed.length !== count) {
    throw wrong(file, 'its parts are for different numbers of keys');
  }
  let from = 0;
  lengths.forEach((length, at) => {
    const key = Buffer.from(names.subarray(from, from + length)).toString('utf8');
    from += length;
    if (key.length < 1 || key.length > keyLength) throw wrong(file, `its key ${at} has ${key.length} characters`);
    const state = rows.subarray(at * stateSize, (at + 1) * stateSize);
    states.write(key, state, memories.subarray(at * memorySize, (at + 1) * memorySize), lastUsed[at] ?? 0);
  });
}

function checksumOf(tensors: ReadonlyMap<string, NdArray>, fingerprint: string): string {
  const hash = createHash('sha256').update(fingerprint);
  for (const name of [...tensors.keys()].sort()) {
    const data = tensors.get(name)?.data ?? new Uint8Array();
    hash.update(`${name}:${data.length}:`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function wrong(file: string, what: string): Error {
  return badFile(
    'format',
    what,
    file,
    'Name another file (--state), begin without states (--fresh), or keep none (--no-state)',
  );
}
