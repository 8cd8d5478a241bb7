/**
 * What a loss is: the form of targets it takes, and the loss of each scored item as traced arithmetic.
 *
 * An item is a time step of a sequence, or a whole sequence when the model returns only its last output. A loss knows
 * nothing of batches, masks or weights: the mean over what counts is taken in one place, `weightedSum`.
 */

import type { Tensor } from '@rheo/core';
import { broadcast, convert, mul, ones, reduceSum } from '@rheo/core';
import { formatShape, RheoError } from '@rheo/ir';

/** Targets as the training step takes them: one entry of `itemShape` for each item. */
export interface PreparedTargets {
  readonly dtype: 'f32' | 'i32';
  readonly itemShape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Options of a loss as plain data. */
export type LossConfig = { readonly [option: string]: number | readonly number[] };

/** A loss; `name` and `config` go into checkpoints. */
export interface Loss {
  readonly name: string;
  /** Its options; absent where it has none. */
  readonly config?: LossConfig;
  /**
   * Brings targets of `width` numbers per item into the form that `each` takes, for a model of `outputs` outputs.
   * Throws `shape` or `value`. Absent: float32 as given.
   */
  prepareTargets?(targets: Float32Array | Int32Array, width: number, outputs: number): PreparedTargets;
  /** Loss of each item: outputs [..., outputs] and targets [..., ...itemShape] give [...]. */
  each(outputs: Tensor, targets: Tensor): Tensor;
}

/** Sum over the items that count, and how many they are; both f32[]. */
export interface WeightedSum {
  readonly sum: Tensor;
  readonly weight: Tensor;
}

/**
 * Adds up the losses of a batch. `each` is [batch, time] or [batch]; `mask` is bool [batch, time] and leaves out steps,
 * `weights` is f32 [batch] and weighs sequences, or [batch, time] and weighs steps. A mask is of no meaning for a loss per
 * sequence and passed by.
 */
export function weightedSum(each: Tensor, mask?: Tensor, weights?: Tensor): WeightedSum {
  let weight: Tensor | undefined = weights === undefined ? undefined : broadcast(weights, each.shape, axesOf(weights));
  if (mask !== undefined && each.shape.length === 2) {
    const counts = convert(mask, each.dtype);
    weight = weight === undefined ? counts : mul(weight, counts);
  }
  if (weight === undefined) return { sum: reduceSum(each), weight: reduceSum(ones(each.shape, each.dtype)) };
  return { sum: reduceSum(mul(each, weight)), weight: reduceSum(weight) };
}

function axesOf({ shape }: Tensor): number[] {
  return shape.map((_, axis) => axis);
}

/** Targets as given, in float32. Throws `shape` unless there is one number for each output. */
export function floatTargets(
  loss: string,
  targets: Float32Array | Int32Array,
  width: number,
  outputs: number,
): PreparedTargets {
  if (width !== outputs) {
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: `${loss} compares ${outputs} outputs with ${width} target features`,
      where: 'targets',
      shapes: [formatShape([width]), formatShape([outputs])],
      remedy: `Let the model end in linear(${width}), or give ${outputs} target features`,
    });
  }
  const data = targets instanceof Float32Array ? targets : Float32Array.from(targets);
  return { dtype: 'f32', itemShape: [width], data };
}
