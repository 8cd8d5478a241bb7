/**
 * Where a training stands, as plain data: all that decides how it goes on, and all that must be the same for it to go on
 * as if it had never stopped. It belongs to no backend, and nothing writes into it.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { allocate, elementCount } from '@rheo/ir';
import type { Json } from '@rheo/layers';
import type { TrainingFacts } from './training-facts.ts';

/** The data of a training, by which they are known again. */
export interface DataMark {
  /** Sequences. */
  readonly count: number;
  /** 128-bit hash of inputs and targets, 32 hexadecimal digits; no signature. */
  readonly fingerprint: string;
}

/** The epoch in which a training was stopped. */
export interface EpochUnderWay {
  /** Steps done in it; 0 at the end of an epoch. */
  readonly steps: number;
  /** Sum of the losses of its sequences so far. */
  readonly lossSum: number;
}

/** State beside the parameters: name of the slot, path of the trained parameter, values of its shape. */
export type OptimizerSlots = { readonly [slot: string]: { readonly [path: string]: Float32Array } };

/** A training between two steps. `training.history` has the epochs done, `training.steps` all steps. */
export interface TrainingState {
  /** Description of the model. */
  readonly model: Json;
  readonly features: number;
  /** Trained and frozen. */
  readonly parameters: Tree<Parameter>;
  readonly slots: OptimizerSlots;
  readonly training: TrainingFacts;
  readonly shuffle: boolean;
  readonly data: DataMark;
  readonly underWay: EpochUnderWay;
}

/** Slots before the first step, all zero. */
export function emptySlots(names: readonly string[], parameters: Tree<Parameter>): OptimizerSlots {
  const { leaves, paths } = flattenTree(parameters);
  const zeros = (): [string, Float32Array][] =>
    leaves.flatMap(({ trainable, type }, index): [string, Float32Array][] =>
      trainable ? [[paths[index] ?? '', allocate('f32', elementCount(type.shape)) as Float32Array]] : [],
    );
  return Object.fromEntries(names.map((name) => [name, Object.fromEntries(zeros())]));
}
