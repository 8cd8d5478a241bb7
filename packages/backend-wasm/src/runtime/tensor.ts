/**
 * Handles of tensors in the backend's memory, and the two forms of their elements.
 *
 * Elements take four bytes; bool is a mask of all bits or none inside and a byte of 0 or 1 outside.
 */

import type { DeviceTensor, TensorData, TensorType } from '@rheo/ir';
import { allocate, checkData, elementCount, formatType, RheoError } from '@rheo/ir';
import type { Heap } from './heap.ts';

/** What a handle belongs to. */
export interface TensorOwner {
  readonly heap: Heap;
  /** Called once when a handle ends. */
  ended(tensor: WasmTensor): void;
}

/** A tensor in WebAssembly memory. */
export class WasmTensor implements DeviceTensor {
  readonly type: TensorType;
  readonly address: number;
  readonly owner: TensorOwner;
  #state: 'live' | 'disposed' | 'donated' = 'live';

  static {
    // Older browsers have no Symbol.dispose; naming it there would define a method called "undefined".
    const symbol = (Symbol as { readonly dispose?: symbol }).dispose;
    if (symbol !== undefined) {
      Object.defineProperty(WasmTensor.prototype, symbol, {
        value(this: WasmTensor): void {
          this.dispose();
        },
      });
    }
  }

  constructor(type: TensorType, address: number, owner: TensorOwner) {
    this.type = type;
    this.address = address;
    this.owner = owner;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  dispose(): void {
    this.end('disposed');
  }

  /** Ends the handle; ending it twice does nothing. */
  end(state: 'disposed' | 'donated'): void {
    if (this.#state !== 'live') return;
    this.#state = state;
    this.owner.ended(this);
  }

  /** Throws unless the handle can be used. */
  check(where: string): void {
    if (this.#state === 'live') return;
    throw new RheoError('disposed', {
      from: '@rheo/backend-wasm',
      what: this.#state === 'donated' ? 'the tensor was donated to an earlier run' : 'the tensor was disposed',
      where,
      shapes: [formatType(this.type)],
      remedy: 'Use the results of that run, or upload the data again',
    });
  }
}

/** Writes host data to an address. */
export function writeData(heap: Heap, address: number, data: TensorData): void {
  const index = address >> 2;
  if (data instanceof Float32Array) heap.f32.set(data, index);
  else if (data instanceof Int32Array) heap.i32.set(data, index);
  else if (data instanceof Uint32Array) heap.u32.set(data, index);
  else for (let i = 0; i < data.length; i++) heap.i32[index + i] = data[i] === 0 ? 0 : -1;
}

/** Reads elements at an address into host data. Small arrays are copied by hand, which makes no view. */
export function readData(heap: Heap, address: number, data: TensorData): void {
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

/** A fresh host copy. */
export function copyOut(heap: Heap, tensor: WasmTensor, into?: TensorData): TensorData {
  const data = into ?? allocate(tensor.type.dtype, elementCount(tensor.type.shape));
  if (into !== undefined) checkData(into, tensor.type, 'into', '@rheo/backend-wasm');
  readData(heap, tensor.address, data);
  return data;
}
