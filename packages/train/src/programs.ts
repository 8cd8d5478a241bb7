/**
 * The Programs of training: one step (forward, backward, penalty, optimiser) and one batch of evaluation.
 *
 * Parameters are flat lists in the order of `flattenTree(parameters)`: first all that are trained, then the frozen.
 * A step takes trained parameters, optimiser slots, frozen parameters, the batch, the key u32[2] of the run and the
 * index u32[] of the step; it gives new parameters, within their constraints, new slots and the loss. Dropout keys are
 * derived from key and step.
 */

import type { ParameterConstraint, ParameterRole, Tensor, Tree, TreeStructure } from '@rheo/core';
import {
  add,
  convert,
  deriveKey,
  div,
  gt,
  iota,
  relu,
  reshape,
  scan,
  select,
  trace,
  unflattenTree,
  valueAndGrad,
  zeros,
} from '@rheo/core';
import type { Program, TensorType } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { applySequence } from '@rheo/layers';
import type { BatchOf } from './batch-buffers.ts';
import type { L2, Penalised } from './l2.ts';
import { l2Penalty } from './l2.ts';
import type { Loss, WeightedSum } from './losses/loss.ts';
import { weightedSum } from './losses/loss.ts';
import type { Optimizer } from './optimizers/optimizer.ts';

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

type BatchTypes = BatchOf<TensorType> & { readonly [key: string]: TensorType };
type BatchTensors = BatchOf<Tensor> & { readonly [key: string]: Tensor };

const key: TensorType = { dtype: 'u32', shape: [2] };
const index: TensorType = { dtype: 'u32', shape: [] };

/** Types of the trained and of the frozen parameters, in order. */
export function splitTypes({ about }: ParameterList): { trained: TensorType[]; frozen: TensorType[] } {
  const types = (trainable: boolean): TensorType[] =>
    about.filter((parameter) => parameter.trainable === trainable).map(({ type }) => type);
  return { trained: types(true), frozen: types(false) };
}

/**
 * One training step; results: trained parameters, slots (slot by slot), loss f32[] with the penalty. The batch is worked
 * through in `parts` of equal size.
 */
export function stepProgram(
  objective: Objective,
  optimizer: Optimizer,
  batch: BatchTypes,
  stepsPerEpoch: number,
  parts: number = 1,
): Program {
  const { trained, frozen } = splitTypes(objective.parameters);
  const varied = objective.parameters.about.filter(({ trainable }) => trainable);
  const roles = varied.map(({ role }) => role);
  const { program } = trace(
    (
      parameters: readonly Tensor[],
      slots: readonly (readonly Tensor[])[],
      fixed: readonly Tensor[],
      inputs: BatchTensors,
      runKey: Tensor,
      step: Tensor,
    ) => {
      const stepKey = deriveKey(runKey, step);
      const { value, gradient } =
        parts === 1
          ? lossAndGradient(objective, parameters, fixed, inputs, stepKey)
          : lossAndGradientInParts(objective, parameters, fixed, inputs, stepKey, parts);
      const updated = optimizer.update({
        parameters,
        gradients: gradient,
        roles,
        slots,
        step: convert(step, 'f32'),
        stepsPerEpoch,
      });
      const kept = updated.parameters.map((parameter, at) =>
        varied[at]?.constraint === 'nonnegative' ? relu(parameter) : parameter,
      );
      return [kept, updated.slots, value] as Tree<Tensor>;
    },
    [trained, optimizer.slots.map(() => trained), frozen, batch, key, index],
    ['parameter', 'slot', 'frozen', 'batch', 'key', 'step'],
  );
  return program;
}

/** Evaluation of one batch without dropout; results: sum of losses, weight of the items, penalty, each f32[]. */
export function evaluationProgram(objective: Objective, batch: BatchTypes): Program {
  const { trained, frozen } = splitTypes(objective.parameters);
  const { program } = trace(
    (parameters: readonly Tensor[], fixed: readonly Tensor[], inputs: BatchTensors) => {
      const all = join(objective.parameters, parameters, fixed);
      const { sum, weight } = batchLoss(objective, all, inputs, undefined);
      return [sum, weight, penaltyOf(objective, all)];
    },
    [trained, frozen, batch],
    ['parameter', 'frozen', 'batch'],
  );
  return program;
}

interface LossAndGradient {
  readonly value: Tensor;
  readonly gradient: readonly Tensor[];
}

function lossAndGradient(
  objective: Objective,
  parameters: readonly Tensor[],
  fixed: readonly Tensor[],
  inputs: BatchTensors,
  stepKey: Tensor,
): LossAndGradient {
  return valueAndGrad((current: readonly Tensor[]) => {
    const all = join(objective.parameters, current, fixed);
    const { sum, weight } = batchLoss(objective, all, inputs, stepKey);
    return add(mean(sum, weight), penaltyOf(objective, all));
  })(parameters);
}

/** The same, part by part: sums and their gradients are added up, and divided by the weight of all at the end. */
function lossAndGradientInParts(
  objective: Objective,
  parameters: readonly Tensor[],
  fixed: readonly Tensor[],
  inputs: BatchTensors,
  stepKey: Tensor,
  parts: number,
): LossAndGradient {
  type Sums = { readonly sum: Tensor; readonly weight: Tensor; readonly gradient: readonly Tensor[] };
  const split = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => {
      const [rows = 0, ...rest] = tensor.shape as readonly number[];
      return [name, reshape(tensor, [parts, rows / parts, ...rest])];
    }),
  ) as BatchTensors;
  const start: Sums = { sum: zeros([]), weight: zeros([]), gradient: parameters.map(({ shape }) => zeros(shape)) };
  const [total] = scan(
    ({ sum, weight, gradient }: Sums, { part, ...batch }: BatchTensors & { readonly part: Tensor }) => {
      const found = valueAndGrad((current: readonly Tensor[]) => {
        const all = join(objective.parameters, current, fixed);
        const loss = batchLoss(objective, all, batch, deriveKey(stepKey, part));
        return [loss.sum, loss.weight] as const;
      })(parameters);
      const added = gradient.map((one, index) => add(one, found.gradient[index] as Tensor));
      return [{ sum: add(sum, found.value), weight: add(weight, found.aux), gradient: added }, []] as const;
    },
    start,
    { ...split, part: iota([parts], 0, 'u32') },
  );
  const penalty = valueAndGrad((current: readonly Tensor[]) =>
    penaltyOf(objective, join(objective.parameters, current, fixed)),
  )(parameters);
  return {
    value: add(mean(total.sum, total.weight), penalty.value),
    gradient: total.gradient.map((one, index) => add(mean(one, total.weight), penalty.gradient[index] as Tensor)),
  };
}

function batchLoss(
  { model, loss, parameters }: Objective,
  all: readonly Tensor[],
  { values, dt, targets, mask, weights }: BatchTensors,
  stepKey: Tensor | undefined,
): WeightedSum {
  const { outputs } = applySequence(
    model,
    unflattenTree(parameters.structure, all),
    { values, dt, mask },
    stepKey === undefined ? { training: false } : { training: true, key: stepKey },
  );
  return weightedSum(loss.each(outputs, targets), mask, weights);
}

function penaltyOf({ penalty, parameters }: Objective, all: readonly Tensor[]): Tensor {
  return penalty === undefined ? zeros([]) : l2Penalty(penalty, all, parameters.about);
}

/** A batch in which nothing counts has mean 0 and no gradient. */
function mean(sum: Tensor, weight: Tensor): Tensor {
  return div(sum, select(gt(weight, 0), weight, 1));
}

/** All parameters in the order of the model. */
export function join<T>({ about }: ParameterList, trained: readonly T[], frozen: readonly T[]): T[] {
  let nextTrained = 0;
  let nextFrozen = 0;
  return about.map(({ trainable }) => (trainable ? trained[nextTrained++] : frozen[nextFrozen++]) as T);
}
