/**
 * NumPy's legacy random generator `numpy.random.RandomState(seed)`: Mersenne Twister 19937, seeded by init_genrand
 * (Matsumoto and Nishimura, 1998).
 *
 * Gives exactly NumPy's numbers for whole-number seeds, which is what published splits and data sets depend on.
 * Draws from continuous distributions other than the uniform one are not part of it. Model weights use threefry keys.
 */
import { DataError } from './data-error.ts';

const words = 624;
const shift = 397;

/** A generator with state; two of the same seed give the same draws. */
export class RandomState {
  readonly #key: Uint32Array = new Uint32Array(words);
  #at: number = words;

  /** Seed: a whole number from 0 to 2^32 - 1. Errors: `argument`. */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new DataError('argument', `seed ${seed}`, { remedy: 'Use a whole number from 0 to 4294967295.' });
    }
    this.#key[0] = seed;
    for (let i = 1; i < words; i++) {
      const before = this.#key[i - 1] ?? 0;
      this.#key[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#at === words) this.#refill();
    let y = this.#key[this.#at++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** Uniform in [0, 1) with 53 bits: NumPy's `rand()` and `random_sample()`. */
  rand(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform whole number from 0 to `max` inclusive (below 2^32), by masked rejection; draws nothing for 0. */
  interval(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** Uniform whole number in [low, high), at most 2^32 apart: NumPy's `randint(low, high)`. Errors: `argument`. */
  randint(low: number, high: number): number {
    const span = high - 1 - low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || span < 0 || span > 0xffffffff) {
      throw new DataError('argument', `no whole number in [${low}, ${high})`, {
        remedy: 'Use whole numbers with low < high, at most 2^32 apart.',
      });
    }
    return low + this.interval(span);
  }

  /** Shuffles a list in place: NumPy's `shuffle`. */
  shuffle<T>(list: { length: number; [index: number]: T }): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.interval(i);
      const kept = list[i] as T;
      list[i] = list[j] as T;
      list[j] = kept;
    }
  }

  /** The numbers 0 to n - 1 in shuffled order: NumPy's `permutation(n)`. */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    this.shuffle(order);
    return order;
  }

  #refill(): void {
    const key = this.#key;
    for (let i = 0; i < words; i++) {
      const y = ((key[i] ?? 0) & 0x80000000) | ((key[(i + 1) % words] ?? 0) & 0x7fffffff);
      key[i] = (key[(i + shift) % words] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}
