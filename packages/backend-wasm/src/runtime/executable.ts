/**
 * A compiled Program: a WebAssembly instance over the backend's memory, with a workspace of its own.
 *
 * `run` makes handles for the results; `runInto` writes into arrays or handles that the caller has, and allocates
 * nothing after its first call. `bind` compiles once more with the work on the bound inputs moved ahead.
 */

import type { Lowered } from '@rheo/compiler';
import { lower } from '@rheo/compiler';
import type { DeviceTensor, Profile, Program, SyncExecutable, TensorData, TensorType } from '@rheo/ir';
import { checkData, elementCount, formatType, RheoError, resultTypes, sameType } from '@rheo/ir';
import type { GeneratedModule, Target } from '../codegen/generate.ts';
import { generate, layOut } from '../codegen/generate.ts';
import type { Layout } from '../codegen/sharing.ts';
import type { Crew, CrewProgram } from '../threads/crew.ts';
import type { EntryPoints } from './entry-points.ts';
import { callEntry, entryPoints } from './entry-points.ts';
import type { Heap } from './heap.ts';
import { readData, type WasmTensor, writeData } from './tensor.ts';

/** What an executable needs of its backend. */
export interface ExecutableOwner {
  readonly heap: Heap;
  readonly target: Target;
  /** The workers; undefined where one thread works. */
  readonly crew: Crew | undefined;
  /** Throws when the backend is disposed. */
  checkOpen(): void;
  newTensor(type: TensorType, what: string): WasmTensor;
  owns(tensor: DeviceTensor): tensor is WasmTensor;
  opened(executable: WasmExecutable): void;
  closed(executable: WasmExecutable): void;
}

/** Code ready to be placed: lowered, with its workspace reserved. */
export interface Placed {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly workspace: number;
  readonly module: GeneratedModule;
}

/** Reserves the workspace and generates the code of a lowered Program. */
export function placeProgram(owner: ExecutableOwner, program: Program, bound: ReadonlySet<number>): Placed {
  const lowered = lower(program, bound, { sums: true });
  const layout = layOut(lowered, owner.target);
  const workspace = owner.heap.allocate(layout.bytes, 'workspace of a Program');
  try {
    return { program, lowered, layout, workspace, module: generate(lowered, layout, workspace, owner.target) };
  } catch (error) {
    owner.heap.release(workspace);
    throw error;
  }
}

/** See the head of this file. */
export class WasmExecutable implements SyncExecutable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly workspaceBytes: number;
  readonly #owner: ExecutableOwner;
  readonly #placed: Placed;
  readonly #points: EntryPoints;
  readonly #donate: ReadonlySet<number>;
  /** Snapshots of bound inputs by position in the Program. */
  readonly #bound: ReadonlyMap<number, number>;
  /** Position in the Program of each input. */
  readonly #positions: readonly number[];
  readonly #addresses: number[];
  /** Staging memory of inputs, then results, made when first needed. */
  readonly #staging: (number | undefined)[];
  /** What the workers know it by, if they have a part in it. */
  readonly #shared: CrewProgram | undefined;
  #open = true;

  constructor(
    owner: ExecutableOwner,
    placed: Placed,
    module: WebAssembly.Module,
    donate: ReadonlySet<number>,
    bound: ReadonlyMap<number, number>,
  ) {
    const { program } = placed;
    this.#owner = owner;
    this.#placed = placed;
    this.#donate = donate;
    this.#bound = bound;
    this.#positions = program.params.map((_, index) => index).filter((index) => !bound.has(index));
    this.inputs = this.#positions.map((index) => (program.params[index] as Program['params'][number]).type);
    this.results = resultTypes(program);
    this.workspaceBytes = placed.module.workspaceBytes;
    this.#addresses = new Array<number>(program.params.length + program.results.length).fill(0);
    for (const [index, address] of bound) this.#addresses[index] = address;
    this.#staging = new Array<number | undefined>(this.#addresses.length).fill(undefined);
    this.#shared = placed.layout.shared && owner.crew?.add(module);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: owner.heap.memory, ...this.#shared?.imports },
    });
    this.#points = entryPoints(instance, this.#addresses.length);
    for (const { address, bytes } of placed.module.data) owner.heap.u8.set(bytes, address);
    if (bound.size > 0) callEntry(this.#points, 'prepare', this.#addresses);
    owner.opened(this);
  }

  /** When the workers have the code; runs before that have fewer threads. */
  get ready(): Promise<void> {
    return this.#shared?.ready ?? Promise.resolve();
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    this.#check();
    const tensors = this.#checkInputs(inputs);
    const results: WasmTensor[] = [];
    try {
      for (const type of this.results) results.push(this.#owner.newTensor(type, 'result of a run'));
    } catch (error) {
      for (const tensor of results) tensor.dispose();
      for (const index of this.#donate) tensors[index]?.end('donated');
      throw error;
    }
    this.#place(tensors, results);
    try {
      callEntry(this.#points, 'run', this.#addresses);
    } catch (error) {
      for (const tensor of results) tensor.dispose();
      throw error;
    } finally {
      for (const index of this.#donate) tensors[index]?.end('donated');
    }
    return results;
  }

  runInto(inputs: readonly (DeviceTensor | TensorData)[], outputs: readonly (DeviceTensor | TensorData)[]): void {
    this.#check();
    expectCount(inputs.length, this.inputs.length, 'inputs');
    expectCount(outputs.length, this.results.length, 'outputs');
    const { heap } = this.#owner;
    const first = this.#placed.program.params.length;
    for (let i = 0; i < inputs.length; i++) this.#checkSlot(inputs[i], this.inputs[i] as TensorType, 'input', i);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      this.#checkSlot(output, this.results[i] as TensorType, 'output', i);
      if (outputs.indexOf(output as DeviceTensor) !== i) {
        throw fail('argument', `output ${i} is another output too`, 'runInto', 'Pass a handle or array of its own');
      }
    }
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as DeviceTensor | TensorData;
      const position = this.#positions[i] as number;
      if (isHandle(input)) this.#addresses[position] = (input as WasmTensor).address;
      else {
        const address = this.#stage(position, this.inputs[i] as TensorType);
        writeData(heap, address, input);
        this.#addresses[position] = address;
      }
    }
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as DeviceTensor | TensorData;
      // A result that is an input too is written aside first: kernels assume that they do not overlap.
      const direct = isHandle(output) && !inputs.includes(output);
      this.#addresses[first + i] = direct
        ? (output as WasmTensor).address
        : this.#stage(first + i, this.results[i] as TensorType);
    }
    callEntry(this.#points, 'run', this.#addresses);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as DeviceTensor | TensorData;
      const from = this.#addresses[first + i] as number;
      if (!isHandle(output)) readData(heap, from, output);
      else if ((output as WasmTensor).address !== from) {
        const count = elementCount(output.type.shape);
        heap.i32.copyWithin((output as WasmTensor).address >> 2, from >> 2, (from >> 2) + count);
      }
    }
  }

  async profile(inputs: readonly DeviceTensor[]): Promise<Profile> {
    this.#check();
    this.#checkInputs(inputs);
    // Pages that never ask do not load it.
    const { profileRuns } = await import('./profile-runs.ts');
    this.#check();
    const tensors = this.#checkInputs(inputs);
    const results: WasmTensor[] = [];
    try {
      for (const type of this.results) results.push(this.#owner.newTensor(type, 'result of a run'));
      this.#place(tensors, results);
      const { heap, target } = this.#owner;
      const run = (): void => callEntry(this.#points, 'run', this.#addresses);
      return profileRuns({ ...this.#placed, target, memory: heap.memory, addresses: this.#addresses, run });
    } finally {
      for (const tensor of results) tensor.dispose();
    }
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): SyncExecutable {
    this.#check();
    const { heap } = this.#owner;
    const bound = new Map<number, number>();
    for (const [index, tensor] of fixed) {
      const type = this.inputs[index];
      if (type === undefined)
        throw fail('argument', `there is no input ${index} to bind`, 'bind', `0 … ${this.inputs.length - 1} exist`);
      this.#checkSlot(tensor, type, 'input', index);
    }
    const copies = [...this.#bound].map(([position, address]) => ({ position, address }));
    for (const [index, tensor] of fixed)
      copies.push({ position: this.#positions[index] as number, address: (tensor as WasmTensor).address });
    const donate = new Set<number>();
    let next = 0;
    this.inputs.forEach((_, index) => {
      if (fixed.has(index)) return;
      if (this.#donate.has(index)) donate.add(next);
      next++;
    });
    let placed: Placed | undefined;
    try {
      for (const { position, address } of copies) {
        const count = elementCount((this.#placed.program.params[position] as Program['params'][number]).type.shape);
        const copy = heap.allocate(count * 4, 'bound input');
        bound.set(position, copy);
        heap.i32.copyWithin(copy >> 2, address >> 2, (address >> 2) + count);
      }
      placed = placeProgram(this.#owner, this.#placed.program, new Set(bound.keys()));
      return new WasmExecutable(this.#owner, placed, new WebAssembly.Module(placed.module.bytes), donate, bound);
    } catch (error) {
      for (const address of bound.values()) heap.release(address);
      if (placed !== undefined) heap.release(placed.workspace);
      throw error;
    }
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    const { heap } = this.#owner;
    this.#shared?.remove();
    heap.release(this.#placed.workspace);
    for (const address of this.#bound.values()) heap.release(address);
    for (const address of this.#staging) if (address !== undefined) heap.release(address);
    this.#owner.closed(this);
  }

  #stage(position: number, type: TensorType): number {
    const known = this.#staging[position];
    if (known !== undefined) return known;
    const address = this.#owner.heap.allocate(elementCount(type.shape) * 4, 'staging of a tensor');
    this.#staging[position] = address;
    return address;
  }

  #place(inputs: readonly WasmTensor[], results: readonly WasmTensor[]): void {
    inputs.forEach((tensor, index) => {
      this.#addresses[this.#positions[index] as number] = tensor.address;
    });
    const first = this.#placed.program.params.length;
    results.forEach((tensor, index) => {
      this.#addresses[first + index] = tensor.address;
    });
  }

  #check(): void {
    this.#owner.checkOpen();
    if (!this.#open) throw fail('disposed', 'the executable was disposed', 'run', 'Compile the Program again');
  }

  #checkInputs(inputs: readonly DeviceTensor[]): readonly WasmTensor[] {
    expectCount(inputs.length, this.inputs.length, 'inputs');
    inputs.forEach((input, index) => {
      this.#checkSlot(input, this.inputs[index] as TensorType, 'input', index);
    });
    for (const index of this.#donate) {
      if (inputs.indexOf(inputs[index] as DeviceTensor) !== inputs.lastIndexOf(inputs[index] as DeviceTensor)) {
        throw fail(
          'argument',
          `the handle of donated input ${index} is passed twice`,
          'run',
          'Upload a copy for the other use',
        );
      }
    }
    return inputs as readonly WasmTensor[];
  }

  #checkSlot(value: DeviceTensor | TensorData | undefined, type: TensorType, what: string, index: number): void {
    if (value === undefined) throw fail('argument', `${what} ${index} is missing`, 'run');
    if (!isHandle(value)) {
      checkData(value, type, `${what} ${index}`, '@rheo/backend-wasm');
      return;
    }
    if (!this.#owner.owns(value))
      throw fail('backend', `${what} ${index} belongs to another backend`, 'run', 'Read it there and upload it here');
    value.check(`${what} ${index}`);
    if (!sameType(value.type, type)) {
      throw fail(
        value.type.dtype === type.dtype ? 'shape' : 'dtype',
        `${what} ${index} must be ${formatType(type)}, not ${formatType(value.type)}`,
        'run',
      );
    }
  }
}

function isHandle(value: DeviceTensor | TensorData): value is DeviceTensor {
  return !ArrayBuffer.isView(value);
}

function expectCount(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw fail('argument', `takes ${wanted} ${what}, not ${found}`, 'run');
}

function fail(
  code: 'argument' | 'shape' | 'dtype' | 'backend' | 'disposed',
  what: string,
  where: string,
  remedy?: string,
): RheoError {
  return new RheoError(code, { from: '@rheo/backend-wasm', what, where, remedy });
}
