/**
 * A Program on tfjs: checks what it is given now, enqueues the run, and gives handles that are pending.
 */

import type { DeviceTensor, Dims, Executable, Param, Program, TensorType } from '@rheo/ir';
import { copyDims, matchType, RheoError, resultTypes, substituteDims } from '@rheo/ir';
import { specialise } from '@rheo/passes';
import { interpret } from './interpret.ts';
import type { Plan } from './plan.ts';
import { Plans } from './plans.ts';
import type { Device } from './tensor.ts';
import { checkOpen, ownTensor, TfjsTensor } from './tensor.ts';
import type { Value } from './value.ts';
import type { Worker } from './worker.ts';

/** What an executable needs of its backend. */
export interface ExecutableOwner {
  readonly device: Device;
  readonly worker: Worker;
  readonly executables: Set<TfjsExecutable>;
}

/** See the head of this file. */
export class TfjsExecutable implements Executable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  /** The engine does not say what it holds. */
  readonly workspaceBytes: number = 0;
  readonly #owner: ExecutableOwner;
  readonly #program: Program;
  readonly #plans: Plans;
  readonly #donate: readonly number[];
  readonly #bound: ReadonlyMap<number, Promise<Value>>;
  /** Position in the Program of each input. */
  readonly #positions: readonly number[];
  #open: boolean = true;

  /** Takes over an owner of each bound value. */
  constructor(
    owner: ExecutableOwner,
    program: Program,
    donate: readonly number[],
    bound: ReadonlyMap<number, Promise<Value>>,
  ) {
    this.#owner = owner;
    this.#program = program;
    this.#donate = donate;
    this.#bound = bound;
    this.#positions = program.params.map((_, index) => index).filter((index) => !bound.has(index));
    this.inputs = this.#positions.map((index) => this.#param(index).type);
    this.results = resultTypes(program);
    this.#plans = new Plans(program, owner.worker.engine.maxElements);
    owner.executables.add(this);
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    this.#check();
    if (inputs.length !== this.inputs.length) {
      throw argument(`needs ${this.inputs.length} inputs, not ${inputs.length}`, 'run');
    }
    const { device, worker } = this.#owner;
    const handles = inputs.map((input, index) => ownTensor(input, device, this.#name(index)));
    const donated = handles.filter((_, index) => this.#donate.includes(this.#positions[index] as number));
    const twice = handles.findIndex((handle, index) => donated.includes(handle) && handles.indexOf(handle) !== index);
    if (twice >= 0) throw argument('a donated handle is passed twice', this.#name(twice));
    const dims = copyDims({});
    for (const [index, handle] of handles.entries()) {
      matchType(
        handle.type,
        this.#param(this.#positions[index] as number),
        this.#name(index),
        dims,
        '@rheo/backend-tfjs',
      );
    }
    const plan = this.#plans.get(dims);
    const types = this.results.map((type) => substituteDims(type, dims));
    const contents = this.#contents(handles);
    const outputs = worker.add(() => this.#compute(plan, contents));
    for (const handle of donated) handle.end('donated');
    return types.map((type, index) => {
      return new TfjsTensor(
        device,
        type,
        outputs.then((all) => all[index] as Value),
      );
    });
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): Executable {
    this.#check();
    const dims: Record<string, number> = copyDims({});
    const handles = new Map<number, TfjsTensor>();
    for (const [index, tensor] of fixed) {
      const position = this.#positions[index];
      if (position === undefined) throw argument(`there is no input ${index} to bind`, 'bind');
      const handle = ownTensor(tensor, this.#owner.device, this.#name(index));
      matchType(handle.type, this.#param(position), this.#name(index), dims, '@rheo/backend-tfjs');
      handles.set(position, handle);
    }
    const program = specialise(this.#program, dims as Dims);
    const bound = new Map<number, Promise<Value>>();
    for (const [position, content] of this.#bound) bound.set(position, retained(content));
    for (const [position, handle] of handles) bound.set(position, handle.share());
    const donate = this.#donate.filter((index) => !bound.has(index));
    return new TfjsExecutable(this.#owner, program, donate, bound);
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    const { executables, worker } = this.#owner;
    executables.delete(this);
    const end = async (): Promise<void> => {
      this.#plans.trim(0);
      await releaseAll([...this.#bound.values()]);
    };
    worker.queue.add(end).catch(() => undefined);
  }

  /** Contents of all parameters in order, each with an owner: the run. */
  #contents(handles: readonly TfjsTensor[]): Promise<Value>[] {
    const given = handles[Symbol.iterator]();
    return this.#program.params.map((_, position) => {
      const bound = this.#bound.get(position);
      return bound === undefined ? (given.next().value as TfjsTensor).share() : retained(bound);
    });
  }

  /** One run, within the queue. */
  async #compute(plan: Plan, contents: readonly Promise<Value>[]): Promise<Value[]> {
    try {
      const inputs = await Promise.all(contents);
      const { worker } = this.#owner;
      return await worker.drive(interpret(plan, worker.engine, inputs));
    } finally {
      await releaseAll(contents);
      this.#plans.trim();
    }
  }

  #check(): void {
    checkOpen(this.#owner.device);
    if (this.#open) return;
    throw new RheoError('disposed', { from: '@rheo/backend-tfjs', what: 'the executable was disposed' });
  }

  #param(position: number): Param {
    return this.#program.params[position] as Param;
  }

  #name(index: number): string {
    const name = this.#program.params[this.#positions[index] ?? -1]?.name;
    return name === undefined ? `input ${index}` : `input ${index} "${name}"`;
  }
}

function retained(content: Promise<Value>): Promise<Value> {
  const shared = content.then((value) => value.retain());
  shared.catch(() => undefined);
  return shared;
}

/** Takes an owner from each that there is. */
async function releaseAll(contents: readonly Promise<Value>[]): Promise<void> {
  for (const result of await Promise.allSettled(contents)) {
    if (result.status === 'fulfilled') result.value.release();
  }
}

function argument(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/backend-tfjs', what, where });
}
