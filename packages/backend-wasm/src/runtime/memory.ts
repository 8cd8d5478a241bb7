/**
 * Elements in the backend's memory, by address: four bytes each; bool is a mask of all bits or none inside, and a byte of 0
 * or 1 outside.
 */

import type { LocalMemory } from '@rheo/compiler';
import { copyElements } from '@rheo/compiler';
import type { TensorData } from '@rheo/ir';
import type { Heap } from './heap.ts';

/** The heap as the store of tensors knows it. */
export function memoryOf(heap: Heap): LocalMemory<number> {
  return {
    allocate: (bytes, what) => heap.allocate(bytes, what),
    release: (address) => heap.release(address),
    write: (address, data) => writeData(heap, address, data),
    read: (address, into) => readData(heap, address, into),
    copy: (from, to, count) => copyElements(heap.i32, from >> 2, heap.i32, to >> 2, count),
  };
}

function writeData(heap: Heap, address: number, data: TensorData): void {
  const index = address >> 2;
  const { length } = data;
  if (data instanceof Float32Array) copyElements(data, 0, heap.f32, index, length);
  else if (data instanceof Int32Array) copyElements(data, 0, heap.i32, index, length);
  else if (data instanceof Uint32Array) copyElements(data, 0, heap.u32, index, length);
  else for (let i = 0; i < length; i++) heap.i32[index + i] = data[i] === 0 ? 0 : -1;
}

function readData(heap: Heap, address: number, data: TensorData): void {
  const index = address >> 2;
  const { length } = data;
  if (data instanceof Float32Array) copyElements(heap.f32, index, data, 0, length);
  else if (data instanceof Int32Array) copyElements(heap.i32, index, data, 0, length);
  else if (data instanceof Uint32Array) copyElements(heap.u32, index, data, 0, length);
  else for (let i = 0; i < length; i++) data[i] = heap.i32[index + i] === 0 ? 0 : 1;
}
