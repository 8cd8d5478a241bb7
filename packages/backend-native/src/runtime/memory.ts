/**
 * The backend's blocks as the store of tensors knows them.
 */

import type { LocalMemory } from '@rheo/compiler';
import type { Block, Heap } from './heap.ts';

/** See the head of this file. */
export function memoryOf(heap: Heap): LocalMemory<Block> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (block) => heap.release(block),
    view: (block, kind, count) => block[kind].subarray(0, count),
    // Blocks stay where they are.
    era: heap,
  };
}
