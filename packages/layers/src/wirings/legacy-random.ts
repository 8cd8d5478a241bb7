/**
 * NumPy's legacy generator, `RandomState(seed)`: MT19937 (Matsumoto and Nishimura 1998) with the draws that NCP wirings
 * are made of, bit for bit. It serves wirings only: parameters and dropout use the keys of @rheo/core.
 */

import { legacySeed, wrongSeed } from './seed-rules.ts';

/** A stream of draws; each call moves it on. */
export interface LegacyRandom {
  /** 32 random bits. */
  uint32(): number;
  /** An integer in [0, count), by masked rejection; count = 1 draws nothing. */
  below(count: number): number;
  /** The first `size` numbers of a random permutation of 0 … count - 1. */
  choose(count: number, size: number): number[];
}

const words = 624;
const middle = 397;

/** The stream of `numpy.random.RandomState(seed)`, seed in [0, 2³²). Throws `argument` for another seed. */
export function legacyRandom(seed: number): LegacyRandom {
  if (!legacySeed.accepts(seed)) throw wrongSeed('legacyRandom', seed, legacySeed);
  const state = new Uint32Array(words);
  state[0] = seed;
  for (let i = 1; i < words; i++) {
    const before = state[i - 1] ?? 0;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  let next = words;

  function twist(): void {
    for (let i = 0; i < words; i++) {
      const bits = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % words] ?? 0) & 0x7fffffff);
      state[i] = (state[(i + middle) % words] ?? 0) ^ (bits >>> 1) ^ ((bits & 1) === 0 ? 0 : 0x9908b0df);
    }
    next = 0;
  }

  function uint32(): number {
    if (next === words) twist();
    let bits = state[next++] ?? 0;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  function below(count: number): number {
    if (count <= 1) return 0;
    const mask = 0xffffffff >>> Math.clz32(count - 1);
    for (;;) {
      const drawn = (uint32() & mask) >>> 0;
      if (drawn < count) return drawn;
    }
  }

  function choose(count: number, size: number): number[] {
    const order = Array.from({ length: count }, (_, index) => index);
    for (let i = count - 1; i > 0; i--) {
      const j = below(i + 1);
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
    return order.slice(0, size);
  }

  return { uint32, below, choose };
}
