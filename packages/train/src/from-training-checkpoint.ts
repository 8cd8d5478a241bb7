/**
 * Reads the state of a training from a file: parameters and slots of exactly the described model, all finite, and a
 * record that is whole. Whether the state fits a training is for `train` to say.
 */

import type { Parameter } from '@rheo/core';
import { flattenTree, mapTree } from '@rheo/core';
import { readSafetensors } from '@rheo/data';
import type { Json } from '@rheo/layers';
import type { CheckpointFile } from './checkpoint-parts.ts';
import {
  checkVersion,
  damaged,
  readJson,
  readModel,
  readParameters,
  readTensor,
  refuseOthers,
} from './checkpoint-parts.ts';
import type { CheckpointOptions } from './from-checkpoint.ts';
import { checkpointFormat } from './to-checkpoint.ts';
import { bestPrefix, parameterPrefix, slotPrefix, trainingCheckpointFormat } from './to-training-checkpoint.ts';
import { readTrainingFacts } from './training-facts.ts';
import type { DataMark, EpochUnderWay, TrainingState } from './training-state.ts';

/**
 * The state that `toTrainingCheckpoint` wrote, for `train(model, { …, resume })`. Throws `format` for anything else, naming
 * file and tensor or entry.
 */
export function fromTrainingCheckpoint(bytes: Uint8Array, options: CheckpointOptions = {}): TrainingState {
  const name = options.file ?? 'training checkpoint';
  const file: CheckpointFile = { name, ...readSafetensors(bytes, { file: name }) };
  const found = file.metadata['format'];
  if (found !== trainingCheckpointFormat.format) {
    const isModel = found === checkpointFormat.format;
    const what = isModel
      ? 'this is a model file and holds no training to go on with'
      : 'this is no training checkpoint';
    throw damaged(name, what, undefined, 'Pass a file that saveTrainingCheckpoint or rheo train wrote');
  }
  checkVersion(file, trainingCheckpointFormat.version);
  const { description, features, specs } = readModel(file);
  const entry = (key: string): unknown => readJson(file.metadata[key], name, key);
  const parameters = readParameters(file, specs, parameterPrefix);
  const { leaves, paths } = flattenTree(parameters);

  const trained = readNames(entry('trained'), name, 'trained');
  for (const path of trained)
    if (!paths.includes(path)) throw damaged(name, `there is no parameter ${path}`, 'trained');
  const slots = readNames(entry('slots'), name, 'slots');
  if (slots.length * trained.length > file.tensors.size) {
    throw damaged(name, `${slots.length} slots are more than the file has tensors for`, 'slots');
  }
  const best = file.metadata['best_epoch'] === undefined ? undefined : entry('best_epoch');
  const known = new Set([
    ...(best === undefined ? [] : paths.map((path) => `${bestPrefix}${path}`)),
    ...paths.map((path) => `${parameterPrefix}${path}`),
    ...slots.flatMap((slot) => trained.map((path) => `${slotPrefix(slot)}${path}`)),
  ]);
  refuseOthers(file, known, 'tensor');
  const shuffle = entry('shuffle');
  if (typeof shuffle !== 'boolean') throw damaged(name, 'the entry is neither true nor false', 'shuffle');
  const training = readTrainingFacts(entry('training'), name);
  if (best !== undefined && !(isCount(best) && best >= 1 && best <= training.history.length)) {
    throw damaged(name, 'the entry is no epoch of the history', 'best_epoch');
  }
  const flag = (leaf: Parameter, path: string): Parameter => ({ ...leaf, trainable: trained.includes(path) });
  return {
    model: description as Json,
    features,
    parameters: mapTree(flag, parameters),
    slots: Object.fromEntries(
      slots.map((slot) => {
        const values = leaves.flatMap(({ type }, index): [string, Float32Array][] => {
          const path = paths[index] ?? '';
          return trained.includes(path) ? [[path, readTensor(file, `${slotPrefix(slot)}${path}`, type, 'slot')]] : [];
        });
        return [slot, Object.fromEntries(values)];
      }),
    ),
    training,
    shuffle,
    data: readDataMark(entry('data'), name),
    underWay: readUnderWay(entry('under_way'), name),
    ...(best === undefined
      ? {}
      : { best: { epoch: Number(best), parameters: mapTree(flag, readParameters(file, specs, bestPrefix)) } }),
  };
}

function readNames(value: unknown, file: string, entry: string): string[] {
  const names: unknown[] = Array.isArray(value) ? value : [undefined];
  if (names.every((one) => typeof one === 'string') && new Set(names).size === names.length) return names;
  throw damaged(file, 'the entry is no list of names', entry);
}

function readDataMark(value: unknown, file: string): DataMark {
  const { count, fingerprint } = (value ?? {}) as Readonly<Record<keyof DataMark, unknown>>;
  if (isCount(count) && count > 0 && typeof fingerprint === 'string' && /^[0-9a-f]{32}$/.test(fingerprint)) {
    return { count, fingerprint };
  }
  throw damaged(file, 'the mark of the data is wrong', 'data');
}

function readUnderWay(value: unknown, file: string): EpochUnderWay {
  const { steps, loss_sum: lossSum } = (value ?? {}) as { readonly steps?: unknown; readonly loss_sum?: unknown };
  if (isCount(steps) && typeof lossSum === 'number' && Number.isFinite(lossSum)) return { steps, lossSum };
  throw damaged(file, 'the entry has no steps and no sum of losses', 'under_way');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
