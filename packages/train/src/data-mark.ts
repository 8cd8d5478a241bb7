/**
 * The mark by which a training knows its data again: how many sequences, and a hash of all that a step reads of them.
 */

import type { TensorData } from '@rheo/ir';
import { Digest } from '@rheo/ir';
import type { PreparedData } from './training-data.ts';
import type { DataMark } from './training-state.ts';

/** Reads every number once. */
export function dataMark({ count, steps, features, values, dt, mask, targets }: PreparedData): DataMark {
  const digest = new Digest();
  for (const size of [count, steps, features, ...targets.itemShape]) digest.number(size);
  digest.text(targets.dtype);
  for (const part of [values, dt, mask, targets.data]) {
    digest.word(part?.length ?? -1);
    for (const word of part === undefined ? [] : wordsOf(part)) digest.word(word);
  }
  return { count, fingerprint: digest.hex() };
}

/** Bits of numbers of 32 bits, bytes as they are. */
function wordsOf(data: TensorData): Iterable<number> {
  if (data instanceof Uint8Array) return data;
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / Int32Array.BYTES_PER_ELEMENT);
}
