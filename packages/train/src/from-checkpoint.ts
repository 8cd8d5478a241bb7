/**
 * Reads checkpoints with suspicion: a file may be damaged or made to harm. Every parameter of the described model must be
 * there, of its shape, with finite numbers, and nothing else; nothing is built that is larger than the file.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { readSafetensors } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { formatShape, isRheoError, RheoError } from '@rheo/ir';
import type { Json, Layer, ParameterSpec } from '@rheo/layers';
import { build, modelFromDescription } from '@rheo/layers';
import type { Fitted } from './fitted.ts';
import { createFitted } from './fitted.ts';
import { l2 } from './l2.ts';
import type { Loss } from './losses/loss.ts';
import { lossByName } from './losses/loss-by-name.ts';
import { checkpointFormat } from './to-checkpoint.ts';
import type { TrainingFacts } from './training-facts.ts';
import { readTrainingFacts } from './training-facts.ts';

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly model: Layer;
  readonly features: number;
  readonly parameters: Tree<Parameter>;
  readonly training: TrainingFacts | undefined;
  /** What the writer added. */
  readonly extra: { readonly [key: string]: Json };
}

/** Options of reading; `file` is the name for messages. */
export interface CheckpointOptions {
  readonly file?: string | undefined;
}

/**
 * Reads a checkpoint. Throws `format` for anything else and for missing, foreign, wrongly shaped or not finite tensors,
 * naming file and tensor.
 */
export function fromCheckpoint(bytes: Uint8Array, options: CheckpointOptions = {}): Checkpoint {
  const file = options.file ?? 'checkpoint';
  const { tensors, metadata } = readSafetensors(bytes, { file });
  if (metadata['format'] !== checkpointFormat.format) {
    const remedy = 'Pass a file that rheo train or fitted.save() wrote; weights of other libraries must be converted';
    throw damaged(file, 'this safetensors file is no Rheo checkpoint', undefined, remedy);
  }
  if (metadata['version'] !== checkpointFormat.version) {
    throw damaged(
      file,
      `version ${metadata['version']?.slice(0, 20)} of checkpoints is not known`,
      undefined,
      'Update Rheo',
    );
  }
  const features = Number(metadata['features']);
  if (!Number.isSafeInteger(features) || features < 1) throw damaged(file, 'the number of input features is missing');
  const description = readJson(metadata['model'], file, 'model');
  let elements = 0;
  for (const { data } of tensors.values()) elements += data.length;
  checkSizes(description, elements, file, 0);
  const { model, specs } = buildModel(description, features, file);
  const training = metadata['training'];
  const extra = metadata['extra'];
  return {
    model,
    features,
    parameters: readParameters(specs, tensors, file),
    training: training === undefined ? undefined : readTrainingFacts(readJson(training, file, 'training'), file),
    extra: extra === undefined ? {} : asExtra(readJson(extra, file, 'extra'), file),
  };
}

/** A fitted model from the bytes of a checkpoint: `predict`, `evaluate` and `stream` work as after training. */
export function load(bytes: Uint8Array, options: CheckpointOptions & { readonly backend: Backend }): Fitted {
  const { model, features, parameters, training } = fromCheckpoint(bytes, options);
  const file = options.file ?? 'checkpoint';
  return createFitted({
    model,
    features,
    parameters,
    backend: options.backend,
    loss: training === undefined ? undefined : readLoss(training, file),
    penalty: training?.penalty ? l2(training.penalty.rate, { parts: training.penalty.parts }) : undefined,
    training,
  });
}

function readLoss({ loss, lossConfig }: TrainingFacts, file: string): Loss | undefined {
  try {
    return lossByName(loss, lossConfig);
  } catch (cause) {
    if (!isRheoError(cause)) throw cause;
    throw damaged(file, `the loss is wrong: ${cause.details.what}`, 'training', undefined, cause);
  }
}

function buildModel(
  description: unknown,
  features: number,
  file: string,
): { readonly model: Layer; readonly specs: Tree<ParameterSpec> } {
  try {
    const model = modelFromDescription(description);
    return { model, specs: build(model, features).parameters };
  } catch (cause) {
    if (!isRheoError(cause)) throw cause;
    throw damaged(file, `the model's description is wrong: ${cause.details.what}`, 'model', undefined, cause);
  }
}

function readParameters(
  specs: Tree<ParameterSpec>,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
): Tree<Parameter> {
  const { leaves, structure, paths } = flattenTree(specs);
  const known = new Set(paths);
  for (const name of tensors.keys()) {
    if (!known.has(name)) throw damaged(file, 'the model has no such parameter', name);
  }
  const parameters = leaves.map(({ initial: _, ...facts }, index): Parameter => {
    const { type } = facts;
    const path = paths[index] ?? '';
    const tensor = tensors.get(path);
    if (tensor === undefined) throw damaged(file, 'the parameter is missing', path);
    if (tensor.dtype !== 'f32') throw damaged(file, `the parameter is ${tensor.dtype}, not f32`, path);
    if (formatShape(tensor.shape) !== formatShape(type.shape)) {
      throw damaged(file, `the parameter is ${formatShape(tensor.shape)}, not ${formatShape(type.shape)}`, path);
    }
    const wrong = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw damaged(file, `element ${wrong} is ${tensor.data[wrong]}`, path);
    return { ...facts, data: tensor.data };
  });
  return unflattenTree(structure, parameters);
}

/** A description may not ask for more layers, units or neurons than the file has numbers: building it would fill the memory. */
function checkSizes(value: unknown, elements: number, file: string, depth: number): void {
  if (depth > 64) throw damaged(file, 'the description is nested too deep', 'model');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (/(units|layers|neurons)$/i.test(name) && typeof part === 'number' && part > elements) {
      throw damaged(file, `${name.slice(0, 40)} is ${part}, more than the file has numbers`, 'model');
    }
    checkSizes(part, elements, file, depth + 1);
  }
}

function readJson(text: string | undefined, file: string, name: string): unknown {
  if (text === undefined) throw damaged(file, 'the entry is missing from the metadata', name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'the entry of the metadata is no JSON', name, undefined, cause);
  }
}

function asExtra(value: unknown, file: string): { readonly [key: string]: Json } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never;
  throw damaged(file, 'the entry of the metadata is no object', 'extra');
}

function damaged(file: string, what: string, name?: string, remedy?: string, cause?: unknown): RheoError {
  return new RheoError('format', {
    from: '@rheo/train',
    what,
    where: name === undefined ? file : `${file}: ${name.slice(0, 200)}`,
    remedy: remedy ?? 'Save or download the file again; do not use it if its origin cannot be trusted',
    cause,
  });
}
