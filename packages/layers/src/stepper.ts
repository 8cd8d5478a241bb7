/**
 * One compiled step for many streams at once: the caller keeps the state of each as plain numbers, which can be stored,
 * moved and dropped. A step gives what `stream` gives, bit for bit, and needs a backend on this processor.
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree } from '@rheo/core';
import type { Backend, SyncExecutable, TensorData } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Layer } from './layer.ts';
import { stepProgram } from './programs.ts';
import { requireSolved, unfinishedLeaves } from './solver-state.ts';
import { stateTypes } from './state.ts';
import { defaultElapsed, fill, hasOne, holdsOutputs, layersOf, requireSync } from './step-inputs.ts';

/** Options of `stepper`. */
export interface StepperOptions {
  /** Input features of the model. */
  readonly features: number;
}

/** A compiled step without a state of its own. */
export interface Stepper {
  readonly features: number;
  readonly outputs: number;
  /** Numbers of a state; all 0 at the start of a stream. */
  readonly stateSize: number;
  /** True for models that fill gaps themselves: each step then says which features were observed. */
  readonly needsObserved: boolean;
  /** True where every layer has a default elapsed time, so that `dt` may be absent. */
  readonly hasDefaultElapsed: boolean;
  /**
   * One step: reads `state` and replaces it. `dt` is the time since the step before; absent, the model's default.
   * The array returned is the same each time: copy what must outlive the next step.
   * Throws `shape` or `value` (also for results that are not finite), and then the state is as before.
   */
  step(state: Float32Array, x: ArrayLike<number>, dt?: number, observed?: ArrayLike<number>): Float32Array;
  /** Frees the compiled step. */
  dispose(): void;
}

/**
 * Compiles the step of a model and binds its parameters. Throws `capability` for a backend that is not on this processor,
 * `argument` for a model with a layer that goes backwards.
 */
export async function stepper(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  { features }: StepperOptions,
): Promise<Stepper> {
  requireSync(backend);
  const built = build(model, features);
  const weights = flattenTree(matchParameters(built, parameters)).leaves;
  const observed = layersOf(built).some((layer) => layer.needsObserved);
  const { program } = stepProgram(model, { features, dt: 'row', observed });
  const compiled = await compile(backend, program);
  const handles = weights.map(({ data, type }) => backend.upload(data, type));
  const bound = compiled.bind(new Map(handles.map((handle, index) => [index, handle])));
  for (const handle of handles) handle.dispose();
  return new CompiledStepper(compiled, bound, built, features, observed);
}

class CompiledStepper implements Stepper {
  readonly features: number;
  readonly outputs: number;
  readonly stateSize: number;
  readonly needsObserved: boolean;
  readonly hasDefaultElapsed: boolean;
  readonly #compiled: SyncExecutable;
  readonly #bound: SyncExecutable;
  readonly #elapsed: number | undefined;
  readonly #holds: boolean;
  readonly #x: Float32Array;
  readonly #dt: Float32Array = new Float32Array(1);
  readonly #observed: Float32Array;
  readonly #output: Float32Array;
  /** States of the layers before and after the step. */
  readonly #before: Float32Array;
  readonly #after: Float32Array;
  readonly #unfinished: readonly { readonly counts: Float32Array; readonly layer: string }[];
  readonly #inputs: readonly TensorData[];
  readonly #results: readonly TensorData[];

  constructor(
    compiled: SyncExecutable,
    bound: SyncExecutable,
    built: BuiltLayer,
    features: number,
    needsObserved: boolean,
  ) {
    this.#compiled = compiled;
    this.#bound = bound;
    this.features = features;
    this.outputs = built.outputs;
    this.needsObserved = needsObserved;
    this.#elapsed = defaultElapsed(built);
    this.hasDefaultElapsed = this.#elapsed !== undefined;
    this.#holds = needsObserved && holdsOutputs(built);
    const { leaves, paths } = flattenTree(stateTypes(built, 1));
    const sizes = leaves.map(({ shape }) => (shape as readonly number[]).reduce((a, b) => a * b, 1));
    const total = sizes.reduce((a, b) => a + b, 0);
    // What is held is part of the state: the last output that was shown.
    this.stateSize = total + (this.#holds ? this.outputs : 0);
    this.#before = new Float32Array(total);
    this.#after = new Float32Array(total);
    this.#x = new Float32Array(features);
    this.#observed = new Float32Array(features);
    this.#output = new Float32Array(this.outputs);
    const after = viewsOf(this.#after, sizes);
    this.#unfinished = unfinishedLeaves(paths).map(({ index, layer }) => ({
      counts: after[index] ?? new Float32Array(0),
      layer,
    }));
    this.#inputs = [...viewsOf(this.#before, sizes), this.#x, this.#dt, ...(needsObserved ? [this.#observed] : [])];
    this.#results = [this.#output, ...after];
  }

  step(state: Float32Array, x: ArrayLike<number>, dt?: number, observed?: ArrayLike<number>): Float32Array {
    if (state.length !== this.stateSize) {
      throw new RheoError('shape', {
        from: '@rheo/layers',
        what: `state has ${state.length} numbers, not ${this.stateSize}`,
        where: 'state',
        remedy: 'Pass the state of a stream of this model; all zeros at its start',
      });
    }
    fill(this.#x, x, 'x', false);
    fill(this.#dt, dt ?? this.#elapsed, 'dt', true);
    if (this.needsObserved) fill(this.#observed, observed, 'observed', false);
    const total = this.#before.length;
    this.#before.set(total === state.length ? state : state.subarray(0, total));
    this.#bound.runInto(this.#inputs, this.#results);
    for (const { counts, layer } of this.#unfinished) requireSolved(counts, layer);
    requireFinite(this.#after, 'state');
    requireFinite(this.#output, 'output');
    if (this.#holds) {
      if (hasOne(this.#observed, 0, this.features)) state.set(this.#output, total);
      else this.#output.set(state.subarray(total));
    }
    state.set(this.#after);
    return this.#output;
  }

  dispose(): void {
    this.#bound.dispose();
    this.#compiled.dispose();
  }
}

function viewsOf(numbers: Float32Array, sizes: readonly number[]): Float32Array[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return numbers.subarray(at - size, at);
  });
}

function requireFinite(numbers: Float32Array, name: string): void {
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new RheoError('value', {
    from: '@rheo/layers',
    what: `number ${wrong} of the ${name} became ${numbers[wrong]}`,
    where: name,
    remedy: 'Scale the inputs as in training: these were too large for the model',
  });
}
