/**
 * Memory of the backend: blocks that start at a multiple of 64 bytes and may be read a vector beyond their end.
 *
 * Each block is an ArrayBuffer of its own, so that what is not needed goes back to the system; freed blocks are kept for
 * the next of their size, since a training step frees what the following one asks for.
 */

import { RheoError } from '@rheo/ir';
import type { Foreign } from '../toolchain/foreign.ts';

const alignment = 64;
/** Vectors may read past the end of a buffer. */
const slack = 64;
/** Large pages of Linux on x64, and on arm64 with the usual small ones. */
const largePage = 2 * 2 ** 20;
/** Blocks from here on have large pages: what training keeps of every step is walked once forth and once back. */
const manyPages = 2 * largePage;
/** Free memory that is kept in any case; beyond it no more than is in use. */
const keptBytes = 32 * 2 ** 20;

/** A piece of memory, seen as each type. */
export interface Block {
  /** Address of its first byte. */
  readonly address: bigint;
  /** Usable bytes, a multiple of 64. */
  readonly bytes: number;
  readonly f32: Float32Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
}

/** Blocks with allocation and release. */
export class Heap {
  readonly #maxBytes: number;
  readonly #foreign: Foreign;
  readonly #free = new Map<number, Block[]>();
  #freeBytes = 0;
  #usedBytes = 0;

  constructor(foreign: Foreign, maxBytes: number) {
    this.#foreign = foreign;
    this.#maxBytes = maxBytes;
  }

  /** Bytes in use and kept. */
  get bytes(): number {
    return this.#usedBytes + this.#freeBytes;
  }

  /** A block of at least so many bytes, of any contents. Throws `memory` beyond the limit. */
  allocate(bytes: number, what: string): Block {
    const size = sizeClass(bytes);
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) {
      this.#freeBytes -= size;
      this.#usedBytes += size;
      return known;
    }
    if (this.bytes + size > this.#maxBytes) this.#drop(0);
    if (this.bytes + size > this.#maxBytes) throw this.#full(size, what);
    try {
      const block = make(this.#foreign, size);
      this.#usedBytes += size;
      return block;
    } catch (cause) {
      throw this.#full(size, what, cause);
    }
  }

  /** Takes a block back. */
  release(block: Block): void {
    const { bytes } = block;
    this.#usedBytes -= bytes;
    this.#freeBytes += bytes;
    const list = this.#free.get(bytes);
    if (list === undefined) this.#free.set(bytes, [block]);
    else list.push(block);
    if (this.#freeBytes > Math.max(keptBytes, this.#usedBytes)) this.#drop(this.#freeBytes / 2);
  }

  /** Forgets free blocks, largest first, until no more than so many bytes of them are left. */
  #drop(most: number): void {
    for (const size of [...this.#free.keys()].sort((a, b) => b - a)) {
      const list = this.#free.get(size) ?? [];
      while (list.length > 0 && this.#freeBytes > most) {
        list.pop();
        this.#freeBytes -= size;
      }
      if (list.length === 0) this.#free.delete(size);
    }
  }

  #full(bytes: number, what: string, cause?: unknown): RheoError {
    return new RheoError('memory', {
      from: '@rheo/backend-native',
      what: `${mebibytes(bytes)} more than the ${mebibytes(this.#usedBytes)} in use cannot be had (limit ${mebibytes(this.#maxBytes)})`,
      where: what,
      remedy: 'Use a smaller batch or fewer steps, dispose tensors that are no longer needed, or raise maxBytes',
      cause,
    });
  }
}

/** Sizes that blocks come in: steps of 64 bytes, and of a thirty-second of the size where that is more. */
function sizeClass(bytes: number): number {
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(Math.max(1, bytes))) - 5));
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

function make(foreign: Foreign, bytes: number): Block {
  const memory = new ArrayBuffer(bytes + alignment + slack);
  const start = foreign.address(memory);
  const offset = (alignment - Number(start % BigInt(alignment))) % alignment;
  const length = bytes / 4;
  if (bytes >= manyPages) useLargePages(foreign, start, bytes);
  return {
    address: start + BigInt(offset),
    bytes,
    f32: new Float32Array(memory, offset, length),
    i32: new Int32Array(memory, offset, length),
    u32: new Uint32Array(memory, offset, length),
  };
}

/** Before the memory is touched: the whole large pages within it. */
function useLargePages(foreign: Foreign, start: bigint, bytes: number): void {
  const size = BigInt(largePage);
  const from = ((start + size - 1n) / size) * size;
  const to = ((start + BigInt(bytes)) / size) * size;
  if (to > from) foreign.largePages(from, Number(to - from));
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
