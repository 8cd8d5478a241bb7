/**
 * Elements in the backend's blocks: four bytes each; bool is a mask of all bits or none inside, and a byte of 0 or 1
 * outside.
 */

import type { LocalMemory } from '@rheo/compiler';
import type { TensorData } from '@rheo/ir';
import type { Block, Heap } from './heap.ts';

/** The heap as the store of tensors knows it. */
export function memoryOf(heap: Heap): LocalMemory<Block> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (block) => heap.release(block),
    write: writeData,
    read: readData,
    copy: (from, to, count) => to.i32.set(from.i32.subarray(0, count)),
  };
}

function writeData(block: Block, data: TensorData): void {
  if (data instanceof Float32Array) block.f32.set(data);
  else if (data instanceof Int32Array) block.i32.set(data);
  else if (data instanceof Uint32Array) block.u32.set(data);
  else for (let i = 0; i < data.length; i++) block.i32[i] = data[i] === 0 ? 0 : -1;
}

/** Small arrays are copied by hand, which makes no view. */
function readData(block: Block, data: TensorData): void {
  const { length } = data;
  if (data instanceof Uint8Array) {
    for (let i = 0; i < length; i++) data[i] = block.i32[i] === 0 ? 0 : 1;
    return;
  }
  const source = data instanceof Float32Array ? block.f32 : data instanceof Int32Array ? block.i32 : block.u32;
  if (length <= 256) for (let i = 0; i < length; i++) data[i] = source[i] as number;
  else data.set(source.subarray(0, length));
}
