/**
 * Blocks of files in memory, so many bytes of them: those that were used last stay. Blocks that stand side by side are read
 * at once.
 */
import type { ScratchFile } from './scratch-space.ts';

/** Blocks read by one call. */
const mostAtOnce = 64;

interface Block {
  readonly words: Promise<Float32Array>;
  readonly bytes: number;
}

export class BlockCache {
  readonly limit: number;
  /** By file, blocks in the order of their last use. */
  readonly #blocks = new Map<string, Block>();
  readonly #names = new Map<ScratchFile, number>();
  #bytes: number = 0;

  /** Holds at most `limit` bytes, not counting those that are being used. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The blocks of a file of blocks of so many bytes, the last one shorter. Numbers rise. Errors: `file`. */
  async fetch(file: ScratchFile, blockBytes: number, numbers: readonly number[]): Promise<Map<number, Float32Array>> {
    const name = this.#names.get(file) ?? this.#names.size;
    this.#names.set(file, name);
    const missing = numbers.filter((number) => !this.#blocks.has(`${name}:${number}`));
    for (let at = 0; at < missing.length; ) {
      let end = at + 1;
      while (end < missing.length && end - at < mostAtOnce && missing[end] === (missing[end - 1] ?? 0) + 1) end++;
      this.#read(file, name, blockBytes, missing.slice(at, end));
      at = end;
    }
    const found = numbers.map(async (number) => {
      const key = `${name}:${number}`;
      const block = this.#blocks.get(key);
      if (block === undefined) throw new Error('a block was dropped before it was used');
      // The last used stand last.
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
      return [number, await block.words] as const;
    });
    this.#evict();
    return new Map(await Promise.all(found));
  }

  #read(file: ScratchFile, name: number, blockBytes: number, numbers: readonly number[]): void {
    const first = (numbers[0] ?? 0) * blockBytes;
    const blocks = numbers.map((_, i) => {
      const bytes = Math.min(blockBytes, file.bytes - first - i * blockBytes);
      return new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT);
    });
    const read = file.read(
      blocks.map(({ buffer }) => new Uint8Array(buffer)),
      first,
    );
    numbers.forEach((number, i) => {
      const key = `${name}:${number}`;
      const words = read.then(() => blocks[i] ?? new Float32Array());
      // Who waits for it is told; a later use tries again.
      words.catch(() => this.#drop(key));
      this.#blocks.set(key, { words, bytes: blockBytes });
      this.#bytes += blockBytes;
    });
  }

  #evict(): void {
    for (const key of this.#blocks.keys()) {
      if (this.#bytes <= this.limit) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const block = this.#blocks.get(key);
    if (block === undefined) return;
    this.#blocks.delete(key);
    this.#bytes -= block.bytes;
  }
}
