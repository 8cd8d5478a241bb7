/**
 * The tensors and executables of a backend whose memory this processor reads and writes: what of the contract does not hang
 * on where the memory lies or how code is made.
 *
 * A backend has one store and hands its calls on. Everything wrong is refused before anything is done.
 */

import type { DeviceLost, DeviceTensor, DType, TensorData, TensorType } from '@rheo/ir';
import { allocate, checkData, elementCount, formatType, RheoError, staticShape } from '@rheo/ir';
import type { LocalMemory } from './local-memory.ts';
import { readOutside, transferOf, writeInside } from './local-memory.ts';
import type { TensorOwner } from './local-tensor.ts';
import { LocalTensor } from './local-tensor.ts';

/** Element types of four bytes: what such memory holds. */
export const localDTypes: readonly DType[] = ['f32', 'i32', 'u32', 'bool'];

/** See the head of this file. */
export class LocalStore<Place> implements TensorOwner<Place> {
  readonly from: string;
  readonly memory: LocalMemory<Place>;
  readonly lost: Promise<DeviceLost>;
  readonly #factory: string;
  readonly #executables = new Set<{ dispose(): void }>();
  #lose: (lost: DeviceLost) => void = () => {};
  #open = true;
  /** Why nothing in the memory is to be relied on any more. */
  #failure: RheoError | undefined;
  #live = 0;

  /** `from` names the package in errors, `factory` the function that makes such a backend. */
  constructor(from: string, factory: string, memory: LocalMemory<Place>) {
    this.from = from;
    this.#factory = factory;
    this.memory = memory;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  get liveTensors(): number {
    return this.#live;
  }

  /** Throws `disposed`, or the failure by which the backend was lost. */
  checkOpen(): void {
    if (this.#open && this.#failure !== undefined) throw this.#failure;
    if (this.#open) return;
    const remedy = `Create another with ${this.#factory}()`;
    throw new RheoError('disposed', { from: this.from, what: 'the backend was disposed', remedy });
  }

  /** From now on everything throws this. */
  lose(failure: RheoError): void {
    this.#failure = failure;
    this.#lose({ reason: 'lost', message: failure.details.what });
  }

  /** Ends everything; false if that was done before. */
  close(): boolean {
    if (!this.#open) return false;
    for (const executable of [...this.#executables]) executable.dispose();
    this.#open = false;
    this.#live = 0;
    this.#lose({ reason: 'disposed', message: 'the backend was disposed' });
    return true;
  }

  upload(data: TensorData, type: TensorType): LocalTensor<Place> {
    this.checkOpen();
    if (!localDTypes.includes(type.dtype)) {
      const remedy = 'Use f32, i32, u32 or bool';
      throw new RheoError('dtype', { from: this.from, what: `has no ${type.dtype}`, remedy });
    }
    staticShape(type.shape);
    checkData(data, type, 'upload', this.from);
    const tensor = this.newTensor(type, `upload of ${formatType(type)}`);
    writeInside(transferOf(this.memory, tensor.place, data));
    return tensor;
  }

  readSync(tensor: DeviceTensor, into?: TensorData): TensorData {
    this.checkOpen();
    if (!this.owns(tensor)) {
      const what = 'the tensor belongs to another backend';
      throw new RheoError('backend', { from: this.from, what, where: 'read' });
    }
    tensor.check('read');
    if (into !== undefined) checkData(into, tensor.type, 'into', this.from);
    const data = into ?? allocate(tensor.type.dtype, elementCount(tensor.type.shape));
    readOutside(transferOf(this.memory, tensor.place, data));
    return data;
  }

  /** A handle of any contents. Throws `memory`. */
  newTensor(type: TensorType, what: string): LocalTensor<Place> {
    const place = this.memory.allocate(elementCount(type.shape) * 4, what);
    this.#live++;
    return new LocalTensor(type, place, this);
  }

  owns(tensor: DeviceTensor): tensor is LocalTensor<Place> {
    return tensor instanceof LocalTensor && tensor.owner === this;
  }

  ended(tensor: LocalTensor<Place>): void {
    if (!this.#open) return;
    this.#live--;
    this.memory.release(tensor.place);
  }

  opened(executable: { dispose(): void }): void {
    this.#executables.add(executable);
  }

  closed(executable: { dispose(): void }): void {
    this.#executables.delete(executable);
  }
}
