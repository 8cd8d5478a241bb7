/**
 * A compiled Program in a memory that this processor reads and writes: the contract of executables around code that a
 * backend made.
 *
 * `run` makes handles for the results; `runInto` writes into arrays or handles that the caller has, and allocates
 * nothing after its first call. `bind` has the code made once more with the work on the bound inputs moved ahead.
 */

import type { DeviceTensor, Profile, SyncExecutable, TensorData, TensorType } from '@rheo/ir';
import { elementCount } from '@rheo/ir';
import { Slots } from './check-slots.ts';
import type { Transfer } from './local-memory.ts';
import { copyOf, transferOf, writeInside } from './local-memory.ts';
import type { LocalStore } from './local-store.ts';
import type { LocalTensor } from './local-tensor.ts';
import type { Moves, Slot } from './route.ts';
import { Route } from './route.ts';
import type { Signature } from './signature.ts';

/** Code of a Program, loaded and with its workspace. */
export interface LocalCode<Place> {
  readonly workspaceBytes: number;
  /** Where an input lies from now on, by its position in the Program. */
  setInput(position: number, place: Place): void;
  setResult(index: number, place: Place): void;
  /** True if a result may lie where an input does, by its position in the Program. Never, where it is missing. */
  mayShare?(position: number, result: number): boolean;
  /** One run with inputs and results where they were set. */
  run(): void;
  /** Calls `place`, which sets inputs and results, and profiles runs on them without a pause after that. */
  profile(place: () => void): Promise<Profile>;
  /** The same Program with these inputs bound. */
  bind(bound: ReadonlyMap<number, Place>): LocalCode<Place>;
  dispose(): void;
}

/** See the head of this file. */
export class LocalExecutable<Place> implements SyncExecutable {
  readonly inputs: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly workspaceBytes: number;
  /** Of the Program, bound inputs among them. */
  readonly #signature: Signature;
  readonly #code: LocalCode<Place>;
  readonly #store: LocalStore<Place>;
  readonly #slots: Slots<Place>;
  readonly #donate: ReadonlySet<number>;
  /** Snapshots of bound inputs by position in the Program. */
  readonly #bound: ReadonlyMap<number, Place>;
  /** Position in the Program of each input. */
  readonly #positions: readonly number[];
  /** Staging memory, made when first needed. */
  readonly #stagedInputs: (Place | undefined)[] = [];
  readonly #stagedResults: (Place | undefined)[] = [];
  /** Where inputs and results of the last `runInto` went; undefined since anything else set them. */
  #route: Route | undefined;
  #open = true;

  constructor(
    signature: Signature,
    code: LocalCode<Place>,
    store: LocalStore<Place>,
    donate: ReadonlySet<number>,
    bound: ReadonlyMap<number, Place> = new Map(),
  ) {
    this.#signature = signature;
    this.#code = code;
    this.#store = store;
    this.#slots = new Slots(store);
    this.#donate = donate;
    this.#bound = bound;
    this.#positions = signature.inputs.map((_, index) => index).filter((index) => !bound.has(index));
    this.inputs = this.#positions.map((index) => signature.inputs[index] as TensorType);
    this.results = signature.results;
    this.workspaceBytes = code.workspaceBytes;
    store.opened(this);
  }

  run(inputs: readonly DeviceTensor[]): readonly DeviceTensor[] {
    const tensors = this.#checkInputs(inputs);
    const results: LocalTensor<Place>[] = [];
    try {
      for (const type of this.results) results.push(this.#store.newTensor(type, 'result of a run'));
      this.#place(tensors, results);
      this.#code.run();
    } catch (error) {
      for (const tensor of results) tensor.dispose();
      throw error;
    } finally {
      for (const index of this.#donate) tensors[index]?.end('donated');
    }
    return results;
  }

  runInto(inputs: readonly Slot[], outputs: readonly Slot[]): void {
    this.#check();
    let route = this.#route;
    if (route === undefined || !route.serves(inputs, outputs, this.#store.memory.era)) {
      route = this.#findRoute(inputs, outputs);
      this.#route = route;
    }
    route.before();
    this.#code.run();
    route.after();
  }

  async profile(inputs: readonly DeviceTensor[]): Promise<Profile> {
    this.#checkInputs(inputs);
    const results: LocalTensor<Place>[] = [];
    try {
      return await this.#code.profile(() => {
        // Time may have passed.
        const tensors = this.#checkInputs(inputs);
        for (const type of this.results) results.push(this.#store.newTensor(type, 'result of a run'));
        this.#place(tensors, results);
      });
    } finally {
      for (const tensor of results) tensor.dispose();
    }
  }

  bind(fixed: ReadonlyMap<number, DeviceTensor>): SyncExecutable {
    this.#check();
    const { memory } = this.#store;
    const from = new Map(this.#bound);
    for (const [index, tensor] of fixed) {
      const type = this.inputs[index];
      if (type === undefined) {
        const remedy = `0 … ${this.inputs.length - 1} exist`;
        throw this.#slots.fail('argument', `there is no input ${index} to bind`, 'bind', remedy);
      }
      this.#slots.check(tensor, type, 'input', index);
      from.set(this.#positions[index] as number, placeOf(tensor));
    }
    const left = this.inputs.map((_, index) => index).filter((index) => !fixed.has(index));
    const donate = new Set(left.flatMap((index, position) => (this.#donate.has(index) ? [position] : [])));
    const bound = new Map<number, Place>();
    try {
      for (const [position, place] of from) {
        const count = elementCount((this.#signature.inputs[position] as TensorType).shape);
        const copy = memory.allocate(count * 4, 'bound input');
        bound.set(position, copy);
        writeInside(copyOf(memory, place, copy, count));
      }
      return new LocalExecutable(this.#signature, this.#code.bind(bound), this.#store, donate, bound);
    } catch (error) {
      for (const place of bound.values()) memory.release(place);
      throw error;
    }
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#route = undefined;
    const { memory } = this.#store;
    this.#code.dispose();
    for (const place of this.#bound.values()) memory.release(place);
    for (const place of [...this.#stagedInputs, ...this.#stagedResults]) if (place !== undefined) memory.release(place);
    this.#store.closed(this);
  }

  /** Checks everything, and sets where inputs and results lie. */
  #findRoute(inputs: readonly Slot[], outputs: readonly Slot[]): Route {
    const slots = this.#slots;
    slots.expectCount(inputs.length, this.inputs.length, 'inputs');
    slots.expectCount(outputs.length, this.results.length, 'outputs');
    inputs.forEach((input, i) => {
      slots.check(input, this.inputs[i] as TensorType, 'input', i);
    });
    outputs.forEach((output, i) => {
      slots.check(output, this.results[i] as TensorType, 'output', i);
      if (outputs.indexOf(output) === i) return;
      const remedy = 'Pass a handle or array of its own';
      throw slots.fail('argument', `output ${i} is another output too`, 'runInto', remedy);
    });
    // Half of what follows may fail for want of memory: then nothing is known of where things lie.
    this.#route = undefined;
    const writes: [Place, TensorData][] = [];
    const reads: [Place, TensorData][] = [];
    const returns: [from: Place, to: Place, count: number][] = [];
    const { memory } = this.#store;
    inputs.forEach((input, i) => {
      let place: Place;
      if (ArrayBuffer.isView(input)) {
        place = this.#stage(this.#stagedInputs, i, this.inputs[i] as TensorType);
        writes.push([place, input]);
      } else place = placeOf(input);
      this.#code.setInput(this.#positions[i] as number, place);
    });
    outputs.forEach((output, i) => {
      const type = this.results[i] as TensorType;
      const shares = (input: Slot, at: number): boolean =>
        input !== output || this.#code.mayShare?.(this.#positions[at] as number, i) === true;
      if (!ArrayBuffer.isView(output) && inputs.every(shares)) {
        this.#code.setResult(i, placeOf(output));
        return;
      }
      const place = this.#stage(this.#stagedResults, i, type);
      if (ArrayBuffer.isView(output)) reads.push([place, output]);
      else returns.push([place, placeOf(output), elementCount(type.shape)]);
      this.#code.setResult(i, place);
    });
    // Staging may have made the memory grow: views are made now that all is there.
    const transfer = ([place, array]: [Place, TensorData]): Transfer => transferOf(memory, place, array);
    const moves: Moves = {
      writes: writes.map(transfer),
      returns: returns.map(([from, to, count]) => copyOf(memory, from, to, count)),
      reads: reads.map(transfer),
    };
    return new Route(inputs, outputs, moves, memory.era);
  }

  #stage(staged: (Place | undefined)[], index: number, type: TensorType): Place {
    const known = staged[index];
    if (known !== undefined) return known;
    const place = this.#store.memory.allocate(elementCount(type.shape) * 4, 'staging of a tensor');
    staged[index] = place;
    return place;
  }

  #checkInputs(inputs: readonly DeviceTensor[]): readonly LocalTensor<Place>[] {
    this.#check();
    this.#slots.expectCount(inputs.length, this.inputs.length, 'inputs');
    for (let i = 0; i < inputs.length; i++) this.#slots.check(inputs[i], this.inputs[i] as TensorType, 'input', i);
    this.#slots.checkDonated(inputs, this.#donate);
    return inputs as readonly LocalTensor<Place>[];
  }

  #place(inputs: readonly LocalTensor<Place>[], results: readonly LocalTensor<Place>[]): void {
    this.#route = undefined;
    inputs.forEach(({ place }, index) => {
      this.#code.setInput(this.#positions[index] as number, place);
    });
    results.forEach(({ place }, index) => {
      this.#code.setResult(index, place);
    });
  }

  #check(): void {
    this.#store.checkOpen();
    if (this.#open) return;
    throw this.#slots.fail('disposed', 'the executable was disposed', 'run', 'Compile the Program again');
  }
}

/** Where the tensor of a handle lies; those of other backends were refused before. */
function placeOf<Place>(handle: DeviceTensor): Place {
  return (handle as LocalTensor<Place>).place;
}
