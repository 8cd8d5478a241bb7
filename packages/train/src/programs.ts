/**
 * The Programs of training: one step (forward, backward, penalty, optimiser) and one batch of evaluation.
 *
 * A step takes trained parameters, optimiser slots, frozen parameters, the batch, the key u32[2] of the run, the index
 * u32[] of the step and, where a schedule decides between epochs, what it decided f32[]; it gives new parameters, within
 * their constraints, new slots and the loss. Dropout keys are derived from key and step.
 */

import type { Tensor, Tree } from '@rheo/core';
import { convert, deriveKey, relu, trace } from '@rheo/core';
import type { Program, TensorType } from '@rheo/ir';
import { lossAndGradient } from './loss-and-gradient.ts';
import type { BatchTensors, BatchTypes, Objective } from './objective.ts';
import { join, penaltyOf, runBatch, splitTypes } from './objective.ts';
import type { Optimizer, OptimizerOutput } from './optimizers/optimizer.ts';
import { truncatedStep } from './truncated-step.ts';

const key: TensorType = { dtype: 'u32', shape: [2] };
const index: TensorType = { dtype: 'u32', shape: [] };
const factor: TensorType = { dtype: 'f32', shape: [] };

/** How a batch is worked through. */
export interface StepForm {
  /** Full batches in an epoch. */
  readonly stepsPerEpoch: number;
  /** Parts of equal size, one after another; 1 unless given. */
  readonly parts?: number;
  /** Steps of a sequence for each update, which divide its length; all unless given. */
  readonly chunk?: number | undefined;
}

/** One training step; results: trained parameters, slots (slot by slot), loss f32[] with the penalty. */
export function stepProgram(
  objective: Objective,
  optimizer: Optimizer,
  types: BatchTypes,
  { stepsPerEpoch, parts = 1, chunk }: StepForm,
): Program {
  const { trained, frozen } = splitTypes(objective.parameters);
  const varied = objective.parameters.about.filter(({ trainable }) => trainable);
  const roles = varied.map(({ role }) => role);
  const update = (input: Omit<Parameters<Optimizer['update']>[0], 'roles'>): OptimizerOutput => {
    const { parameters, slots } = optimizer.update({ ...input, roles });
    const kept = parameters.map((parameter, at) =>
      varied[at]?.constraint === 'nonnegative' ? relu(parameter) : parameter,
    );
    return { parameters: kept, slots };
  };
  const { program } = trace(
    (
      parameters: readonly Tensor[],
      slots: readonly (readonly Tensor[])[],
      fixed: readonly Tensor[],
      batch: BatchTensors,
      runKey: Tensor,
      step: Tensor,
      [decided]: readonly Tensor[],
    ) => {
      const stepKey = deriveKey(runKey, step);
      const given = { objective, frozen: fixed, batch, stepKey, parts };
      if (chunk !== undefined) {
        const found = truncatedStep({ ...given, chunk, parameters, slots, step, stepsPerEpoch, decided, update });
        return [found.parameters, found.slots, found.value] as Tree<Tensor>;
      }
      const { value, gradient } = lossAndGradient({ ...given, trained: parameters });
      const progress = { step: convert(step, 'f32'), stepsPerEpoch, decided };
      const next = update({ parameters, gradients: gradient, slots, ...progress });
      return [next.parameters, next.slots, value] as Tree<Tensor>;
    },
    [
      trained,
      optimizer.slots.map(() => trained),
      frozen,
      types,
      key,
      index,
      optimizer.schedule?.decision === undefined ? [] : [factor],
    ],
    ['parameter', 'slot', 'frozen', 'batch', 'key', 'step', 'decided'],
  );
  return program;
}

/**
 * Evaluation of one batch without dropout; results: sum of losses, weight of the items, penalty, each f32[], and the
 * outputs where they are asked for.
 */
export function evaluationProgram(objective: Objective, types: BatchTypes, withOutputs: boolean = false): Program {
  const { trained, frozen } = splitTypes(objective.parameters);
  const { program } = trace(
    (parameters: readonly Tensor[], fixed: readonly Tensor[], batch: BatchTensors) => {
      const all = join(objective.parameters, parameters, fixed);
      const { sum, weight, outputs } = runBatch(objective, all, batch, undefined);
      return [sum, weight, penaltyOf(objective, all), ...(withOutputs ? [outputs] : [])];
    },
    [trained, frozen, types],
    ['parameter', 'frozen', 'batch'],
  );
  return program;
}
