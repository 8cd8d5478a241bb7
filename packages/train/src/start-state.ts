/**
 * The state of a training before its first step, from its options.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { elementCount } from '@rheo/ir';
import type { BuiltLayer, Layer } from '@rheo/layers';
import { describe, initialise, matchParameters } from '@rheo/layers';
import type { TrainNumbers, TrainOptions } from './train-options.ts';
import type { DataMark, OptimizerSlots, TrainingState } from './training-state.ts';

/** Throws `argument` or `shape` for parameters that do not fit the model. */
export function startState(
  model: Layer,
  built: BuiltLayer,
  options: TrainOptions,
  { batchSize, accumulate, seed }: TrainNumbers,
  features: number,
  truncate: number | undefined,
  data: DataMark,
): TrainingState {
  const { loss, optimizer, penalty } = options;
  const parameters =
    options.parameters === undefined
      ? initialise(model, { features, seed })
      : matchParameters(built, options.parameters);
  return {
    model: describe(model),
    features,
    parameters,
    slots: emptySlots(optimizer.slots, parameters),
    training: {
      loss: loss.name,
      ...(loss.config === undefined ? {} : { lossConfig: loss.config }),
      optimizer: { name: optimizer.name, config: optimizer.config },
      penalty: penalty === undefined ? null : { rate: penalty.rate, parts: penalty.parts },
      batchSize,
      ...(accumulate === 1 ? {} : { accumulate }),
      ...(truncate === undefined ? {} : { truncate }),
      seed,
      steps: 0,
      history: [],
    },
    shuffle: options.shuffle !== false,
    data,
    underWay: { steps: 0, lossSum: 0 },
  };
}

/** All slots start at zero. */
function emptySlots(names: readonly string[], parameters: Tree<Parameter>): OptimizerSlots {
  const { leaves, paths } = flattenTree(parameters);
  const zeros = (): [string, Float32Array][] =>
    leaves.flatMap(({ trainable, type }, index): [string, Float32Array][] =>
      trainable ? [[paths[index] ?? '', new Float32Array(elementCount(type.shape))]] : [],
    );
  return Object.fromEntries(names.map((name) => [name, Object.fromEntries(zeros())]));
}
