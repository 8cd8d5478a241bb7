/**
 * Where the arrays and handles of a `runInto` go: which lie in the backend's memory already, which are written there before
 * a run or read from there after it.
 *
 * Streaming passes the same ones step after step. A route is found once for them, with every check; from then on a step
 * only asks whether they are the same and still there.
 */

import type { DeviceTensor, TensorData } from '@rheo/ir';
import type { Elements, LocalMemory, Transfer } from './local-memory.ts';
import { readOutside, transferOf, writeInside } from './local-memory.ts';
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
  readonly #writes: readonly Transfer[];
  readonly #returns: readonly { readonly from: Elements; readonly to: Elements }[];
  readonly #reads: readonly Transfer[];
  /** Of the memory, when the views were made. */
  readonly #era: unknown;

  constructor(memory: LocalMemory<Place>, inputs: readonly Slot[], outputs: readonly Slot[], moves: Moves<Place>) {
    this.#inputs = [...inputs];
    this.#outputs = [...outputs];
    const all = [...inputs, ...outputs];
    this.#handles = all.filter((slot) => !ArrayBuffer.isView(slot)) as LocalTensor<Place>[];
    this.#arrays = all.filter((slot) => ArrayBuffer.isView(slot));
    this.#lengths = this.#arrays.map(({ length }) => length);
    const transfer = ({ array, place }: Staged<Place>): Transfer => transferOf(memory, place, array);
    this.#writes = moves.writes.map(transfer);
    this.#returns = moves.returns.map(({ from, to, count }) => ({
      from: memory.view(from, 'i32', count),
      to: memory.view(to, 'i32', count),
    }));
    this.#reads = moves.reads.map(transfer);
    this.#era = memory.era;
  }

  /** True if it is the route of these. Handles end, and arrays lose their elements when their buffer goes elsewhere. */
  serves(inputs: readonly Slot[], outputs: readonly Slot[], era: unknown): boolean {
    if (era !== this.#era) return false;
    const handles = this.#handles;
    for (let i = 0; i < handles.length; i++) if (!(handles[i] as LocalTensor<Place>).live) return false;
    const arrays = this.#arrays;
    for (let i = 0; i < arrays.length; i++) if ((arrays[i] as TensorData).length !== this.#lengths[i]) return false;
    return sameSlots(this.#inputs, inputs) && sameSlots(this.#outputs, outputs);
  }

  /** Writes the inputs that are arrays. */
  before(): void {
    const writes = this.#writes;
    for (let i = 0; i < writes.length; i++) writeInside(writes[i] as Transfer);
  }

  /** Brings back the results that were written aside, and reads those that are arrays. */
  after(): void {
    const returns = this.#returns;
    for (let i = 0; i < returns.length; i++) {
      const { from, to } = returns[i] as { from: Elements; to: Elements };
      to.set(from);
    }
    const reads = this.#reads;
    for (let i = 0; i < reads.length; i++) readOutside(reads[i] as Transfer);
  }
}

function sameSlots(known: readonly Slot[], given: readonly Slot[]): boolean {
  if (known.length !== given.length) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== given[i]) return false;
  return true;
}
