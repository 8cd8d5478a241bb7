/**
 * The Program that `rheo profile` runs: a forward pass over sequences, or a training step, with made-up numbers.
 *
 * A training step is forward, backward of mean(y²) through every step, and an Adam update. Numbers are bounded and regular:
 * they change neither the kernels nor their time.
 */

import type { Tensor } from '@rheo/core';
import { flattenTree, reduceMean, square, trace, unflattenTree, valueAndGrad } from '@rheo/core';
import type { Program, TensorData, TensorType } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { applySequence, build, predictProgram } from '@rheo/layers';
import { adam } from '@rheo/train';
import { needsObserved } from '../compiled-step.ts';

/** What is run. */
export interface ProfiledWork {
  readonly features: number;
  readonly batch: number;
  readonly steps: number;
  readonly train: boolean;
}

/** The Program; its first inputs are the model's parameters, in their order. Throws as `build` does. */
export function profiledProgram(model: Layer, { features, batch, steps, train }: ProfiledWork): Program {
  const built = build(model, features);
  const mask = needsObserved(built) ? 'features' : 'none';
  if (!train) return predictProgram(model, { features, batch, time: steps, dt: 'row', mask }).program;
  const { leaves, structure } = flattenTree(built.parameters);
  const types = leaves.map(({ type }) => type);
  const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
  const optimizer = adam();
  return trace(
    (
      parameters: readonly Tensor[],
      slots: readonly (readonly Tensor[])[],
      step: Tensor,
      values: Tensor,
      dt: Tensor,
      ...masks: readonly Tensor[]
    ) => {
      const [observed] = masks;
      const inputs = { values, dt, ...(observed === undefined ? {} : { mask: observed }) };
      const { value, gradient } = valueAndGrad((varied: readonly Tensor[]) =>
        reduceMean(square(applySequence(model, unflattenTree(structure, varied), inputs).outputs)),
      )(parameters);
      const roles = leaves.map(({ role }) => role);
      const updated = optimizer.update({ parameters, gradients: gradient, roles, slots, step, stepsPerEpoch: 1 });
      return [updated.parameters, updated.slots, value] as const;
    },
    [
      types,
      optimizer.slots.map(() => types),
      f32(),
      f32(batch, steps, features),
      f32(batch, steps),
      ...(mask === 'none' ? [] : [f32(batch, steps, features)]),
    ],
  ).program;
}

/** Numbers for an input that is no parameter: between 0 and 1, never 0 (a time of nothing), ones where whole numbers stand. */
export function madeUp({ dtype, shape }: TensorType): TensorData {
  const length = (shape as readonly number[]).reduce((all, size) => all * size, 1);
  if (dtype === 'i32') return new Int32Array(length).fill(1);
  if (dtype === 'u32') return new Uint32Array(length).fill(1);
  if (dtype === 'bool') return new Uint8Array(length).fill(1);
  return Float32Array.from({ length }, (_, index) => 0.5 + 0.4 * Math.sin(index));
}
