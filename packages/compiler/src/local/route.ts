/**
 * Where the arrays and handles of a `runInto` go: which lie in the backend's memory already, which are written there before
 * a run or read from there after it.
 *
 * Streaming passes the same ones step after step. A route is found once for them, with every check; from then on a step
 * only asks whether they are the same and still there.
 */

import type { DeviceTensor, TensorData } from '@rheo/ir';
import type { LocalMemory } from './local-store.ts';
import type { LocalTensor } from './local-tensor.ts';

/** What `runInto` takes at a place. */
export type Slot = DeviceTensor | TensorData;

/** An array and its place in the memory. */
export interface Staged<Place> {
  readonly array: TensorData;
  readonly place: Place;
}

/** A result that is an input too: it is written aside first, as kernels assume that they do not overlap. */
export interface Returned<Place> {
  readonly from: Place;
  readonly to: Place;
  readonly count: number;
}

/** The moves before and after a run. */
export interface Moves<Place> {
  readonly writes: readonly Staged<Place>[];
  readonly returns: readonly Returned<Place>[];
  readonly reads: readonly Staged<Place>[];
}

/** See the head of this file. */
export class Route<Place> {
  readonly #inputs: readonly Slot[];
  readonly #outputs: readonly Slot[];
  readonly #handles: readonly LocalTensor<Place>[];
  readonly #arrays: readonly TensorData[];
  readonly #lengths: readonly number[];
  readonly #moves: Moves<Place>;

  constructor(inputs: readonly Slot[], outputs: readonly Slot[], moves: Moves<Place>) {
    this.#inputs = [...inputs];
    this.#outputs = [...outputs];
    this.#moves = moves;
    const all = [...inputs, ...outputs];
    this.#handles = all.filter((slot) => !ArrayBuffer.isView(slot)) as LocalTensor<Place>[];
    this.#arrays = all.filter((slot) => ArrayBuffer.isView(slot));
    this.#lengths = this.#arrays.map(({ length }) => length);
  }

  /** True if it is the route of these. Handles end, and arrays lose their elements when their buffer goes elsewhere. */
  serves(inputs: readonly Slot[], outputs: readonly Slot[]): boolean {
    const handles = this.#handles;
    for (let i = 0; i < handles.length; i++) if (!(handles[i] as LocalTensor<Place>).live) return false;
    const arrays = this.#arrays;
    for (let i = 0; i < arrays.length; i++) if ((arrays[i] as TensorData).length !== this.#lengths[i]) return false;
    return sameSlots(this.#inputs, inputs) && sameSlots(this.#outputs, outputs);
  }

  /** Writes the inputs that are arrays. */
  before(memory: LocalMemory<Place>): void {
    const { writes } = this.#moves;
    for (let i = 0; i < writes.length; i++) {
      const { place, array } = writes[i] as Staged<Place>;
      memory.write(place, array);
    }
  }

  /** Brings back the results that were written aside, and reads those that are arrays. */
  after(memory: LocalMemory<Place>): void {
    const { returns, reads } = this.#moves;
    for (let i = 0; i < returns.length; i++) {
      const { from, to, count } = returns[i] as Returned<Place>;
      memory.copy(from, to, count);
    }
    for (let i = 0; i < reads.length; i++) {
      const { place, array } = reads[i] as Staged<Place>;
      memory.read(place, array);
    }
  }
}

function sameSlots(known: readonly Slot[], given: readonly Slot[]): boolean {
  if (known.length !== given.length) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== given[i]) return false;
  return true;
}
