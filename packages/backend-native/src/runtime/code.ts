/**
 * The code of a Program: a loaded object with a workspace of its own, and the table of addresses that its kernels read.
 */

import type { LocalCode } from '@rheo/compiler';
import { mayShare } from '@rheo/compiler';
import type { Profile } from '@rheo/ir';
import { extraEntries } from '../codegen/print-parallel.ts';
import type { Target } from '../codegen/target.ts';
import type { Foreign } from '../toolchain/foreign.ts';
import type { Block, Heap } from './heap.ts';
import { lowerProgram } from './print-program.ts';
import { profileRuns } from './profile-runs.ts';
import type { BuiltProgram, Programs } from './programs.ts';

/** Where code has its memory and its threads from, and what builds it. */
export interface CodeHost {
  readonly heap: Heap;
  readonly foreign: Foreign;
  readonly target: Target;
  /** Threads of a run, with the caller. */
  readonly threads: number;
  /** Address of the team of threads; 0 for one thread. */
  readonly team: bigint;
  readonly programs: Programs;
}

const nothing: ReadonlyMap<number, Block> = new Map();

/** See the head of this file. */
export class NativeCode implements LocalCode<Block> {
  readonly workspaceBytes: number;
  readonly #host: CodeHost;
  readonly #built: BuiltProgram;
  readonly #bound: ReadonlySet<number>;
  readonly #entry: (table: bigint) => void;
  readonly #workspace: Block;
  /** Address of each buffer, for each thread. */
  readonly #table: BigUint64Array<ArrayBuffer>;
  readonly #tableAddress: bigint;
  /** Entries from one thread's table to the next. */
  readonly #step: number;

  /** Takes a built Program, whose object is its own once that has succeeded. */
  constructor(host: CodeHost, built: BuiltProgram, bound: ReadonlyMap<number, Block> = nothing) {
    const { layout, object } = built;
    const { threads, heap, foreign } = host;
    this.#host = host;
    this.#built = built;
    this.#bound = new Set(bound.keys());
    const own = layout.bytes - layout.privateFrom;
    this.workspaceBytes = layout.bytes + (threads - 1) * own;
    this.#workspace = heap.allocate(this.workspaceBytes, 'workspace of a Program');
    this.#step = layout.buffers + extraEntries;
    this.#table = new BigUint64Array(new ArrayBuffer(threads * this.#step * 8));
    this.#tableAddress = foreign.address(this.#table.buffer);
    for (let thread = 0; thread < threads; thread++) {
      const moved = (offset: number): number => (offset < layout.privateFrom ? offset : offset + thread * own);
      for (const [entry, offset] of layout.places)
        this.#table[thread * this.#step + entry] = this.#workspace.address + BigInt(moved(offset));
    }
    for (const { offset, words } of layout.constants) this.#workspace.i32.set(words, offset / 4);
    this.#table[layout.buffers + 1] = host.team;
    this.#table[layout.buffers + 2] = BigInt(this.#step);
    for (const [position, block] of bound) this.setInput(position, block);
    try {
      this.#entry = object.entry('run');
      if (bound.size > 0) object.entry('prepare')(this.#tableAddress);
    } catch (error) {
      heap.release(this.#workspace);
      throw error;
    }
  }

  setInput(position: number, { address }: Block): void {
    this.#setEntry(this.#built.layout.inputs[position], address);
  }

  setResult(index: number, { address }: Block): void {
    this.#setEntry(this.#built.layout.results[index], address);
  }

  mayShare(position: number, result: number): boolean {
    return mayShare(this.#built.layout.spans, position, result);
  }

  run(): void {
    this.#entry(this.#tableAddress);
  }

  async profile(place: () => void): Promise<Profile> {
    const { foreign, target, programs } = this.#host;
    const lowered = lowerProgram(this.#built.legal(), this.#bound, target);
    place();
    return profileRuns({
      lowered,
      target,
      foreign,
      table: this.#table,
      tableAddress: this.#tableAddress,
      build: (source) => programs.build(source),
      run: () => this.run(),
    });
  }

  bind(bound: ReadonlyMap<number, Block>): NativeCode {
    const built = this.#host.programs.bind(this.#built, new Set(bound.keys()));
    try {
      return new NativeCode(this.#host, built, bound);
    } catch (error) {
      built.object.unload();
      throw error;
    }
  }

  dispose(): void {
    this.#host.heap.release(this.#workspace);
    this.#built.object.unload();
  }

  #setEntry(entry: number | undefined, address: bigint): void {
    if (entry === undefined) return;
    for (let at = entry; at < this.#table.length; at += this.#step) this.#table[at] = address;
  }
}
