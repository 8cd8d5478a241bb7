/**
 * Where the arrays and handles of a `runInto` go: which lie in the backend's memory already, which are written there before
 * a run or read from there after it.
 *
 * Streaming passes the same ones step after step. A route is found once for them, with every check; from then on a step
 * only asks whether they are the same and still there.
 */

import type { DeviceTensor, TensorData } from '@rheo/ir';
import type { Transfer } from './local-memory.ts';
import { readOutside, writeInside } from './local-memory.ts';
import type { LocalTensor } from './local-tensor.ts';

/** What `runInto` takes at a place. */
export type Slot = DeviceTensor | TensorData;

/** The moves before and after a run. */
export interface Moves {
  /** Inputs that are arrays. */
  readonly writes: Transfer[];
  /** Results that are inputs too: they are written aside first, where kernels assume that they do not overlap. */
  readonly returns: Transfer[];
  /** Results that are arrays. */
  readonly reads: Transfer[];
}

/** See the head of this file. */
export class Route {
  readonly #inputs: readonly Slot[];
  readonly #outputs: readonly Slot[];
  readonly #handles: readonly LocalTensor<unknown>[];
  readonly #moves: Moves;
  /** Of the memory, when the views were made. */
  readonly #era: unknown;

  constructor(inputs: readonly Slot[], outputs: readonly Slot[], moves: Moves, era: unknown) {
    // Lists that are frozen hold what they held.
    this.#inputs = Object.isFrozen(inputs) ? inputs : [...inputs];
    this.#outputs = Object.isFrozen(outputs) ? outputs : [...outputs];
    this.#handles = [...inputs, ...outputs].filter((slot) => !ArrayBuffer.isView(slot)) as LocalTensor<unknown>[];
    this.#moves = moves;
    this.#era = era;
  }

  /** True if it is the route of these. Handles end, and arrays lose their elements when their buffer goes elsewhere. */
  serves(inputs: readonly Slot[], outputs: readonly Slot[], era: unknown): boolean {
    if (era !== this.#era || !sameSlots(this.#inputs, inputs) || !sameSlots(this.#outputs, outputs)) return false;
    const handles = this.#handles;
    for (let i = 0; i < handles.length; i++) if (!(handles[i] as LocalTensor<unknown>).live) return false;
    return areThere(this.#moves.writes) && areThere(this.#moves.reads);
  }

  /** Writes the inputs that are arrays. */
  before(): void {
    writeAll(this.#moves.writes);
  }

  /** Brings back the results that were written aside, and reads those that are arrays. */
  after(): void {
    const { returns, reads } = this.#moves;
    writeAll(returns);
    for (let i = 0; i < reads.length; i++) readOutside(reads[i] as Transfer);
  }
}

function writeAll(transfers: readonly Transfer[]): void {
  for (let i = 0; i < transfers.length; i++) writeInside(transfers[i] as Transfer);
}

/** True if arrays have all their elements. */
function areThere(transfers: readonly Transfer[]): boolean {
  for (let i = 0; i < transfers.length; i++) {
    const { inside, outside } = transfers[i] as Transfer;
    if (inside.length !== outside.length) return false;
  }
  return true;
}

function sameSlots(known: readonly Slot[], given: readonly Slot[]): boolean {
  if (known === given) return true;
  if (known.length !== given.length) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== given[i]) return false;
  return true;
}
