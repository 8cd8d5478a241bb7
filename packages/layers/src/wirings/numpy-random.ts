/**
 * NumPy's `default_rng(seed)`: PCG64 (O'Neill 2014, XSL-RR 128/64) seeded by a SeedSequence, with the draws that fully
 * connected and random wirings are made of, bit for bit.
 */

import { numpySeed, wrongSeed } from './seed-rules.ts';
import { seedSequence } from './seed-sequence.ts';

/** A stream of draws; each call moves it on. */
export interface NumpyRandom {
  /** 64 random bits. */
  uint64(): bigint;
  /** 32 random bits: the low half of 64, then their high half. */
  uint32(): number;
  /** An integer in [0, count), by Lemire's multiply and shift; count = 1 draws nothing. */
  below(count: number): number;
  /** `size` different numbers of 0 … count - 1, in random order. */
  choose(count: number, size: number): number[];
}

const multiplier = 0x2360ed051fc65da44385df649fccf645n;
const low64 = (1n << 64n) - 1n;
const low128 = (1n << 128n) - 1n;

/** Above this many items, drawing many of them shuffles the tail of the whole list. */
const largePopulation = 10000;

/**
 * The stream of `numpy.random.default_rng(seed)`; the seed is an integer of any size, at least 0, or its digits.
 * Throws `argument` for another seed.
 */
export function numpyRandom(seed: number | bigint | string): NumpyRandom {
  if (!numpySeed.accepts(typeof seed === 'bigint' ? String(seed) : seed))
    throw wrongSeed('numpyRandom', seed, numpySeed);
  const words = Array.from(seedSequence(BigInt(seed), 8), BigInt);
  // Four words, low half before high half in each 64 bits, high 64 bits before low.
  const wide = (at: number): bigint =>
    [1, 0, 3, 2].reduce((bits, offset) => (bits << 32n) | (words[at + offset] ?? 0n), 0n);
  const increment = ((wide(4) << 1n) | 1n) & low128;
  let state = ((increment + wide(0)) * multiplier + increment) & low128;
  let half: number | undefined;

  function uint64(): bigint {
    state = (state * multiplier + increment) & low128;
    const folded = (state >> 64n) ^ (state & low64);
    const turn = state >> 122n;
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & low64;
  }

  function uint32(): number {
    if (half !== undefined) {
      const high = half;
      half = undefined;
      return high;
    }
    const bits = uint64();
    half = Number(bits >> 32n);
    return Number(bits & 0xffffffffn);
  }

  function below(count: number): number {
    if (count <= 1) return 0;
    const threshold = (0x100000000 - count) % count;
    for (;;) {
      const drawn = uint32();
      if (Math.imul(drawn, count) >>> 0 >= threshold) return highWord(drawn, count);
    }
  }

  function shuffle(items: number[], first: number): void {
    for (let i = items.length - 1; i >= first; i--) {
      const j = below(i + 1);
      [items[i], items[j]] = [items[j] ?? 0, items[i] ?? 0];
    }
  }

  function choose(count: number, size: number): number[] {
    if (count > largePopulation && size > Math.floor(count / 50)) {
      const items = Array.from({ length: count }, (_, index) => index);
      shuffle(items, Math.max(count - size, 1));
      return items.slice(count - size);
    }
    // Floyd's algorithm.
    const taken = new Set<number>();
    for (let j = count - size; j < count; j++) {
      const drawn = below(j + 1);
      taken.add(taken.has(drawn) ? j : drawn);
    }
    const items = [...taken];
    shuffle(items, 1);
    return items;
  }

  return { uint64, uint32, below, choose };
}

/** The high 32 bits of a · b, both below 2³². */
function highWord(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const carried = (middle % 0x10000) + aLow * bHigh;
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000);
}
