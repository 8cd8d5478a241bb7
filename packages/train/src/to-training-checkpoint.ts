/**
 * Writes the state of a training as one safetensors file, from which it goes on to the same bits. Tensors are the
 * parameters, `parameters/<path>`, the optimiser's state, `optimizer/<slot>/<path>`, and the parameters of the best epoch,
 * `best/<path>`, where they are kept; the metadata are JSON texts.
 *
 * It is a file apart from the model's: that one stays as small as predictions need it. Equal states give equal bytes.
 */

import { flattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { writeSafetensors } from '@rheo/data';
import { saveFile } from './save-file.ts';
import type { TrainingState } from './training-state.ts';

/** Name and version of the form of these files. */
export const trainingCheckpointFormat = { format: 'rheo-training', version: '1' } as const;

/** Where the parameters are in the file. */
export const parameterPrefix = 'parameters/';

/** Where the parameters of the best epoch are in the file. */
export const bestPrefix = 'best/';

/** Where a slot of the optimiser is in the file. */
export function slotPrefix(slot: string): string {
  return `optimizer/${slot}/`;
}

/** The bytes of a training checkpoint; `fromTrainingCheckpoint` reads them. */
export function toTrainingCheckpoint(state: TrainingState): Uint8Array {
  const { model, features, parameters, slots, training, shuffle, data, underWay, best } = state;
  const { leaves, paths } = flattenTree(parameters);
  const tensors = new Map<string, NdArray>();
  const add = (name: string, index: number, numbers: Float32Array): void => {
    const shape = leaves[index]?.type.shape as readonly number[];
    tensors.set(name, { dtype: 'f32', shape, data: numbers });
  };
  for (const [index, path] of paths.entries()) {
    add(`${parameterPrefix}${path}`, index, leaves[index]?.data ?? new Float32Array(0));
  }
  for (const [slot, values] of Object.entries(slots)) {
    for (const [path, numbers] of Object.entries(values))
      add(`${slotPrefix(slot)}${path}`, paths.indexOf(path), numbers);
  }
  if (best !== undefined) {
    flattenTree(best.parameters).leaves.forEach((leaf, index) => {
      add(`${bestPrefix}${paths[index]}`, index, leaf.data);
    });
  }
  return writeSafetensors(tensors, {
    ...trainingCheckpointFormat,
    model: JSON.stringify(model),
    features: String(features),
    training: JSON.stringify(training),
    trained: JSON.stringify(paths.filter((_, index) => leaves[index]?.trainable)),
    slots: JSON.stringify(Object.keys(slots)),
    shuffle: JSON.stringify(shuffle),
    data: JSON.stringify(data),
    under_way: JSON.stringify({ steps: underWay.steps, loss_sum: underWay.lossSum }),
    ...(best === undefined ? {} : { best_epoch: JSON.stringify(best.epoch) }),
  });
}

/**
 * Writes a training checkpoint to a file in Node, whole or not at all: what was there before stays until the new one is
 * on the disk. Throws `capability` elsewhere, `file` when it cannot be written.
 */
export function saveTrainingCheckpoint(path: string, state: TrainingState): Promise<void> {
  return saveFile(path, toTrainingCheckpoint(state));
}
