/**
 * The code of a Program: a WebAssembly instance over the backend's memory, with a workspace of its own.
 */

import type { LocalCode, Lowered } from '@rheo/compiler';
import { lower } from '@rheo/compiler';
import type { Profile, Program } from '@rheo/ir';
import type { GeneratedModule, Target } from '../codegen/generate.ts';
import { generate, layOut } from '../codegen/generate.ts';
import type { Layout } from '../codegen/sharing.ts';
import type { Crew, CrewProgram } from '../threads/crew.ts';
import type { EntryPoints } from './entry-points.ts';
import { callEntry, entryPoints } from './entry-points.ts';
import type { Heap } from './heap.ts';

/** Where code is placed and who works on it. */
export interface CodeHost {
  readonly heap: Heap;
  readonly target: Target;
  /** The workers; undefined where one thread works. */
  readonly crew: Crew | undefined;
}

/** Code ready to be loaded: lowered, with its workspace reserved. */
export interface Placed {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly workspace: number;
  readonly module: GeneratedModule;
}

/** Reserves the workspace and generates the code of a legal Program. */
export function placeProgram(host: CodeHost, program: Program, bound: ReadonlySet<number>): Placed {
  const lowered = lower(program, bound, { sums: true });
  const layout = layOut(lowered, host.target);
  const workspace = host.heap.allocate(layout.bytes, 'workspace of a Program');
  try {
    return { program, lowered, layout, workspace, module: generate(lowered, layout, workspace, host.target) };
  } catch (error) {
    host.heap.release(workspace);
    throw error;
  }
}

const nothing: ReadonlyMap<number, number> = new Map();

/** See the head of this file. */
export class WasmCode implements LocalCode<number> {
  readonly workspaceBytes: number;
  readonly #host: CodeHost;
  readonly #placed: Placed;
  readonly #points: EntryPoints;
  /** Of inputs, then results. */
  readonly #addresses: number[];
  readonly #inputs: number;
  /** What the workers know it by, if they have a part in it. */
  readonly #shared: CrewProgram | undefined;

  /** Loads a compiled module. What is placed is its own once that has succeeded. */
  constructor(
    host: CodeHost,
    placed: Placed,
    module: WebAssembly.Module,
    bound: ReadonlyMap<number, number> = nothing,
  ) {
    const { params, results } = placed.program;
    this.#host = host;
    this.#placed = placed;
    this.#inputs = params.length;
    this.workspaceBytes = placed.module.workspaceBytes;
    this.#addresses = new Array<number>(params.length + results.length).fill(0);
    for (const [index, address] of bound) this.#addresses[index] = address;
    this.#shared = placed.layout.shared && host.crew?.add(module);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: host.heap.memory, ...this.#shared?.imports },
    });
    this.#points = entryPoints(instance, this.#addresses.length);
    for (const { address, bytes } of placed.module.data) host.heap.u8.set(bytes, address);
    if (bound.size > 0) callEntry(this.#points, 'prepare', this.#addresses);
  }

  /** When the workers have the code; runs before that have fewer threads. */
  get ready(): Promise<void> {
    return this.#shared?.ready ?? Promise.resolve();
  }

  setInput(position: number, address: number): void {
    this.#addresses[position] = address;
  }

  setResult(index: number, address: number): void {
    this.#addresses[this.#inputs + index] = address;
  }

  run(): void {
    callEntry(this.#points, 'run', this.#addresses);
  }

  async profile(place: () => void): Promise<Profile> {
    // Pages that never ask do not load it.
    const { profileRuns } = await import('./profile-runs.ts');
    place();
    const { heap, target } = this.#host;
    const run = (): void => this.run();
    return profileRuns({ ...this.#placed, target, memory: heap.memory, addresses: this.#addresses, run });
  }

  bind(bound: ReadonlyMap<number, number>): WasmCode {
    const placed = placeProgram(this.#host, this.#placed.program, new Set(bound.keys()));
    try {
      return new WasmCode(this.#host, placed, new WebAssembly.Module(placed.module.bytes), bound);
    } catch (error) {
      this.#host.heap.release(placed.workspace);
      throw error;
    }
  }

  dispose(): void {
    this.#shared?.remove();
    this.#host.heap.release(this.#placed.workspace);
  }
}
