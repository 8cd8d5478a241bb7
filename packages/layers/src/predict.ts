/**
 * Runs a model over batches of sequences on a backend, from host arrays to host arrays.
 *
 * A predictor keeps its parameters on the backend and its compiled Programs, one for each combination of inputs (and, on
 * backends that cannot leave sizes free, one for each of the last few sizes).
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree, unflattenTree, watchDevice } from '@rheo/core';
import type { Backend, DeviceTensor, Executable, TensorData, TensorType } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { CheckedInputs, HostInputs } from './check-inputs.ts';
import { checkInputs } from './check-inputs.ts';
import type { FloatArray, HostArray } from './host-array.ts';
import { floatArray } from './host-array.ts';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Layer } from './layer.ts';
import type { PredictProgramOptions } from './programs.ts';
import { predictProgram, unitsOf } from './programs.ts';
import { requireSolvedState } from './solver-state.ts';
import { hostState, stateTypes } from './state.ts';

/** A batch of sequences, and where they start: zeros if `state` is absent. */
export type PredictInputs = HostInputs & { readonly state?: Tree<HostArray> | undefined };

/** What a prediction gives. */
export interface Prediction {
  /** [batch, time, outputs], or [batch, outputs] of a model that returns only its last output. */
  readonly outputs: FloatArray;
  /** The final state: an initial state for the steps that follow. */
  readonly state: Tree<FloatArray>;
}

/** A model on a backend, ready for sequences. */
export interface Predictor {
  /**
   * Throws `shape`, `dtype`, `argument` or `value`, naming the input or the parameter, and `lost` or `disposed` as soon as
   * the device is gone.
   */
  predict(inputs: PredictInputs): Promise<Prediction>;
  /** Frees what it holds on the backend; a prediction afterwards starts over. */
  dispose(): void;
}

/** Compiled Programs kept on backends that need sizes; the least recently used goes first. */
const keptSizes = 8;

/** Makes a predictor; parameters are uploaded at the first prediction. */
export function predictor(model: Layer, parameters: Tree<Parameter>, backend: Backend): Predictor {
  return new BackendPredictor(model, parameters, backend);
}

/** Predicts once: compiles, runs and frees. For more than one batch keep a `predictor`. */
export async function predict(
  model: Layer,
  parameters: Tree<Parameter>,
  backend: Backend,
  inputs: PredictInputs,
): Promise<Prediction> {
  const once = predictor(model, parameters, backend);
  try {
    return await once.predict(inputs);
  } finally {
    once.dispose();
  }
}

/** Built for one number of features, with the parameters on the backend. */
interface Loaded {
  readonly built: BuiltLayer;
  readonly weights: readonly DeviceTensor[];
}

class BackendPredictor implements Predictor {
  readonly #model: Layer;
  readonly #parameters: Tree<Parameter>;
  readonly #backend: Backend;
  readonly #executables = new Map<string, Promise<Executable>>();
  #loaded: Loaded | undefined;

  constructor(model: Layer, parameters: Tree<Parameter>, backend: Backend) {
    this.#model = model;
    this.#parameters = parameters;
    this.#backend = backend;
  }

  async predict(inputs: PredictInputs): Promise<Prediction> {
    const checked = checkInputs(inputs);
    const { batch } = checked;
    const { built, weights } = this.#load(checked.features);
    if (checked.elapsedForm === 'unit') checkUnits(checked.dt?.shape[2], unitsOf(built));
    const state = inputs.state === undefined ? undefined : hostState(built, inputs.state, batch);
    const watch = watchDevice(this.#backend);
    const executable = await watch.wait(this.#executable(checked, state !== undefined));

    const upload = (data: TensorData, type: TensorType): DeviceTensor => this.#backend.upload(data, type);
    const floats = (array: FloatArray | undefined): DeviceTensor[] =>
      array === undefined ? [] : [upload(array.data, { dtype: 'f32', shape: array.shape })];
    const given = [
      ...(state ?? []).flatMap(floats),
      ...floats(checked.values),
      ...floats(checked.dt),
      ...floats(checked.mask),
      ...(checked.lengths === undefined ? [] : [upload(checked.lengths, { dtype: 'i32', shape: [batch] })]),
    ];
    let results: readonly DeviceTensor[] = [];
    try {
      results = executable.run([...weights, ...given]);
      const reads = results.map(async (result) =>
        floatArray((await this.#backend.read(result)) as Float32Array, result.type.shape as readonly number[]),
      );
      const [outputs, ...finals] = await watch.wait(Promise.all(reads));
      if (outputs === undefined) throw new Error('a prediction gave no output');
      const after = unflattenTree(flattenTree(stateTypes(built, 1)).structure, finals);
      requireSolvedState(after);
      return { outputs, state: after };
    } finally {
      watch.free([...given, ...results]);
    }
  }

  dispose(): void {
    watchDevice(this.#backend).free(this.#loaded?.weights ?? []);
    this.#loaded = undefined;
    for (const executable of this.#executables.values()) release(executable, this.#backend);
    this.#executables.clear();
  }

  #load(features: number): Loaded {
    const before = this.#loaded;
    if (before?.built.inputs === features) return before;
    // Other features than before fail here, as the parameters have one shape.
    const built = build(this.#model, features);
    const { leaves } = flattenTree(matchParameters(built, this.#parameters));
    this.#loaded = { built, weights: leaves.map(({ data, type }) => this.#backend.upload(data, type)) };
    return this.#loaded;
  }

  #executable(inputs: CheckedInputs, state: boolean): Promise<Executable> {
    const { mask, batch, time } = inputs;
    const options: PredictProgramOptions = {
      features: inputs.features,
      dt: inputs.elapsedForm,
      mask: mask === undefined ? 'none' : mask.shape.length === 2 ? 'steps' : 'features',
      lengths: inputs.lengths !== undefined,
      state,
    };
    const dims = this.#backend.capabilities.freeDims ? undefined : { batch, time };
    const key = JSON.stringify([options, dims]);
    const found =
      this.#executables.get(key) ??
      compile(this.#backend, predictProgram(this.#model, options).program, dims === undefined ? {} : { dims });
    // The last used stand last.
    this.#executables.delete(key);
    this.#executables.set(key, found);
    found.catch(() => this.#executables.delete(key));
    const [oldest] = this.#executables;
    if (oldest !== undefined && this.#executables.size > keptSizes) {
      this.#executables.delete(oldest[0]);
      release(oldest[1], this.#backend);
    }
    return found;
  }
}

function release(executable: Promise<Executable>, backend: Backend): void {
  // A compile that failed was reported to who asked for it.
  executable.then(
    (compiled) => watchDevice(backend).free([compiled]),
    () => {},
  );
}

function checkUnits(width: number | undefined, units: number): void {
  if (width === units) return;
  throw new RheoError('shape', {
    from: '@rheo/layers',
    what: `dt is for ${width} units, the layers of the model have ${units}`,
    where: 'dt',
    remedy: `Pass dt as [batch, time, ${units}], [batch, time] or [time]`,
  });
}
