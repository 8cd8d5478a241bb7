/**
 * The backend's memory, by address, as the store of tensors knows it.
 */

import type { LocalMemory } from '@rheo/compiler';
import type { Heap } from './heap.ts';

/** See the head of this file. */
export function memoryOf(heap: Heap): LocalMemory<number> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (address) => heap.release(address),
    view: (address, kind, count) => heap[kind].subarray(address >> 2, (address >> 2) + count),
    // Growing makes new views of all of it.
    get era() {
      return heap.u8;
    },
  };
}
