/**
 * A compiled Program: a loaded object with memory of its own, and the table of addresses that its kernels read.
 *
 * `run` makes handles for the results; `runInto` writes into arrays or handles that the caller has, and allocates
 * nothing after its first call. `bind` compiles once more with the work on the bound inputs moved ahead.
 */

import type { Lowered, MemoryPlan } from '@rheo/compiler';
import { lower, planMemory } from '@rheo/compiler';
import type { DeviceTensor, Profile, Program, SyncExecutable, TensorType } from '@rheo/ir';
import { elementCount, resultTypes } from '@rheo/ir';
import { extraEntries } from '../codegen/print-parallel.ts';
import { printSource, usualLeastWork } from '../codegen/print-source.ts';
import type { Target } from '../codegen/target.ts';
import { panelOf } from '../codegen/target.ts';
import type { Foreign, LoadedObject } from '../toolchain/foreign.ts';
import type { Block, Heap } from './heap.ts';
import { profileRuns } from './profile-runs.ts';
import { checkDonated, checkSlot, expectCount, fail, isHandle, type Slot } from './slots.ts';
import type { NativeTensor, TensorOwner } from './tensor.ts';
import { readData, writeData } from './tensor.ts';

/** What an executable needs of its backend. */
export interface ExecutableOwner extends TensorOwner {
  readonly heap: Heap;
  readonly foreign: Foreign;
  readonly target: Target;
  /** Threads of a run, with the caller. */
  readonly threads: number;
  readonly leastWork: number;
  /** Address of the team of threads; 0 for one thread. */
  readonly team: bigint;
  /** Throws when the backend is disposed. */
  checkOpen(): void;
  newTensor(type: TensorType, what: string): NativeTensor;
  /** Builds and loads, while everything waits. */
  build(text: string): LoadedObject;
  opened(executable: NativeExecutable): void;
  closed(executable: NativeExecutable): void;
}

/** A Program as text, with where its buffers go. */
export interface Printed {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly plan: MemoryPlan;
  readonly text: string;
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
  return { program, lowered, plan, text: printSource(lowered, target, { leastWork }) };
}

/** See the head of this file. */
export class NativeExecutable implements SyncExecutable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly workspaceBytes: number;
  readonly #owner: ExecutableOwner;
  readonly #printed: Printed;
  readonly #object: LoadedObject;
  readonly #entry: (table: bigint) => void;
  readonly #donate: ReadonlySet<number>;
  /** Snapshots of bound inputs by position in the Program. */
  readonly #bound: ReadonlyMap<number, Block>;
  /** Position in the Program of each input. */
  readonly #positions: readonly number[];
  readonly #workspace: Block;
  /** Address of each buffer of the lowered Program, for each thread. */
  readonly #table: BigUint64Array<ArrayBuffer>;
  readonly #tableAddress: bigint;
  /** Entries from one thread's table to the next. */
  readonly #step: number;
  /** Entry of the table for each input and result of the Program. */
  readonly #inputEntries: readonly number[];
  readonly #resultEntries: readonly number[];
  /** Staging memory of inputs, then results, made when first needed. */
  readonly #stagedInputs: (Block | undefined)[] = [];
  readonly #stagedResults: (Block | undefined)[] = [];
  #open = true;

  constructor(
    owner: ExecutableOwner,
    printed: Printed,
    object: LoadedObject,
    donate: ReadonlySet<number>,
    bound: ReadonlyMap<number, Block>,
  ) {
    const { program, lowered, plan } = printed;
    this.#owner = owner;
    this.#printed = printed;
    this.#object = object;
    this.#donate = donate;
    this.#bound = bound;
    this.#positions = program.params.map((_, index) => index).filter((index) => !bound.has(index));
    this.inputs = this.#positions.map((index) => (program.params[index] as Program['params'][number]).type);
    this.results = resultTypes(program);
    const { threads } = owner;
    const own = plan.bytes - plan.privateFrom;
    this.workspaceBytes = plan.bytes + (threads - 1) * own;
    this.#workspace = owner.heap.allocate(this.workspaceBytes, 'workspace of a Program');
    this.#step = lowered.buffers.length + extraEntries;
    this.#table = new BigUint64Array(new ArrayBuffer(threads * this.#step * 8));
    this.#tableAddress = owner.foreign.address(this.#table.buffer);
    const entries = { input: [] as number[], result: [] as number[] };
    for (const { id, kind, index = 0, dtype, data } of lowered.buffers) {
      if (kind === 'input' || kind === 'result') {
        entries[kind][index] = id;
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
    this.#table[lowered.buffers.length + 1] = owner.team;
    this.#table[lowered.buffers.length + 2] = BigInt(this.#step);
    this.#inputEntries = entries.input;
    this.#resultEntries = entries.result;
    for (const [position, { address }] of bound) this.#setInput(position, address);
    this.#entry = object.entry('run');
    if (bound.size > 0) object.entry('prepare')(this.#tableAddress);
    owner.opened(this);
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    const tensors = this.#checkInputs(inputs);
    const results: NativeTensor[] = [];
    try {
      for (const type of this.results) results.push(this.#owner.newTensor(type, 'result of a run'));
      this.#place(tensors, results);
      this.#entry(this.#tableAddress);
    } catch (error) {
      for (const tensor of results) tensor.dispose();
      throw error;
    } finally {
      for (const index of this.#donate) tensors[index]?.end('donated');
    }
    return results;
  }

  async profile(inputs: readonly DeviceTensor[]): Promise<Profile> {
    const tensors = this.#checkInputs(inputs);
    const results: NativeTensor[] = [];
    try {
      for (const type of this.results) results.push(this.#owner.newTensor(type, 'result of a run'));
      this.#place(tensors, results);
      const { foreign, target } = this.#owner;
      return profileRuns({
        lowered: this.#printed.lowered,
        target,
        foreign,
        table: this.#table,
        tableAddress: this.#tableAddress,
        build: (text) => this.#owner.build(text),
        run: () => this.#entry(this.#tableAddress),
      });
    } finally {
      for (const tensor of results) tensor.dispose();
    }
  }

  runInto(inputs: readonly Slot[], outputs: readonly Slot[]): void {
    this.#check();
    expectCount(inputs.length, this.inputs.length, 'inputs');
    expectCount(outputs.length, this.results.length, 'outputs');
    for (let i = 0; i < inputs.length; i++) checkSlot(inputs[i], this.inputs[i] as TensorType, 'input', i, this.#owner);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      checkSlot(output, this.results[i] as TensorType, 'output', i, this.#owner);
      if (outputs.indexOf(output as DeviceTensor) !== i)
        throw fail('argument', `output ${i} is another output too`, 'runInto', 'Pass a handle or array of its own');
    }
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as Slot;
      const position = this.#positions[i] as number;
      if (isHandle(input)) this.#setInput(position, (input as NativeTensor).block.address);
      else {
        const block = this.#stage(this.#stagedInputs, position, this.inputs[i] as TensorType);
        writeData(block, input);
        this.#setInput(position, block.address);
      }
    }
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as Slot;
      // A result that is an input too is written aside first: kernels assume that they do not overlap.
      const direct = isHandle(output) && !inputs.includes(output);
      const block = direct
        ? (output as NativeTensor).block
        : this.#stage(this.#stagedResults, i, this.results[i] as TensorType);
      this.#setResult(i, block.address);
    }
    this.#entry(this.#tableAddress);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as Slot;
      const staged = this.#stagedResults[i];
      if (staged === undefined) continue;
      if (!isHandle(output)) readData(staged, output);
      else if (inputs.includes(output)) copyElements(staged, (output as NativeTensor).block, output.type);
    }
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): SyncExecutable {
    this.#check();
    const { heap } = this.#owner;
    const { program } = this.#printed;
    const from = new Map<number, Block>(this.#bound);
    for (const [index, tensor] of fixed) {
      const type = this.inputs[index];
      if (type === undefined)
        throw fail('argument', `there is no input ${index} to bind`, 'bind', `0 … ${this.inputs.length - 1} exist`);
      checkSlot(tensor, type, 'input', index, this.#owner);
      from.set(this.#positions[index] as number, (tensor as NativeTensor).block);
    }
    const left = this.inputs.map((_, index) => index).filter((index) => !fixed.has(index));
    const donate = new Set(left.flatMap((index, position) => (this.#donate.has(index) ? [position] : [])));
    const bound = new Map<number, Block>();
    let object: LoadedObject | undefined;
    try {
      for (const [position, block] of from) {
        const { type } = program.params[position] as Program['params'][number];
        const copy = heap.allocate(elementCount(type.shape) * 4, 'bound input');
        bound.set(position, copy);
        copyElements(block, copy, type);
      }
      const printed = printProgram(program, new Set(bound.keys()), this.#owner);
      object = this.#owner.build(printed.text);
      return new NativeExecutable(this.#owner, printed, object, donate, bound);
    } catch (error) {
      for (const block of bound.values()) heap.release(block);
      object?.unload();
      throw error;
    }
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    const { heap } = this.#owner;
    heap.release(this.#workspace);
    for (const block of [...this.#bound.values(), ...this.#stagedInputs, ...this.#stagedResults])
      if (block !== undefined) heap.release(block);
    this.#object.unload();
    this.#owner.closed(this);
  }

  #stage(staged: (Block | undefined)[], index: number, type: TensorType): Block {
    const known = staged[index];
    if (known !== undefined) return known;
    const block = this.#owner.heap.allocate(elementCount(type.shape) * 4, 'staging of a tensor');
    staged[index] = block;
    return block;
  }

  #checkInputs(inputs: readonly DeviceTensor[]): readonly NativeTensor[] {
    this.#check();
    expectCount(inputs.length, this.inputs.length, 'inputs');
    for (let i = 0; i < inputs.length; i++) checkSlot(inputs[i], this.inputs[i] as TensorType, 'input', i, this.#owner);
    checkDonated(inputs, this.#donate);
    return inputs as readonly NativeTensor[];
  }

  #place(inputs: readonly NativeTensor[], results: readonly NativeTensor[]): void {
    for (let i = 0; i < inputs.length; i++)
      this.#setInput(this.#positions[i] as number, (inputs[i] as NativeTensor).block.address);
    for (let i = 0; i < results.length; i++) this.#setResult(i, (results[i] as NativeTensor).block.address);
  }

  #setInput(position: number, address: bigint): void {
    this.#setEntry(this.#inputEntries[position] as number, address);
  }

  #setResult(position: number, address: bigint): void {
    this.#setEntry(this.#resultEntries[position] as number, address);
  }

  #setEntry(entry: number, address: bigint): void {
    for (let at = entry; at < this.#table.length; at += this.#step) this.#table[at] = address;
  }

  #check(): void {
    this.#owner.checkOpen();
    if (!this.#open) throw fail('disposed', 'the executable was disposed', 'run', 'Compile the Program again');
  }
}

function fillConstant(block: Block, index: number, dtype: string, data: readonly number[]): void {
  if (dtype === 'f32') block.f32.set(data, index);
  else if (dtype === 'u32') block.u32.set(data, index);
  else for (let i = 0; i < data.length; i++) block.i32[index + i] = dtype === 'bool' ? -(data[i] ?? 0) : (data[i] ?? 0);
}

function copyElements(from: Block, to: Block, type: TensorType): void {
  const count = elementCount(type.shape);
  to.i32.set(from.i32.subarray(0, count));
}
