/**
 * Writes checkpoints: safetensors whose header holds all that is needed to run the model again. Parameters are named by
 * their paths; the metadata are JSON texts: the model's description, its input features, and how it was trained.
 * Equal contents give equal bytes.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { writeSafetensors } from '@rheo/data';
import type { Json, Layer } from '@rheo/layers';
import { describe } from '@rheo/layers';
import type { TrainingFacts } from './training-facts.ts';

/** Name and version of the form of checkpoints. */
export const checkpointFormat = { format: 'rheo-checkpoint', version: '1' } as const;

/** What a checkpoint is written from; a fitted model is one. */
export interface CheckpointSource {
  readonly model: Layer;
  readonly features: number;
  readonly parameters: Tree<Parameter>;
  readonly training?: TrainingFacts | undefined;
}

/**
 * The bytes of a checkpoint. `extra` is JSON of the caller's own that travels with it: names and units of features, the
 * normalisation of the data, where it came from.
 */
export function toCheckpoint(source: CheckpointSource, extra: { readonly [key: string]: Json } = {}): Uint8Array {
  const { model, features, parameters, training } = source;
  const { leaves, paths } = flattenTree(parameters);
  const tensors = new Map<string, NdArray>();
  leaves.forEach(({ type, data }, index) => {
    tensors.set(paths[index] ?? '', { dtype: 'f32', shape: type.shape as readonly number[], data });
  });
  return writeSafetensors(tensors, {
    ...checkpointFormat,
    model: JSON.stringify(describe(model)),
    features: String(features),
    ...(training === undefined ? {} : { training: JSON.stringify(training) }),
    ...(Object.keys(extra).length === 0 ? {} : { extra: JSON.stringify(extra) }),
  });
}
