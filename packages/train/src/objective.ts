/**
 * What is trained and by what measure, as traced arithmetic: the loss of a batch, the penalty, their mean.
 *
 * Parameters are flat lists in the order of `flattenTree(parameters)`: all of the model in its order, or first those that
 * are trained, then the frozen.
 */

import type { ParameterConstraint, ParameterRole, Tensor, Tree, TreeStructure } from '@rheo/core';
import { div, gt, select, unflattenTree, zeros } from '@rheo/core';
import type { TensorType } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { applySequence } from '@rheo/layers';
import type { BatchOf } from './batch-buffers.ts';
import type { L2, Penalised } from './l2.ts';
import { l2Penalty } from './l2.ts';
import type { Loss, WeightedSum } from './losses/loss.ts';
import { weightedSum } from './losses/loss.ts';

/** What is trained, and by what measure. */
export interface Objective {
  readonly model: Layer;
  readonly loss: Loss;
  readonly penalty: L2 | undefined;
  readonly parameters: ParameterList;
}

/** The parameters of a model without their values. */
export interface ParameterList {
  readonly structure: TreeStructure;
  readonly about: readonly (Penalised & {
    readonly role: ParameterRole;
    readonly type: TensorType;
    readonly constraint?: ParameterConstraint | undefined;
  })[];
}

export type BatchTypes = BatchOf<TensorType> & { readonly [key: string]: TensorType };
export type BatchTensors = BatchOf<Tensor> & { readonly [key: string]: Tensor };

/** What a batch gives: the sum of its losses and the weight of its items, the outputs, and the state it ended in. */
export interface BatchResult extends WeightedSum {
  readonly outputs: Tensor;
  readonly state: Tree<Tensor>;
}

/** Types of the trained and of the frozen parameters, in order. */
export function splitTypes({ about }: ParameterList): { trained: TensorType[]; frozen: TensorType[] } {
  const types = (trainable: boolean): TensorType[] =>
    about.filter((parameter) => parameter.trainable === trainable).map(({ type }) => type);
  return { trained: types(true), frozen: types(false) };
}

/** All parameters in the order of the model. */
export function join<T>({ about }: ParameterList, trained: readonly T[], frozen: readonly T[]): T[] {
  let nextTrained = 0;
  let nextFrozen = 0;
  return about.map(({ trainable }) => (trainable ? trained[nextTrained++] : frozen[nextFrozen++]) as T);
}

/** Runs a batch from `state`, zeros if absent; with a key as in training, with dropout. */
export function runBatch(
  { model, loss, parameters }: Objective,
  all: readonly Tensor[],
  { values, dt, targets, mask, weights }: BatchTensors,
  stepKey: Tensor | undefined,
  state?: Tree<Tensor>,
): BatchResult {
  const found = applySequence(
    model,
    unflattenTree(parameters.structure, all),
    { values, dt, mask, state },
    stepKey === undefined ? { training: false } : { training: true, key: stepKey },
  );
  const sums = weightedSum(loss.each(found.outputs, targets), mask, weights);
  return { ...sums, outputs: found.outputs, state: found.state };
}

/** The penalty of all parameters, f32[]; 0 without one. */
export function penaltyOf({ penalty, parameters }: Objective, all: readonly Tensor[]): Tensor {
  return penalty === undefined ? zeros([]) : l2Penalty(penalty, all, parameters.about);
}

/** A batch in which nothing counts has mean 0 and no gradient. */
export function mean(sum: Tensor, weight: Tensor): Tensor {
  return div(sum, select(gt(weight, 0), weight, 1));
}
