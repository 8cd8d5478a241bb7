/**
 * Handles of tensors in the backend's memory, and the two forms of their elements.
 *
 * Elements take four bytes; bool is a mask of all bits or none inside and a byte of 0 or 1 outside.
 */

import type { DeviceTensor, TensorData, TensorType } from '@rheo/ir';
import { formatType, RheoError } from '@rheo/ir';
import type { Block } from './heap.ts';

/** What a handle belongs to. */
export interface TensorOwner {
  /** Called once when a handle ends. */
  ended(tensor: NativeTensor): void;
}

/** A tensor in native memory. */
export class NativeTensor implements DeviceTensor {
  readonly type: TensorType;
  readonly block: Block;
  readonly owner: TensorOwner;
  #state: 'live' | 'disposed' | 'donated' = 'live';

  constructor(type: TensorType, block: Block, owner: TensorOwner) {
    this.type = type;
    this.block = block;
    this.owner = owner;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  dispose(): void {
    this.end('disposed');
  }

  [Symbol.dispose](): void {
    this.dispose();
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
      from: '@rheo/backend-native',
      what: this.#state === 'donated' ? 'the tensor was donated to an earlier run' : 'the tensor was disposed',
      where,
      shapes: [formatType(this.type)],
      remedy: 'Use the results of that run, or upload the data again',
    });
  }
}

/** Writes host data to a block. */
export function writeData(block: Block, data: TensorData): void {
  if (data instanceof Float32Array) block.f32.set(data);
  else if (data instanceof Int32Array) block.i32.set(data);
  else if (data instanceof Uint32Array) block.u32.set(data);
  else for (let i = 0; i < data.length; i++) block.i32[i] = data[i] === 0 ? 0 : -1;
}

/** Reads elements of a block into host data. Small arrays are copied by hand, which makes no view. */
export function readData(block: Block, data: TensorData): void {
  const { length } = data;
  if (data instanceof Uint8Array) {
    for (let i = 0; i < length; i++) data[i] = block.i32[i] === 0 ? 0 : 1;
    return;
  }
  const source = data instanceof Float32Array ? block.f32 : data instanceof Int32Array ? block.i32 : block.u32;
  if (length <= 256) for (let i = 0; i < length; i++) data[i] = source[i] as number;
  else data.set(source.subarray(0, length));
}
