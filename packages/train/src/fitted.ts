/**
 * A fitted model: its parameters on the host, and what one does with them. Between predictions it keeps parameters and
 * compiled Programs on the backend, until `dispose` or the end of the backend; it can be used again after `dispose`.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, watchDevice } from '@rheo/core';
import type { SequenceSource } from '@rheo/data';
import { isSequenceSource } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type {
  BuiltLayer,
  FloatArray,
  HostInputs,
  Layer,
  PredictInputs,
  Prediction,
  Predictor,
  Stream,
  StreamOptions,
} from '@rheo/layers';
import { build, predictor, stream } from '@rheo/layers';
import type { Evaluation } from './evaluation.ts';
import { evaluator } from './evaluation.ts';
import type { L2 } from './l2.ts';
import type { Loss } from './losses/loss.ts';
import { measurement } from './metrics/measurement.ts';
import type { Metric } from './metrics/metric.ts';
import type { Objective, ParameterList } from './objective.ts';
import type { WindowedSeries } from './predict-series.ts';
import { predictSeries } from './predict-series.ts';
import { predictSource } from './predict-source.ts';
import { prepareData } from './prepare-data.ts';
import { saveFile } from './save-file.ts';
import { toCheckpoint } from './to-checkpoint.ts';
import type { OutputForm, TrainingData } from './training-data.ts';
import type { EpochRecord, TrainingFacts } from './training-facts.ts';
import type { TrainingState } from './training-state.ts';

/** What a fitted model is made of. */
export interface FittedParts {
  readonly model: Layer;
  readonly features: number;
  readonly parameters: Tree<Parameter>;
  readonly backend: Backend;
  readonly loss?: Loss | undefined;
  readonly penalty?: L2 | undefined;
  readonly training?: TrainingFacts | undefined;
  readonly state?: TrainingState | undefined;
}

/** A model with its parameters. */
export interface Fitted {
  readonly model: Layer;
  readonly features: number;
  readonly parameters: Tree<Parameter>;
  readonly history: readonly EpochRecord[];
  readonly training: TrainingFacts | undefined;
  /** Where its training stands, for `resume`; undefined where it was not trained just now. */
  readonly state: TrainingState | undefined;
  /**
   * Outputs for sequences: arrays with shapes, or a data set. Of a source it holds a batch at a time beside all outputs.
   * Throws `shape`, `dtype` or `value`.
   */
  predict(inputs: PredictInputs | TrainingData | SequenceSource): Promise<Prediction>;
  /**
   * Outputs [N, T, outputs] for series in sequences, as `prepare` gives them: each series is gone through from its first
   * step to its last, the state carried over. Models that need the end of a sequence, as they go backwards or give one
   * output for it ([N, outputs]), begin each anew, as `predict` does. Throws as `predict` does, and `aborted`.
   */
  predictSeries(data: WindowedSeries, options?: PredictSeriesOptions): Promise<FloatArray>;
  /** Loss on data, by the loss and the penalty of training unless given. Throws as `train` does for bad data. */
  evaluate(data: TrainingData | SequenceSource, options?: EvaluateOptions): Promise<Evaluation>;
  /** One observation at a time, state carried; needs a synchronous backend. */
  stream(options?: Omit<StreamOptions, 'features'>): Promise<Stream>;
  /** A self-contained checkpoint, safetensors. */
  toBytes(): Uint8Array;
  /** Writes the checkpoint to a file in Node. Throws `capability` elsewhere, `file` when it cannot be written. */
  save(path: string): Promise<void>;
  /** Frees what predictions keep on the backend. */
  dispose(): void;
}

/** Options of `predictSeries`. */
export interface PredictSeriesOptions {
  /** Ends it between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions {
  readonly loss?: Loss;
  /** Sequences at a time; 256 unless given. It changes speed and memory only. */
  readonly batchSize?: number;
  /** Measured beside the loss. */
  readonly metrics?: readonly Metric[];
}

/** Puts a fitted model together. Throws `argument` or `shape` for parameters that do not fit the model. */
export function createFitted(parts: FittedParts): Fitted {
  const { model, features, parameters, backend, training } = parts;
  let running: Predictor | undefined;
  const fitted: Fitted = {
    model,
    features,
    parameters,
    history: training?.history ?? [],
    training,
    state: parts.state,
    predict: async (inputs) => {
      if (isSequenceSource(inputs)) {
        if (inputs.features !== features) throw wrongFeatures(inputs.features, features, 'data');
        running ??= predictor(model, parameters, backend);
        return predictSource(running, inputs);
      }
      const given = 'count' in inputs ? hostInputs(inputs) : inputs;
      const found = given.values?.shape?.[2];
      if (found !== undefined && found !== features) throw wrongFeatures(found, features, 'values');
      running ??= predictor(model, parameters, backend);
      return running.predict(given);
    },
    predictSeries: async (data, { signal } = {}) => {
      if (data.features !== features) throw wrongFeatures(data.features, features, 'data');
      running ??= predictor(model, parameters, backend);
      return predictSeries(running, build(model, features), data, signal);
    },
    evaluate: (data, options = {}) => evaluateOn(parts, data, options),
    stream: (options = {}) => stream(model, parameters, backend, { ...options, features }),
    toBytes: () => toCheckpoint(fitted),
    save: (path) => saveFile(path, toCheckpoint(fitted)),
    dispose: () => {
      running?.dispose();
      running = undefined;
    },
  };
  return fitted;
}

/** What the model gives for each sequence. */
export function outputForm(built: BuiltLayer): OutputForm {
  return { perStep: returnsSequences(built), outputs: built.outputs };
}

/** Types, roles and paths of parameters. */
export function parameterList(parameters: Tree<Parameter>): ParameterList {
  const { leaves, structure, paths } = flattenTree(parameters);
  const about = leaves.map(({ data: _, ...facts }, index) => ({ ...facts, path: paths[index] ?? '' }));
  return { structure, about };
}

/** The inputs of a data set as arrays with shapes. */
export function hostInputs(data: TrainingData): HostInputs {
  const { values, dt, mask, lengths, count, steps, features } = data;
  return {
    values: { dtype: 'f32', shape: [count, steps, features], data: values },
    ...(dt === undefined ? {} : { dt: { dtype: 'f32', shape: [count, steps], data: dt } }),
    ...(mask === undefined ? {} : { mask: { dtype: 'bool', shape: [count, steps], data: mask } }),
    ...(lengths === undefined || mask !== undefined ? {} : { lengths }),
  };
}

function returnsSequences(built: BuiltLayer): boolean {
  if (built.form === 'chain') return built.parts.every(returnsSequences);
  return built.form === 'pointwise' || built.returnSequences;
}

async function evaluateOn(
  parts: FittedParts,
  data: TrainingData | SequenceSource,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { model, features, parameters, backend, penalty } = parts;
  const loss = options.loss ?? parts.loss;
  if (loss === undefined) {
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: 'the model was not trained with a loss that Rheo knows by name',
      where: 'loss',
      remedy: 'Pass it: evaluate(data, { loss: meanSquaredError })',
    });
  }
  if (data.features !== features) throw wrongFeatures(data.features, features, 'data');
  const form = outputForm(build(model, features));
  const prepared = prepareData(data, form, loss, 'data');
  const objective: Objective = { model, loss, penalty, parameters: parameterList(parameters) };
  const { batchSize = 256, metrics = [] } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RheoError('argument', {
      from: '@rheo/train',
      what: `evaluate: batchSize is ${batchSize}`,
      where: 'batchSize',
      remedy: 'It takes an integer of at least 1',
    });
  }
  const measured = await measurement(metrics, prepared, form);
  const evaluation = await evaluator(objective, prepared, { backend, batchSize, form, measured });
  const { leaves } = flattenTree(parameters);
  const ordered = [...leaves.filter(({ trainable }) => trainable), ...leaves.filter(({ trainable }) => !trainable)];
  const handles = ordered.map(({ data: values, type }) => backend.upload(values, type));
  try {
    return await evaluation.run(handles);
  } finally {
    watchDevice(backend).free([...handles, evaluation]);
  }
}

function wrongFeatures(found: number, features: number, where: string): RheoError {
  return new RheoError('shape', {
    from: '@rheo/train',
    what: `the data has ${found} features, the model was built for ${features}`,
    where,
    remedy: 'Pass the features that the model was trained on, in their order',
  });
}
