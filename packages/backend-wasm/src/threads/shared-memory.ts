/**
 * Memory that threads share. Its largest size is set aside from the start, which an engine may refuse: then it is made
 * smaller, down to 256 MiB, and says so.
 */

import { RheoError } from '@rheo/ir';
import { mebibytes, pagesOf } from '../runtime/heap.ts';

/** A memory, and how far it may grow. */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory;
  readonly pages: number;
  readonly maxBytes: number;
  /** What people should know of it. */
  readonly notes: readonly string[];
}

const pageBytes = 65536;
const fewestPages = 4096;

/** Makes memory for `maxBytes`, or for less. Throws `memory` if the engine refuses even 256 MiB. */
export function shareMemory(maxBytes: number): SharedMemory {
  const wanted = pagesOf(maxBytes);
  for (let pages = wanted; ; pages = Math.max(fewestPages, Math.floor(pages / 2))) {
    const bytes = pages * pageBytes;
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
      if (pages === wanted) return { memory, pages, maxBytes, notes: [] };
      return { memory, pages, maxBytes: bytes, notes: [`at most ${mebibytes(bytes)}: the engine sets no more aside`] };
    } catch (cause) {
      if (pages > fewestPages) continue;
      throw new RheoError('memory', {
        from: '@rheo/backend-wasm',
        what: `the engine sets aside no shared memory of ${mebibytes(bytes)}`,
        where: 'wasm',
        remedy: 'Give a smaller maxBytes, or use one thread',
        cause,
      });
    }
  }
}
