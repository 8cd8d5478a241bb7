/**
 * A Program on the reference backend: checks what it is given as the contract says, then interprets.
 */

import type { CompileOptions, DeviceTensor, SyncExecutable } from '../backend.ts';
import type { Dims } from '../bind-dims.ts';
import { matchType, substituteDims } from '../bind-dims.ts';
import { isRheoError, RheoError } from '../errors.ts';
import type { Param, Program } from '../ops.ts';
import { resultTypes } from '../program.ts';
import type { TensorData, TensorType } from '../types.ts';
import { checkData, dtypeOf } from '../types.ts';
import { preparedKernel, toStorage } from './evaluate.ts';
import { checkedDims, inferDims, nameOf } from './infer-dims.ts';
import { bindType } from './prepare.ts';
import type { Device } from './tensor.ts';
import { checkAlive, contentOf, ownTensor, ReferenceTensor } from './tensor.ts';

/** An input that `bind` fixed. */
interface Bound {
  readonly type: TensorType;
  readonly data: TensorData;
}

/** Executable of the reference backend; `slots` are the Program's inputs, some of them fixed. */
export class ReferenceExecutable implements SyncExecutable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly workspaceBytes: number = 0;
  readonly #device: Device;
  readonly #program: Program;
  readonly #slots: readonly (Bound | undefined)[];
  readonly #open: readonly number[];
  readonly #donate: readonly number[];
  readonly #dims: Dims;
  #disposed: boolean = false;

  constructor(device: Device, program: Program, options: CompileOptions, slots: readonly (Bound | undefined)[]) {
    const { donate = [], dims = {} } = options;
    const wrong = donate.find((index) => program.params[index] === undefined);
    if (wrong !== undefined) throw argument(`input ${wrong} cannot be donated, as it does not exist`);
    const bound = checkedDims(dims);
    for (const [index, slot] of slots.entries())
      if (slot !== undefined)
        matchType(slot.type, program.params[index] as Param, nameOf(program.params, index), bound);
    this.#device = device;
    this.#program = program;
    this.#slots = slots;
    this.#open = program.params.map((_, index) => index).filter((index) => slots[index] === undefined);
    this.#donate = donate;
    this.#dims = bound;
    this.inputs = this.#open.map((index) => substituteDims((program.params[index] as Param).type, bound));
    this.results = resultTypes(program).map((type) => substituteDims(type, bound));
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    const handles = this.#checked(inputs, 'inputs').map((input, i) => ownTensor(input, this.#device, this.#name(i)));
    const donated = handles.filter((_, i) => this.#donate.includes(this.#open[i] as number));
    const twice = handles.findIndex((handle, i) => donated.includes(handle) && handles.indexOf(handle) !== i);
    if (twice >= 0) throw argument('a donated handle is passed twice', this.#name(twice));
    const dims = checkedDims(this.#dims);
    for (const [i, handle] of handles.entries())
      matchType(handle.type, this.#program.params[this.#open[i] as number] as Param, this.#name(i), dims);
    const types = resultTypes(this.#program).map((type) => bindType(type, dims));
    let contents: readonly (TensorData | RheoError)[];
    try {
      contents = this.#interpret(handles.map(contentOf), dims);
    } catch (error) {
      // A size that an op cannot take is the caller's mistake; a poisoned input or missing memory poisons the results.
      if (isRheoError(error) && !handles.some(({ content }) => content === error)) throw error;
      const failure = asFailure(error);
      contents = types.map(() => failure);
    }
    for (const handle of donated) handle.dispose();
    return types.map(({ dtype, shape }, i) => {
      return new ReferenceTensor(this.#device, { dtype, shape }, contents[i] as TensorData | RheoError);
    });
  }

  runInto(inputs: readonly (DeviceTensor | TensorData)[], outputs: readonly (DeviceTensor | TensorData)[]): void {
    const given = this.#checked(inputs, 'inputs').map((x, i) => this.#own(x, this.#name(i)));
    if (outputs.length !== this.results.length)
      throw argument(`needs ${this.results.length} outputs, not ${outputs.length}`);
    if (new Set(outputs).size !== outputs.length) throw argument('two outputs are the same');
    const targets = outputs.map((x, i) => this.#own(x, `output ${i}`));
    const dims = this.#dimsOf(given);
    const types = resultTypes(this.#program).map((type) => bindType(type, dims));
    for (const [i, target] of targets.entries()) {
      const wanted = types[i] as TensorType;
      if (target instanceof ReferenceTensor) matchType(target.type, { type: wanted }, `output ${i}`, {});
      else checkData(target, wanted, `output ${i}`);
    }
    const values = given.map((x, i) => {
      if (x instanceof ReferenceTensor) return contentOf(x);
      const param = this.#program.params[this.#open[i] as number] as Param;
      return toStorage(x, bindType(param.type, dims), this.#device.precision, this.#name(i));
    });
    let results: readonly TensorData[];
    try {
      results = this.#interpret(values, dims);
    } catch (error) {
      throw asFailure(error);
    }
    for (const [i, target] of targets.entries()) {
      if (target instanceof ReferenceTensor) target.content = results[i];
      else target.set(results[i] as TensorData);
    }
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): SyncExecutable {
    this.#checkAlive();
    const slots = [...this.#slots];
    for (const [i, tensor] of fixed) {
      const index = this.#open[i];
      if (index === undefined) throw argument(`input ${i} cannot be bound, as it does not exist`);
      const handle = ownTensor(tensor, this.#device, this.#name(i));
      slots[index] = { type: handle.type, data: contentOf(handle).slice() };
    }
    const donate = this.#donate.filter((index) => slots[index] === undefined);
    return new ReferenceExecutable(this.#device, this.#program, { donate, dims: this.#dims }, slots);
  }

  dispose(): void {
    this.#disposed = true;
  }

  /** Fresh arrays for the results; `values` fill the open slots. */
  #interpret(values: readonly TensorData[], dims: Dims): TensorData[] {
    let next = 0;
    const all = this.#slots.map((slot) => slot?.data ?? (values[next++] as TensorData));
    return preparedKernel(this.#program, dims, this.#device.precision)(all).map((data) => data.slice());
  }

  #dimsOf(given: readonly (ReferenceTensor | TensorData)[]): Dims {
    const { params } = this.#program;
    const dims = checkedDims(this.#dims);
    const lengths: number[] = this.#slots.map((slot) => slot?.data.length ?? 0);
    for (const [i, x] of given.entries()) {
      const index = this.#open[i] as number;
      lengths[index] = x instanceof ReferenceTensor ? bindType(x.type, {}).size : x.length;
      if (x instanceof ReferenceTensor) matchType(x.type, params[index] as Param, nameOf(params, index), dims);
      else if (dtypeOf(x) !== params[index]?.type.dtype)
        matchType({ dtype: dtypeOf(x), shape: [x.length] }, params[index] as Param, nameOf(params, index), {});
    }
    const found = inferDims(params, lengths, dims);
    for (const [i, x] of given.entries()) {
      const param = params[this.#open[i] as number] as Param;
      if (!(x instanceof ReferenceTensor)) checkData(x, bindType(param.type, found), this.#name(i));
    }
    return found;
  }

  #own(x: DeviceTensor | TensorData, where: string): ReferenceTensor | TensorData {
    return ArrayBuffer.isView(x) ? x : ownTensor(x, this.#device, where);
  }

  #checked<T>(inputs: readonly T[], what: string): readonly T[] {
    this.#checkAlive();
    if (inputs.length !== this.inputs.length)
      throw argument(`needs ${this.inputs.length} ${what}, not ${inputs.length}`);
    return inputs;
  }

  #checkAlive(): void {
    checkAlive(this.#device);
    if (this.#disposed) throw new RheoError('disposed', { from: '@rheo/ir', what: 'the executable was disposed' });
  }

  #name(i: number): string {
    return nameOf(this.#program.params, this.#open[i] as number);
  }
}

function argument(what: string, where?: string): RheoError {
  return new RheoError('argument', { from: '@rheo/ir', what, where });
}

function asFailure(error: unknown): RheoError {
  if (isRheoError(error)) return error;
  const memory = error instanceof RangeError;
  return new RheoError(memory ? 'memory' : 'backend', {
    from: '@rheo/ir',
    what: memory ? 'the interpreter could not allocate a value' : 'the interpreter failed',
    cause: error,
  });
}
