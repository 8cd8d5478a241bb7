/**
 * The code of a Program: a loaded object with a workspace of its own, and the table of addresses that its kernels read.
 */

import type { LocalCode, Lowered, MemoryPlan } from '@rheo/compiler';
import { lower, planMemory } from '@rheo/compiler';
import type { Profile, Program } from '@rheo/ir';
import { extraEntries } from '../codegen/print-parallel.ts';
import { printSource, usualLeastWork } from '../codegen/print-source.ts';
import type { Source } from '../codegen/source.ts';
import type { Target } from '../codegen/target.ts';
import { panelOf } from '../codegen/target.ts';
import type { Foreign, LoadedObject } from '../toolchain/foreign.ts';
import type { Block, Heap } from './heap.ts';
import { profileRuns } from './profile-runs.ts';

/** Where code has its memory and its threads from, and what builds it. */
export interface CodeHost {
  readonly heap: Heap;
  readonly foreign: Foreign;
  readonly target: Target;
  /** Threads of a run, with the caller. */
  readonly threads: number;
  readonly leastWork: number;
  /** Address of the team of threads; 0 for one thread. */
  readonly team: bigint;
  /** Builds and loads, while everything waits. */
  build(source: Source): LoadedObject;
}

/** A Program as C, with where its buffers go. */
export interface Printed {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly plan: MemoryPlan;
  readonly source: Source;
}

/** What a Program is printed for. */
export interface PrintOptions {
  readonly target: Target;
  /** Threads of a run; 1 unless given. */
  readonly threads?: number;
  /** See `SourceOptions`. */
  readonly leastWork?: number;
}

/** Lowers a legal Program and prints it. */
export function printProgram(program: Program, bound: ReadonlySet<number>, options: PrintOptions): Printed {
  const { target, threads = 1, leastWork = usualLeastWork } = options;
  const lowered = lower(program, bound, { panel: panelOf(target), sums: true });
  const plan = planMemory(lowered, { threads: threads > 1 });
  return { program, lowered, plan, source: printSource(lowered, target, { leastWork }) };
}

const nothing: ReadonlyMap<number, Block> = new Map();

/** See the head of this file. */
export class NativeCode implements LocalCode<Block> {
  readonly workspaceBytes: number;
  readonly #host: CodeHost;
  readonly #printed: Printed;
  readonly #object: LoadedObject;
  readonly #entry: (table: bigint) => void;
  readonly #workspace: Block;
  /** Address of each buffer of the lowered Program, for each thread. */
  readonly #table: BigUint64Array<ArrayBuffer>;
  readonly #tableAddress: bigint;
  /** Entries from one thread's table to the next. */
  readonly #step: number;
  /** Entry of the table for each input and result of the Program. */
  readonly #entries: { readonly input: number[]; readonly result: number[] } = { input: [], result: [] };

  /** Takes a loaded object, which is its own once that has succeeded. */
  constructor(host: CodeHost, printed: Printed, object: LoadedObject, bound: ReadonlyMap<number, Block> = nothing) {
    const { lowered, plan } = printed;
    const { threads, heap, foreign } = host;
    this.#host = host;
    this.#printed = printed;
    this.#object = object;
    const own = plan.bytes - plan.privateFrom;
    this.workspaceBytes = plan.bytes + (threads - 1) * own;
    this.#workspace = heap.allocate(this.workspaceBytes, 'workspace of a Program');
    this.#step = lowered.buffers.length + extraEntries;
    this.#table = new BigUint64Array(new ArrayBuffer(threads * this.#step * 8));
    this.#tableAddress = foreign.address(this.#table.buffer);
    for (const { id, kind, index = 0, dtype, data } of lowered.buffers) {
      if (kind === 'input' || kind === 'result') {
        this.#entries[kind][index] = id;
        continue;
      }
      const offset = plan.offsets[id];
      if (offset === undefined) continue;
      for (let thread = 0; thread < threads; thread++) {
        const moved = offset < plan.privateFrom ? 0 : thread * own;
        this.#table[thread * this.#step + id] = this.#workspace.address + BigInt(offset + moved);
      }
      if (kind === 'constant' && data !== undefined) fillConstant(this.#workspace, offset / 4, dtype, data);
    }
    this.#table[lowered.buffers.length + 1] = host.team;
    this.#table[lowered.buffers.length + 2] = BigInt(this.#step);
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
    this.#setEntry(this.#entries.input[position] as number, address);
  }

  setResult(index: number, { address }: Block): void {
    this.#setEntry(this.#entries.result[index] as number, address);
  }

  run(): void {
    this.#entry(this.#tableAddress);
  }

  async profile(place: () => void): Promise<Profile> {
    place();
    const { foreign, target } = this.#host;
    return profileRuns({
      lowered: this.#printed.lowered,
      target,
      foreign,
      table: this.#table,
      tableAddress: this.#tableAddress,
      build: (source) => this.#host.build(source),
      run: () => this.run(),
    });
  }

  bind(bound: ReadonlyMap<number, Block>): NativeCode {
    const printed = printProgram(this.#printed.program, new Set(bound.keys()), this.#host);
    const object = this.#host.build(printed.source);
    try {
      return new NativeCode(this.#host, printed, object, bound);
    } catch (error) {
      object.unload();
      throw error;
    }
  }

  dispose(): void {
    this.#host.heap.release(this.#workspace);
    this.#object.unload();
  }

  #setEntry(entry: number, address: bigint): void {
    for (let at = entry; at < this.#table.length; at += this.#step) this.#table[at] = address;
  }
}

function fillConstant(block: Block, index: number, dtype: string, data: readonly number[]): void {
  if (dtype === 'f32') block.f32.set(data, index);
  else if (dtype === 'u32') block.u32.set(data, index);
  else for (let i = 0; i < data.length; i++) block.i32[index + i] = dtype === 'bool' ? -(data[i] ?? 0) : (data[i] ?? 0);
}
