/**
 * Elements in the backend's blocks: four bytes each; bool is a mask of all bits or none inside, and a byte of 0 or 1
 * outside.
 */

import type { LocalMemory } from '@rheo/compiler';
import { copyElements } from '@rheo/compiler';
import type { TensorData } from '@rheo/ir';
import type { Block, Heap } from './heap.ts';

/** The heap as the store of tensors knows it. */
export function memoryOf(heap: Heap): LocalMemory<Block> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (block) => heap.release(block),
    write: writeData,
    read: readData,
    copy: (from, to, count) => copyElements(from.i32, 0, to.i32, 0, count),
  };
}

function writeData(block: Block, data: TensorData): void {
  const { length } = data;
  if (data instanceof Float32Array) copyElements(data, 0, block.f32, 0, length);
  else if (data instanceof Int32Array) copyElements(data, 0, block.i32, 0, length);
  else if (data instanceof Uint32Array) copyElements(data, 0, block.u32, 0, length);
  else for (let i = 0; i < length; i++) block.i32[i] = data[i] === 0 ? 0 : -1;
}

function readData(block: Block, data: TensorData): void {
  const { length } = data;
  if (data instanceof Float32Array) copyElements(block.f32, 0, data, 0, length);
  else if (data instanceof Int32Array) copyElements(block.i32, 0, data, 0, length);
  else if (data instanceof Uint32Array) copyElements(block.u32, 0, data, 0, length);
  else for (let i = 0; i < length; i++) data[i] = block.i32[i] === 0 ? 0 : 1;
}
