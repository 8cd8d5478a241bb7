/**
 * Elements in the backend's memory, by address: four bytes each; bool is a mask of all bits or none inside, and a byte of 0
 * or 1 outside.
 */

import type { LocalMemory } from '@rheo/compiler';
import type { TensorData } from '@rheo/ir';
import type { Heap } from './heap.ts';

/** The heap as the store of tensors knows it. */
export function memoryOf(heap: Heap): LocalMemory<number> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (address) => heap.release(address),
    write: (address, data) => writeData(heap, address, data),
    read: (address, into) => readData(heap, address, into),
    copy: (from, to, count) => {
      heap.i32.copyWithin(to >> 2, from >> 2, (from >> 2) + count);
    },
  };
}

function writeData(heap: Heap, address: number, data: TensorData): void {
  const index = address >> 2;
  if (data instanceof Float32Array) heap.f32.set(data, index);
  else if (data instanceof Int32Array) heap.i32.set(data, index);
  else if (data instanceof Uint32Array) heap.u32.set(data, index);
  else for (let i = 0; i < data.length; i++) heap.i32[index + i] = data[i] === 0 ? 0 : -1;
}

/** Small arrays are copied by hand, which makes no view. */
function readData(heap: Heap, address: number, data: TensorData): void {
  const index = address >> 2;
  const { length } = data;
  if (data instanceof Uint8Array) {
    for (let i = 0; i < length; i++) data[i] = heap.i32[index + i] === 0 ? 0 : 1;
    return;
  }
  const source = data instanceof Float32Array ? heap.f32 : data instanceof Int32Array ? heap.i32 : heap.u32;
  if (length <= 512) for (let i = 0; i < length; i++) data[i] = source[index + i] as number;
  else data.set(source.subarray(index, index + length));
}
