/**
 * Mixes a sequence of words into 128 bits: four lanes that each take every word with their own multipliers (the
 * multiply-rotate step of Murmur3) and are stirred into each other at the end.
 */

/** A hash in the making. */
export class Digest {
  #a: number = 0x1e3779b9;
  #b: number = 0x7f4a7c15;
  #c: number = 0x243f6a88;
  #d: number = 0x13198a2e;
  readonly #double: Float64Array = new Float64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#double.buffer);
  #count: number = 0;

  /** Adds 32 bits. */
  word(word: number): void {
    this.#a = step(this.#a, word, 0xcc9e2d51, 0x1b873593, 0x561ccd1b);
    this.#b = step(this.#b, word, 0x239b961b, 0xab0e9789, 0x0bcaa747);
    this.#c = step(this.#c, word, 0x38b34ae5, 0xa1e38b93, 0x96cd1c35);
    this.#d = step(this.#d, word, 0x85ebca6b, 0xc2b2ae35, 0x32ac3b17);
    this.#count++;
  }

  /** Adds the bits of a double; all NaN are one. */
  number(x: number): void {
    this.#double[0] = x;
    // The bits of a NaN differ between engines.
    if (Number.isNaN(x)) this.#halves.set([0, 0x7ff80000]);
    this.word(this.#halves[0] as number);
    this.word(this.#halves[1] as number);
  }

  /** Adds a text and its length. */
  text(text: string): void {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
  }

  /** The hash of what was added, as 32 hexadecimal digits. */
  hex(): string {
    const lanes = [this.#a, this.#b, this.#c, this.#d].map((lane) => lane ^ this.#count);
    for (let round = 0; round < 2; round++) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = finish(((lanes[lane] as number) + (lanes[(lane + 3) % 4] as number)) | 0);
      }
    }
    return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

function step(lane: number, word: number, first: number, second: number, added: number): number {
  const mixed = lane ^ Math.imul(rotate(Math.imul(word, first), 15), second);
  return (Math.imul(rotate(mixed, 13), 5) + added) | 0;
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function finish(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
