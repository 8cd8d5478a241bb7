/**
 * The backend's WebAssembly memory: a first-fit allocator that joins freed neighbours and grows when it must.
 *
 * Memory of a WebAssembly instance never shrinks: freed blocks are reused, and everything goes back with the
 * backend. Views change when the memory grows, so ask for them anew after every allocation.
 */

import { RheoError } from '@rheo/ir';

const pageBytes = 65536;
const alignment = 64;
/** Vectors may read past the end of a buffer, never past the end of memory. */
const slack = 256;
/** 2 GiB: addresses stay positive as signed 32-bit numbers, in generated code and in JavaScript's shifts. */
const maxPages = 32768;

/** Views of a memory that threads may share. */
type Buffer = ArrayBufferLike;

interface Block {
  address: number;
  size: number;
}

/** Memory with views, allocation and release. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #maxBytes: number;
  readonly #used = new Map<number, number>();
  #free: Block[] = [];
  /** End of what has ever been handed out. */
  #top = alignment;
  #f32: Float32Array<Buffer>;
  #i32: Int32Array<Buffer>;
  #u32: Uint32Array<Buffer>;
  #u8: Uint8Array<Buffer>;

  /** Memory of its own that may grow to `maxBytes`, or a shared one that may not grow further than that. */
  constructor(maxBytes: number, shared?: WebAssembly.Memory) {
    this.#maxBytes = Math.min(maxBytes, maxPages * pageBytes);
    this.memory = shared ?? new WebAssembly.Memory({ initial: 1, maximum: pagesOf(this.#maxBytes) });
    const buffer = this.memory.buffer as Buffer;
    this.#f32 = new Float32Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
  }

  get f32(): Float32Array<Buffer> {
    return this.#f32;
  }

  get i32(): Int32Array<Buffer> {
    return this.#i32;
  }

  get u32(): Uint32Array<Buffer> {
    return this.#u32;
  }

  get u8(): Uint8Array<Buffer> {
    return this.#u8;
  }

  /** Size of the memory now. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Address of a block of at least `bytes` bytes, a multiple of 64. Throws `memory` when it cannot grow. */
  allocate(bytes: number, what: string): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const index = this.#free.findIndex((block) => block.size >= size);
    const block = this.#free[index];
    if (block !== undefined) {
      const { address } = block;
      if (block.size === size) this.#free.splice(index, 1);
      else {
        block.address += size;
        block.size -= size;
      }
      this.#used.set(address, size);
      return address;
    }
    const address = this.#top;
    this.#reserve(address + size, what);
    this.#top = address + size;
    this.#used.set(address, size);
    return address;
  }

  /** Gives a block back. */
  release(address: number): void {
    const size = this.#used.get(address);
    if (size === undefined) throw new Error(`address ${address} is not in use`);
    this.#used.delete(address);
    let low = 0;
    for (let high = this.#free.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#free[middle] as Block).address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1];
    const after = this.#free[low];
    const joinsBefore = before !== undefined && before.address + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.address;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.#free.splice(low, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.address = address;
      after.size += size;
    } else this.#free.splice(low, 0, { address, size });
    const last = this.#free.at(-1);
    if (last !== undefined && last.address + last.size === this.#top) {
      this.#top = last.address;
      this.#free.pop();
    }
  }

  #reserve(end: number, what: string): void {
    const needed = end + slack - this.bytes;
    if (needed <= 0) return;
    const pages = Math.ceil(needed / pageBytes);
    // Growing a little more than asked keeps a sequence of small allocations from growing every time. No more than a
    // thirty-second: growing costs microseconds, and what is taken shall be what was planned.
    const generous = Math.max(pages, Math.floor(this.bytes / pageBytes / 32));
    for (const count of [generous, pages]) {
      try {
        this.memory.grow(count);
        const buffer = this.memory.buffer as Buffer;
        this.#f32 = new Float32Array(buffer);
        this.#i32 = new Int32Array(buffer);
        this.#u32 = new Uint32Array(buffer);
        this.#u8 = new Uint8Array(buffer);
        return;
      } catch {
        // Less may still fit.
      }
    }
    throw new RheoError('memory', {
      from: '@rheo/backend-wasm',
      what: `the memory of ${mebibytes(this.bytes)} cannot grow by ${mebibytes(needed)} (limit ${mebibytes(this.#maxBytes)})`,
      where: what,
      remedy: 'Use a smaller batch or fewer steps, dispose tensors that are no longer needed, or raise maxBytes',
    });
  }
}

/** Pages of 64 KiB that so many bytes fill, one at least and 32,768 at most. */
export function pagesOf(bytes: number): number {
  return Math.max(1, Math.floor(Math.min(bytes / pageBytes, maxPages)));
}

/** Bytes for people. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
