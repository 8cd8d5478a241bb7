/**
 * Numbers that look random and are the same in every run: each case draws from a stream of its own, seeded by its id.
 */

import type { DType, TensorData } from '@rheo/ir';
import { allocate } from '@rheo/ir';

/** A stream of numbers. */
export interface Random {
  /** A double of [0, 1). */
  uniform(): number;
  /** An integer of 0 … limit − 1. */
  below(limit: number): number;
}

/** The stream of a text. */
export function randomFrom(seed: string): Random {
  let state = 0x9e3779b9;
  for (let i = 0; i < seed.length; i++) state = mix(state ^ seed.charCodeAt(i));
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
  return { uniform, below: (limit) => Math.floor(uniform() * limit) };
}

/** Host data of `count` elements, each made by `draw`. */
export function fillWith(dtype: DType, count: number, draw: (index: number) => number): TensorData {
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) data[i] = draw(i);
  return data;
}

/** Bijective mixing of 32 bits; the multipliers are those of MurmurHash3's finaliser. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
