/**
 * A Program on ONNX Runtime: checks what it is given now, enqueues the run, and gives handles that are pending.
 */

import type { DeviceTensor, Dims, Executable, Param, Program, Queue, TensorData, TensorType } from '@rheo/ir';
import { copyDims, matchType, RheoError, resultTypes, substituteDims } from '@rheo/ir';
import { specialise } from '@rheo/passes';
import type { Engine } from './runtime.ts';
import { engineFailure, inputName, outputName, Sessions } from './sessions.ts';
import type { Device } from './tensor.ts';
import { checkUsable, OnnxTensor, ownTensor } from './tensor.ts';

/** What an executable needs of its backend. */
export interface ExecutableOwner {
  readonly device: Device;
  readonly engine: Engine;
  readonly queue: Queue;
  readonly executables: Set<OnnxExecutable>;
}

/** See the head of this file. */
export class OnnxExecutable implements Executable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  /** The engine does not say what it holds. */
  readonly workspaceBytes: number = 0;
  readonly sessions: Sessions;
  readonly #owner: ExecutableOwner;
  readonly #program: Program;
  readonly #donate: readonly number[];
  readonly #bound: ReadonlyMap<number, Promise<TensorData>>;
  /** Position in the Program of each input. */
  readonly #positions: readonly number[];
  #open: boolean = true;

  constructor(
    owner: ExecutableOwner,
    program: Program,
    donate: readonly number[],
    bound: ReadonlyMap<number, Promise<TensorData>>,
  ) {
    this.#owner = owner;
    this.#program = program;
    this.#donate = donate;
    this.#bound = bound;
    this.#positions = program.params.map((_, index) => index).filter((index) => !bound.has(index));
    this.inputs = this.#positions.map((index) => this.#param(index).type);
    this.results = resultTypes(program);
    this.sessions = new Sessions(owner.engine, program, bound);
    owner.executables.add(this);
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    this.#check();
    if (inputs.length !== this.inputs.length) {
      throw argument(`needs ${this.inputs.length} inputs, not ${inputs.length}`, 'run');
    }
    const { device, queue } = this.#owner;
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
        '@rheo/backend-onnx',
      );
    }
    const contents = handles.map(({ content }) => content);
    const types = this.results.map((type) => substituteDims(type, dims));
    const outputs = queue.add(() => this.#compute(contents, types, dims));
    for (const handle of donated) handle.end('donated');
    return types.map((type, index) => {
      return new OnnxTensor(
        device,
        type,
        outputs.then((all) => all[index] as TensorData),
      );
    });
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): Executable {
    this.#check();
    const bound = new Map(this.#bound);
    const dims = copyDims({});
    for (const [index, tensor] of fixed) {
      const position = this.#positions[index];
      if (position === undefined) throw argument(`there is no input ${index} to bind`, 'bind');
      const handle = ownTensor(tensor, this.#owner.device, this.#name(index));
      matchType(handle.type, this.#param(position), this.#name(index), dims, '@rheo/backend-onnx');
      bound.set(position, handle.content);
    }
    const program = specialise(this.#program, dims);
    const donate = this.#donate.filter((index) => !bound.has(index));
    return new OnnxExecutable(this.#owner, program, donate, bound);
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    const { executables, queue } = this.#owner;
    executables.delete(this);
    queue.add(() => this.sessions.release()).catch(() => undefined);
  }

  /** One run, within the queue. */
  async #compute(
    contents: readonly Promise<TensorData>[],
    types: readonly TensorType[],
    dims: Dims,
  ): Promise<TensorData[]> {
    const { engine } = this.#owner;
    const given = await Promise.all(contents);
    if (engine.loss.error !== undefined) throw engine.loss.error;
    const session = await this.sessions.get(dims);
    if (session === undefined) return [];
    try {
      const feeds = Object.fromEntries(
        given.map((data, index) => {
          const position = this.#positions[index] as number;
          const { dtype, shape } = substituteDims(this.#param(position).type, dims);
          return [inputName(position), engine.tensor(dtype, data, shape as readonly number[])];
        }),
      );
      const results = await engine.loss.during(() => session.run(feeds));
      return types.map((_, index) => (results[outputName(index)] as { data: TensorData }).data);
    } catch (error) {
      throw engineFailure('the engine failed', error);
    }
  }

  #check(): void {
    checkUsable(this.#owner.device);
    if (this.#open) return;
    throw new RheoError('disposed', { from: '@rheo/backend-onnx', what: 'the executable was disposed' });
  }

  #param(position: number): Param {
    return this.#program.params[position] as Param;
  }

  #name(index: number): string {
    const name = this.#program.params[this.#positions[index] ?? -1]?.name;
    return name === undefined ? `input ${index}` : `input ${index} "${name}"`;
  }
}

function argument(what: string, where: string): RheoError {
  return new RheoError('argument', { from: '@rheo/backend-onnx', what, where });
}
