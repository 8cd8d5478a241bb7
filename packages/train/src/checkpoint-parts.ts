/**
 * The parts that model files and training files share, read with suspicion: a file may be damaged or made to harm. Every
 * tensor must be there, of its shape, with finite numbers; nothing is built that is larger than the file.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import type { TensorType } from '@rheo/ir';
import { formatShape, isRheoError, RheoError } from '@rheo/ir';
import type { Layer, ParameterSpec } from '@rheo/layers';
import { build, modelFromDescription } from '@rheo/layers';

/** A file in the reading: its name for messages, and what it holds. */
export interface CheckpointFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A described model. */
export interface DescribedModel {
  readonly description: unknown;
  readonly model: Layer;
  readonly features: number;
  readonly specs: Tree<ParameterSpec>;
}

/** Throws `format` unless the version is the one that this Rheo reads. */
export function checkVersion({ metadata, name }: CheckpointFile, version: string): void {
  const found = metadata['version'];
  if (found === version) return;
  throw damaged(name, `version ${found?.slice(0, 20)} of checkpoints is not known`, undefined, 'Update Rheo');
}

/** The model of a file, built, with no more neurons than the file has numbers. */
export function readModel({ name, tensors, metadata }: CheckpointFile): DescribedModel {
  const features = Number(metadata['features']);
  if (!Number.isSafeInteger(features) || features < 1) throw damaged(name, 'the number of input features is missing');
  const description = readJson(metadata['model'], name, 'model');
  let elements = 0;
  for (const { data } of tensors.values()) elements += data.length;
  checkSizes(description, elements, name, 0);
  try {
    const model = modelFromDescription(description);
    return { description, model, features, specs: build(model, features).parameters };
  } catch (cause) {
    if (!isRheoError(cause)) throw cause;
    throw damaged(name, `the model's description is wrong: ${cause.details.what}`, 'model', undefined, cause);
  }
}

/** Throws `format` for a tensor that is none of those. */
export function refuseOthers({ name, tensors }: CheckpointFile, known: ReadonlySet<string>, what: string): void {
  for (const key of tensors.keys()) if (!known.has(key)) throw damaged(name, `the model has no such ${what}`, key);
}

/** The parameters of a model, each under its path behind `prefix`. */
export function readParameters(file: CheckpointFile, specs: Tree<ParameterSpec>, prefix: string): Tree<Parameter> {
  const { leaves, structure, paths } = flattenTree(specs);
  const parameters = leaves.map(({ initial: _, ...facts }, index): Parameter => {
    return { ...facts, data: readTensor(file, `${prefix}${paths[index] ?? ''}`, facts.type, 'parameter') };
  });
  return unflattenTree(structure, parameters);
}

/** A tensor of a type with finite numbers. `what` it is, in a word. */
export function readTensor(
  { name, tensors }: CheckpointFile,
  key: string,
  type: TensorType,
  what: string,
): Float32Array {
  const tensor = tensors.get(key);
  if (tensor === undefined) throw damaged(name, `the ${what} is missing`, key);
  if (tensor.dtype !== 'f32') throw damaged(name, `the ${what} is ${tensor.dtype}, not f32`, key);
  if (formatShape(tensor.shape) !== formatShape(type.shape)) {
    throw damaged(name, `the ${what} is ${formatShape(tensor.shape)}, not ${formatShape(type.shape)}`, key);
  }
  const wrong = tensor.data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw damaged(name, `element ${wrong} is ${tensor.data[wrong]}`, key);
  return tensor.data;
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

/** An entry of the metadata as JSON. Throws `format` where it is missing or none. */
export function readJson(text: string | undefined, file: string, name: string): unknown {
  if (text === undefined) throw damaged(file, 'the entry is missing from the metadata', name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'the entry of the metadata is no JSON', name, undefined, cause);
  }
}

/** The error for a file that is not to be trusted; `name` is the tensor or entry concerned. */
export function damaged(file: string, what: string, name?: string, remedy?: string, cause?: unknown): RheoError {
  return new RheoError('format', {
    from: '@rheo/train',
    what,
    where: name === undefined ? file : `${file}: ${name.slice(0, 200)}`,
    remedy: remedy ?? 'Save or download the file again; do not use it if its origin cannot be trusted',
    cause,
  });
}
