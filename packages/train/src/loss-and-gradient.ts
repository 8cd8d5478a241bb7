/**
 * The loss of a batch with its gradient, in one piece or added up over parts of equal size; from a state that the caller
 * gives, through which no gradient flows, or from the start of the sequences.
 */

import type { Tensor, Tree } from '@rheo/core';
import { add, deriveKey, iota, mapTree, reshape, scan, valueAndGrad, zeros } from '@rheo/core';
import type { BatchTensors, Objective } from './objective.ts';
import { join, mean, penaltyOf, runBatch } from './objective.ts';

/** What a step is taken from. */
export interface LossAndGradient {
  /** Mean over the items that count, with the penalty, f32[]. */
  readonly value: Tensor;
  /** Weight of the items that count, f32[]. */
  readonly weight: Tensor;
  /** By the trained parameters, in their order. */
  readonly gradient: readonly Tensor[];
  /** The state that the batch ended in. */
  readonly state: Tree<Tensor>;
}

/** What it is computed from. */
export interface GradientInputs {
  readonly objective: Objective;
  readonly trained: readonly Tensor[];
  readonly frozen: readonly Tensor[];
  readonly batch: BatchTensors;
  readonly stepKey: Tensor;
  /** Rows are a multiple of it. */
  readonly parts: number;
  /** The state that the sequences go on from; zeros if absent. */
  readonly state?: Tree<Tensor>;
}

/** Loss and gradient of a batch. */
export function lossAndGradient(inputs: GradientInputs): LossAndGradient {
  return inputs.parts === 1 ? inOnePiece(inputs) : inParts(inputs);
}

function inOnePiece({ objective, trained, frozen, batch, stepKey, state: start }: GradientInputs): LossAndGradient {
  const found = valueAndGrad((current: readonly Tensor[]) => {
    const all = join(objective.parameters, current, frozen);
    const { sum, weight, state } = runBatch(objective, all, batch, stepKey, start);
    return [add(mean(sum, weight), penaltyOf(objective, all)), { weight, state }] as const;
  })(trained);
  return { value: found.value, gradient: found.gradient, ...found.aux };
}

/** Part by part: sums and their gradients are added up, and divided by the weight of all at the end. */
function inParts({ objective, trained, frozen, batch, stepKey, parts, state: start }: GradientInputs): LossAndGradient {
  type Sums = { readonly sum: Tensor; readonly weight: Tensor; readonly gradient: readonly Tensor[] };
  type Part = { readonly part: Tensor; readonly batch: BatchTensors; readonly start: readonly Tree<Tensor>[] };
  const split = (tensor: Tensor): Tensor => {
    const [rows = 0, ...rest] = tensor.shape as readonly number[];
    return reshape(tensor, [parts, rows / parts, ...rest]);
  };
  const nothing: Sums = { sum: zeros([]), weight: zeros([]), gradient: trained.map(({ shape }) => zeros(shape)) };
  const [total, ends] = scan(
    ({ sum, weight, gradient }: Sums, { part, batch: own, start: [from] }: Part) => {
      const found = valueAndGrad((current: readonly Tensor[]) => {
        const all = join(objective.parameters, current, frozen);
        const { state, ...loss } = runBatch(objective, all, own, deriveKey(stepKey, part), from);
        return [loss.sum, { weight: loss.weight, state }] as const;
      })(trained);
      const added = gradient.map((one, index) => add(one, found.gradient[index] as Tensor));
      const sums = { sum: add(sum, found.value), weight: add(weight, found.aux.weight), gradient: added };
      return [sums, start === undefined ? {} : found.aux.state] as const;
    },
    nothing,
    {
      batch: mapTree(split, batch) as BatchTensors,
      start: start === undefined ? [] : [mapTree(split, start)],
      part: iota([parts], 0, 'u32'),
    },
  );
  const penalty = valueAndGrad((current: readonly Tensor[]) =>
    penaltyOf(objective, join(objective.parameters, current, frozen)),
  )(trained);
  const whole = (tensor: Tensor): Tensor => {
    const [, rows = 0, ...rest] = tensor.shape as readonly number[];
    return reshape(tensor, [parts * rows, ...rest]);
  };
  return {
    value: add(mean(total.sum, total.weight), penalty.value),
    weight: total.weight,
    gradient: total.gradient.map((one, index) => add(mean(one, total.weight), penalty.gradient[index] as Tensor)),
    state: mapTree(whole, ends),
  };
}
