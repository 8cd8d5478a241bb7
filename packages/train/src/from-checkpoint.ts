/**
 * Reads model files: every parameter of the described model must be there and nothing else, see `checkpoint-parts.ts`.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { readSafetensors } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import type { Json, Layer } from '@rheo/layers';
import type { CheckpointFile } from './checkpoint-parts.ts';
import { checkVersion, damaged, readJson, readModel, readParameters, refuseOthers } from './checkpoint-parts.ts';
import type { Fitted } from './fitted.ts';
import { createFitted } from './fitted.ts';
import { l2 } from './l2.ts';
import type { Loss } from './losses/loss.ts';
import { lossByName } from './losses/loss-by-name.ts';
import { checkpointFormat } from './to-checkpoint.ts';
import { trainingCheckpointFormat } from './to-training-checkpoint.ts';
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
  const name = options.file ?? 'checkpoint';
  const file: CheckpointFile = { name, ...readSafetensors(bytes, { file: name }) };
  const { format, training, extra } = file.metadata as Partial<Record<string, string>>;
  if (format === trainingCheckpointFormat.format) {
    const remedy = 'Pass the model file, or go on with it: train(model, { …, resume: fromTrainingCheckpoint(bytes) })';
    throw damaged(name, 'this is the state of a training and no model file', undefined, remedy);
  }
  if (format !== checkpointFormat.format) {
    const remedy = 'Pass a file that rheo train or fitted.save() wrote; weights of other libraries must be converted';
    throw damaged(name, 'this safetensors file is no Rheo checkpoint', undefined, remedy);
  }
  checkVersion(file, checkpointFormat.version);
  const { model, features, specs } = readModel(file);
  refuseOthers(file, new Set(flattenTree(specs).paths), 'parameter');
  return {
    model,
    features,
    parameters: readParameters(file, specs, ''),
    training: training === undefined ? undefined : readTrainingFacts(readJson(training, name, 'training'), name),
    extra: extra === undefined ? {} : asExtra(readJson(extra, name, 'extra'), name),
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

function asExtra(value: unknown, file: string): { readonly [key: string]: Json } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never;
  throw damaged(file, 'the entry of the metadata is no object', 'extra');
}
