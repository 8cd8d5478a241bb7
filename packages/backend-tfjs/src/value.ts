/**
 * A value within a run: numbers on the host, a tensor of the engine, or both; it moves when it is needed elsewhere.
 *
 * Integers live on the host (engines keep them as floats), floats on the engine once something computes with them.
 * Values are immutable and counted: `release` by the last owner frees the engine's tensors.
 */

import type { DType, TensorData } from '@rheo/ir';
import { engineShape, sizeOf } from './lower/views.ts';
import type { EngineDType, Tensor, Tfjs } from './runtime.ts';

/** A type whose dimensions are numbers. */
export interface BoundType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** See the head of this file. One owner at first. */
export class Value {
  readonly type: BoundType;
  host: TensorData | undefined;
  #tensor: Tensor | undefined;
  /** The numbers as indices of an axis of this many elements, clamped. */
  #index: { readonly limit: number; readonly tensor: Tensor } | undefined;
  #owners: number = 1;

  constructor(type: BoundType, host: TensorData | undefined, tensor?: Tensor) {
    this.type = type;
    this.host = host;
    this.#tensor = tensor;
  }

  /** Adds an owner. */
  retain(): this {
    this.#owners++;
    return this;
  }

  /** Takes an owner away. */
  release(): void {
    this.#owners--;
    if (this.#owners > 0) return;
    this.#tensor?.dispose();
    this.#index?.tensor.dispose();
    this.#tensor = undefined;
    this.#index = undefined;
  }

  /** The value on the engine, uploaded at its first use; shape as `engineShape` says. f32 or bool. */
  tensor(tf: Tfjs): Tensor {
    this.#tensor ??= tf.tensor(this.#numbers(), engineShape(this.type.shape), engineDType(this.type.dtype));
    return this.#tensor;
  }

  /** i32 on the host as a flat tensor of indices of an axis of `limit` elements. */
  index(tf: Tfjs, limit: number): Tensor {
    if (this.#index?.limit !== limit) {
      this.#index?.tensor.dispose();
      const clamped = Int32Array.from(this.#numbers(), (i) => Math.max(0, Math.min(limit - 1, i)));
      this.#index = { limit, tensor: tf.tensor(clamped, [clamped.length], 'int32') };
    }
    return this.#index.tensor;
  }

  /** Reads the engine's tensor. */
  async fetch(): Promise<void> {
    if (this.host !== undefined) return;
    const data = await (this.#tensor as Tensor).data();
    // The processor's engine hands out its own memory.
    this.host = this.type.dtype === 'bool' ? Uint8Array.from(data, (x) => (x === 0 ? 0 : 1)) : data.slice();
  }

  #numbers(): TensorData {
    if (this.host === undefined) throw new Error(`a value of ${this.type.dtype} is not on the host`);
    return this.host;
  }
}

/** True for a value without elements, which engines must never see. */
export function isEmpty({ shape }: BoundType): boolean {
  return sizeOf(shape) === 0;
}

function engineDType(dtype: DType): EngineDType {
  if (dtype === 'f32') return 'float32';
  if (dtype === 'bool') return 'bool';
  throw new Error(`${dtype} lives on the host`);
}
