/**
 * Streaming: a model as a compiled step whose state stays on the backend. A step is synchronous and allocates nothing,
 * so it needs a backend on this processor. n steps give what one run over n steps gives.
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree, unflattenTree } from '@rheo/core';
import type { Backend, DeviceTensor, SyncBackend, SyncExecutable, TensorData, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { FloatArray, HostArray } from './host-array.ts';
import { floatArray } from './host-array.ts';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Layer } from './layer.ts';
import type { ElapsedForm } from './programs.ts';
import { stepProgram, unitsOf } from './programs.ts';
import { requireSolved, unfinishedLeaves } from './solver-state.ts';
import { hostState, stateTypes } from './state.ts';
import { defaultElapsed, fill, hasOne, holdsOutputs, requireSync } from './step-inputs.ts';

/** Options of `stream`. */
export interface StreamOptions {
  /** Input features of the model. */
  readonly features: number;
  /** Rows that step together; 1 unless given. */
  readonly batch?: number;
  /** "row": a time for each row (the default); "unit": for each row and unit; "none": the model's default time, fastest. */
  readonly dt?: Exclude<ElapsedForm, 'shared'>;
  /** Each step says which features were observed, for models with `forwardFill`. */
  readonly observed?: boolean;
}

/** A running model. */
export interface Stream {
  /** Numbers that a step returns: batch × outputs. */
  readonly outputs: number;
  /**
   * One step on batch × features numbers. `dt` is one number or one for each row (unit); absent, the model's default.
   * The array returned is the same each time: copy what must outlive the next step.
   * Throws `shape` or `value`, and then the state is as before; after a `value` for a solver that did not finish, reset.
   */
  step(x: ArrayLike<number>, dt?: number | ArrayLike<number>, observed?: ArrayLike<number>): Float32Array;
  /** A copy of the state. */
  getState(): Tree<FloatArray>;
  /** Goes on from a state that `getState` or `predict` gave. Throws `shape`, `argument` or `value`. */
  setState(state: Tree<HostArray>): void;
  /** Starts again from zeros. */
  reset(): void;
  /** Frees what the stream holds on the backend. */
  dispose(): void;
}

/** Compiles the step of a model and binds its parameters. Throws `capability` for a backend that is not on this processor. */
export async function stream(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  options: StreamOptions,
): Promise<Stream> {
  requireSync(backend);
  const { features, batch = 1, dt = 'row', observed = false } = options;
  const built = build(model, features);
  const weights = flattenTree(matchParameters(built, parameters)).leaves;
  const { program } = stepProgram(model, { features, batch, dt, observed });
  const step = await compile(backend, program);
  const handles = weights.map(({ data, type }) => backend.upload(data, type));
  const bound = step.bind(new Map(handles.map((handle, index) => [index, handle])));
  for (const handle of handles) handle.dispose();
  const units = dt === 'unit' ? unitsOf(built) : 1;
  return new RunningStream(backend, step, bound, built, { features, batch, units, dt, observed });
}

interface Sizes {
  readonly features: number;
  readonly batch: number;
  readonly units: number;
  readonly dt: Exclude<ElapsedForm, 'shared'>;
  readonly observed: boolean;
}

class RunningStream implements Stream {
  readonly outputs: number;
  readonly #backend: SyncBackend;
  readonly #compiled: SyncExecutable;
  readonly #step: SyncExecutable;
  readonly #built: BuiltLayer;
  readonly #sizes: Sizes;
  readonly #types: readonly TensorType[];
  readonly #unfinished: ReturnType<typeof unfinishedLeaves>;
  readonly #x: Float32Array;
  readonly #dt: Float32Array;
  readonly #observed: Float32Array;
  readonly #output: Float32Array;
  /** True if outputs stay as they are at steps where nothing was observed. */
  readonly #holds: boolean;
  readonly #shown: Float32Array;
  readonly #defaultElapsed: number | undefined;
  #state: DeviceTensor[] = [];
  #inputs: readonly (DeviceTensor | TensorData)[] = [];
  #results: readonly (DeviceTensor | TensorData)[] = [];

  constructor(backend: SyncBackend, compiled: SyncExecutable, step: SyncExecutable, built: BuiltLayer, sizes: Sizes) {
    const { features, batch, units } = sizes;
    this.#backend = backend;
    this.#compiled = compiled;
    this.#step = step;
    this.#built = built;
    this.#sizes = sizes;
    const { leaves, paths } = flattenTree(stateTypes(built, batch));
    this.#types = leaves;
    this.#unfinished = unfinishedLeaves(paths);
    this.#x = new Float32Array(batch * features);
    this.#dt = new Float32Array(batch * units);
    this.#observed = new Float32Array(batch * features);
    this.outputs = batch * built.outputs;
    this.#output = new Float32Array(this.outputs);
    this.#shown = new Float32Array(this.outputs);
    this.#holds = sizes.observed && holdsOutputs(built);
    this.#defaultElapsed = defaultElapsed(built);
    this.reset();
  }

  step(x: ArrayLike<number>, dt?: number | ArrayLike<number>, observed?: ArrayLike<number>): Float32Array {
    const { dt: form, observed: reads } = this.#sizes;
    // Everything is checked before anything runs, so that a bad observation costs no state.
    if (reads) fill(this.#observed, observed, 'observed', false);
    else if (observed !== undefined) throw unused('observed', 'Create the stream with { observed: true }');
    fill(this.#x, x, 'x', false);
    if (form !== 'none') fill(this.#dt, dt ?? this.#defaultElapsed, 'dt', true);
    else if (dt !== undefined) throw unused('dt', 'Create the stream with { dt: "row" }');
    this.#step.runInto(this.#inputs, this.#results);
    for (const { index, layer } of this.#unfinished) {
      requireSolved(this.#backend.readSync(this.#state[index] as DeviceTensor) as Float32Array, layer);
    }
    if (!this.#holds) return this.#output;
    const { batch, features } = this.#sizes;
    const width = this.#built.outputs;
    for (let row = 0; row < batch; row++) {
      if (!hasOne(this.#observed, row * features, features)) continue;
      for (let at = row * width; at < (row + 1) * width; at++) this.#shown[at] = this.#output[at] ?? Number.NaN;
    }
    return this.#shown;
  }

  getState(): Tree<FloatArray> {
    const arrays = this.#state.map((handle, index) =>
      floatArray(this.#backend.readSync(handle) as Float32Array, this.#shape(index)),
    );
    return unflattenTree(flattenTree(stateTypes(this.#built, 1)).structure, arrays);
  }

  setState(state: Tree<HostArray>): void {
    const { batch } = this.#sizes;
    this.#replace(hostState(this.#built, state, batch).map(({ data }) => data));
  }

  reset(): void {
    this.#shown.fill(0);
    this.#replace(this.#types.map((_, index) => new Float32Array(this.#shape(index).reduce((a, b) => a * b, 1))));
  }

  dispose(): void {
    for (const handle of this.#state) handle.dispose();
    this.#state = [];
    this.#step.dispose();
    this.#compiled.dispose();
  }

  #shape(index: number): readonly number[] {
    return (this.#types[index]?.shape ?? []) as readonly number[];
  }

  #replace(data: readonly Float32Array[]): void {
    for (const handle of this.#state) handle.dispose();
    this.#state = data.map((array, index) => this.#backend.upload(array, { dtype: 'f32', shape: this.#shape(index) }));
    const { dt, observed } = this.#sizes;
    // Frozen, so that backends need not look whether they hold what they held.
    this.#inputs = Object.freeze([
      ...this.#state,
      this.#x,
      ...(dt === 'none' ? [] : [this.#dt]),
      ...(observed ? [this.#observed] : []),
    ]);
    this.#results = Object.freeze([this.#output, ...this.#state]);
  }
}

function unused(name: string, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what: `this stream takes no ${name}`, where: name, remedy });
}
