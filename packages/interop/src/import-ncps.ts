/**
 * Imports a checkpoint of ncps or of the authors' CfC code: a file and what is known about it become a model of Rheo with
 * its parameters, or a typed error and nothing at all.
 *
 * What kind of file it is, its contents say, not its name. No code of the file is run, whatever it refers to.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { readSafetensors, readZip } from '@rheo/data';
import type { RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { build } from '@rheo/layers';
import { families, isTorchFamily, namedFamily } from './family.ts';
import type { FileTensor } from './file-tensor.ts';
import type { ImportConfig, ImportFamily } from './import-config.ts';
import type { Fail } from './import-error.ts';
import { configError, failer } from './import-error.ts';
import { kerasParts } from './keras-parts.ts';
import type { ImportPlan } from './plan.ts';
import { planKeras } from './plan-keras.ts';
import { planTorch } from './plan-torch.ts';
import { Questions } from './questions.ts';
import { isHdf5, readHdf5 } from './read-hdf5.ts';
import { readParameters } from './read-parameters.ts';
import { isTorchArchive, readTorchFile } from './torch-file.ts';
import { torchNames } from './torch-names.ts';

/** A file by name (for messages) and contents. */
export interface ImportFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What was found and what was made of it. */
export interface ImportReport {
  readonly file: string;
  readonly format: 'pytorch' | 'safetensors' | 'keras' | 'keras-weights';
  readonly family: ImportFamily;
  /** Input features. */
  readonly features: number;
  readonly outputs: number;
  /** Number of parameters as tensors and as numbers. */
  readonly tensors: number;
  readonly numbers: number;
  /** What was taken for granted or left out. */
  readonly notes: readonly string[];
}

/** An imported model. */
export interface ImportedModel {
  readonly model: Layer;
  /** Input features that the model is built for. */
  readonly features: number;
  readonly parameters: Tree<Parameter>;
  readonly report: ImportReport;
}

/**
 * Imports `.pt`, `.pth`, `.safetensors`, `.keras`, `.weights.h5` and `.h5` files of CfC and LTC models.
 * Throws `argument` that lists what the configuration lacks, `format`, `shape`, `dtype` or `value` that name the tensor.
 */
export function importNcps(file: ImportFile, config: ImportConfig = {}): ImportedModel {
  const { name, bytes: given } = Object(file) as Partial<ImportFile>;
  if (typeof name !== 'string' || !(given instanceof Uint8Array)) {
    throw configError('there is no file', 'file', 'Pass { name, bytes } with the contents as Uint8Array');
  }
  // A Node Buffer is a Uint8Array with another slice.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  const fail = failer(name);
  const questions = new Questions(config);
  const { format, plan, tensors } = planFile({ name, bytes }, config, questions, fail);
  questions.settle(name);
  const parameters = readParameters(plan, tensors, fail);
  const { outputs } = build(plan.model, plan.features);
  const { leaves } = flattenTree(parameters);
  return {
    model: plan.model,
    features: plan.features,
    parameters,
    report: {
      file: name,
      format,
      family: plan.family,
      features: plan.features,
      outputs,
      tensors: leaves.length,
      numbers: leaves.reduce((sum, { data }) => sum + data.length, 0),
      notes: plan.notes,
    },
  };
}

interface Planned {
  readonly format: ImportReport['format'];
  readonly plan: ImportPlan;
  readonly tensors: readonly FileTensor[];
}

function planFile(file: ImportFile, config: ImportConfig, questions: Questions, fail: Fail): Planned {
  const { name, bytes } = file;
  if (isHdf5(bytes)) return planHdf5('keras-weights', bytes, undefined, file, config, questions, fail);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const names: string[] = [];
    readZip(bytes, { file: name, filter: (entry) => names.push(entry) < 0 });
    if (isTorchArchive(names)) return planTensors('pytorch', readTorchFile(bytes, name, fail), config, questions, fail);
    const entries = readZip(bytes, {
      file: name,
      filter: (entry) => entry === 'config.json' || entry === 'model.weights.h5',
    });
    const found = (entry: string): Uint8Array | undefined => entries.find((own) => own.name === entry)?.data;
    const [weights, description] = [found('model.weights.h5'), found('config.json')];
    if (weights === undefined || description === undefined || !isHdf5(weights)) {
      throw fail('the archive is neither one of PyTorch (data.pkl) nor of Keras (config.json, model.weights.h5)', {
        remedy: 'Pass what torch.save or model.save wrote, as it is',
      });
    }
    return planHdf5('keras', weights, description, file, config, questions, fail);
  }
  if (bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] >= 1 && bytes[1] <= 5 && bytes[8] !== 0x7b) {
    throw fail('it is a bare pickle, the form of PyTorch before 1.6', {
      remedy: 'Load it in the PyTorch that wrote it and save the state dictionary again, or as safetensors',
    });
  }
  const { tensors, metadata } = readSafetensors(bytes, { file: name });
  if (metadata['format'] === 'rheo-checkpoint') {
    throw fail('it is a checkpoint of Rheo and needs no import', { remedy: 'Pass it to load' });
  }
  const named = [...tensors].map(
    ([tensor, array]): FileTensor => ({ name: tensor, shape: array.shape, dtype: array.dtype, read: () => array }),
  );
  return planTensors('safetensors', named, config, questions, fail);
}

function planTensors(
  format: 'pytorch' | 'safetensors',
  tensors: readonly FileTensor[],
  config: ImportConfig,
  questions: Questions,
  fail: Fail,
): Planned {
  const { prefix } = config;
  if (prefix !== undefined && typeof prefix !== 'string')
    throw configError('prefix is no text', 'prefix', 'Pass a text');
  const named = namedFamily(config, 'torch');
  if (named !== undefined && !isTorchFamily(named)) {
    throw wrongFamily(`the tensors are those of PyTorch, not of ${named}`, 'ncps.torch or official.torch', fail);
  }
  const names = torchNames(tensors, prefix, fail);
  const masked = [...names.tensors.keys()].some((name) => name.endsWith('sparsity_mask'));
  if (named === 'official-torch' && (masked || names.layers > 0)) {
    throw wrongFamily('the tensors have masks or layers, which the authors’ code has not', 'ncps.torch', fail);
  }
  if (named === undefined && !masked) {
    questions.require('framework', '"ncps.torch", "official.torch"');
  }
  const plan = planTorch({ family: named ?? 'ncps-torch', names, questions, fail });
  const own = prefix === undefined ? tensors : tensors.filter(({ name }) => name.startsWith(prefix));
  const left = tensors.length - own.length;
  const notes = left === 0 ? plan.notes : [...plan.notes, `${left} tensors outside of ${prefix} were left alone`];
  return { format, plan: { ...plan, notes }, tensors: own };
}

function planHdf5(
  format: 'keras' | 'keras-weights',
  weights: Uint8Array,
  description: Uint8Array | undefined,
  { name }: ImportFile,
  config: ImportConfig,
  questions: Questions,
  fail: Fail,
): Planned {
  const named = namedFamily(config, 'keras');
  if (named !== undefined && isTorchFamily(named)) {
    throw wrongFamily(`the file is one of Keras, not of ${named}`, 'ncps.keras, ncps.tf or official.tf', fail);
  }
  const { parts, family } = kerasParts(readHdf5(weights, fail), description, config, questions, named, fail);
  const plan = planKeras({ family, parts, file: name, fail });
  const tensors = parts.flatMap((part) => ('weights' in part ? [...part.weights.tensors.values()] : []));
  return { format, plan, tensors };
}

function wrongFamily(what: string, right: string, fail: Fail): RheoError {
  return fail(what, { code: 'argument', remedy: `Pass framework: ${right}; there are ${families.join(', ')}` });
}
