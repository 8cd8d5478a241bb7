/**
 * Where a training stands, as plain data: all that decides how it goes on, and all that must be the same for it to go on
 * as if it had never stopped. It belongs to no backend, and nothing writes into it.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
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

/** The parameters of the best epoch so far. */
export interface BestParameters {
  readonly epoch: number;
  readonly parameters: Tree<Parameter>;
}

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
  /** Present with `keep: 'best'`, from the end of the first epoch on. */
  readonly best?: BestParameters | undefined;
}

/** Values that a training keeps on the device, each list in the order of the parameters. */
export interface StateValues {
  readonly trained: readonly Parameter[];
  /** Slot by slot, as parameters of the trained ones' types. */
  readonly slots: readonly Parameter[];
  readonly frozen: readonly Parameter[];
}

/** The values of a state, its slots in the order of `names`. */
export function stateValues({ parameters, slots }: TrainingState, names: readonly string[]): StateValues {
  const { leaves, paths } = flattenTree(parameters);
  const slotOf = (slot: string, leaf: Parameter, path: string): Parameter => {
    const data = slots[slot]?.[path];
    if (data === undefined) throw new Error(`a state without slot ${slot} of ${path} was taken for good`);
    return { ...leaf, data };
  };
  return {
    trained: leaves.filter(({ trainable }) => trainable),
    slots: names.flatMap((slot) =>
      leaves.flatMap((leaf, index) => (leaf.trainable ? [slotOf(slot, leaf, paths[index] ?? '')] : [])),
    ),
    frozen: leaves.filter(({ trainable }) => !trainable),
  };
}
