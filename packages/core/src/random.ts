/**
 * Random keys: two u32 words, from which new keys are derived by threefry2x32, alike on the host and in a Program.
 *
 * A key is either derived from or drawn from, never both: derivation uses the counters (n, 0) and (n, 1).
 */

import { RheoError, threefry2x32 } from '@rheo/ir';
import { expand, fail, toTensor } from './align.ts';
import { iota, randomBits } from './sources.ts';
import type { Operand, Tensor } from './tensor.ts';

/** The key of a seed, an integer of 0 … 2^53 − 1. */
export function key(seed: number): Uint32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: `${seed} is not a seed`,
      remedy: 'Use an integer of 0 … 2^53 − 1',
    });
  }
  return Uint32Array.of(Math.floor(seed / 2 ** 32), seed >>> 0);
}

/** A key derived from another and a number of 0 … 2^32 − 1. */
export function foldIn(from: Uint32Array, n: number): Uint32Array {
  const [high, low] = words(from);
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) {
    throw new RheoError('argument', { from: '@rheo/core', what: `${n} cannot be folded into a key` });
  }
  return Uint32Array.of(threefry2x32(high, low, n, 0)[0], threefry2x32(high, low, n, 1)[0]);
}

/** `count` independent keys: the keys of folding in 0, 1, 2 … */
export function splitKey(from: Uint32Array, count: number): Uint32Array[] {
  return Array.from({ length: count }, (_, n) => foldIn(from, n));
}

/** `foldIn` within a Program: the key is u32[2], n a u32 scalar. */
export function deriveKey(from: Tensor, n: Operand): Tensor {
  const number = toTensor('deriveKey', n, 'u32');
  if (number.shape.length !== 0) return fail('shape', 'deriveKey', 'n must be a scalar');
  return randomBits(from, expand('deriveKey', number, [2]), iota([2], 0, 'u32'), 32);
}

/** Uniform doubles of [0, 1), 53 bits each, from the counters (0, 0), (0, 1) … of a key. */
export function uniformDoubles(from: Uint32Array, count: number): Float64Array {
  const [high, low] = words(from);
  return Float64Array.from({ length: count }, (_, index) => {
    const [a, b] = threefry2x32(high, low, Math.floor(index / 2 ** 32), index >>> 0);
    return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
  });
}

/** Standard normal doubles (Box and Muller 1958). */
export function normalDoubles(from: Uint32Array, count: number): Float64Array {
  const even = count + (count % 2);
  const draws = uniformDoubles(from, even);
  const result = new Float64Array(even);
  for (let i = 0; i < even; i += 2) {
    const radius = Math.sqrt(-2 * Math.log1p(-(draws[i] as number)));
    const angle = 2 * Math.PI * (draws[i + 1] as number);
    result[i] = radius * Math.cos(angle);
    result[i + 1] = radius * Math.sin(angle);
  }
  return result.subarray(0, count);
}

function words(from: Uint32Array): [number, number] {
  const [high, low] = from;
  if (high === undefined || low === undefined || from.length !== 2) {
    throw new RheoError('argument', {
      from: '@rheo/core',
      what: 'a key has two u32 words',
      remedy: 'Make it with key(seed)',
    });
  }
  return [high, low];
}
