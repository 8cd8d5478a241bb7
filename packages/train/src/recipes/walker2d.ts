/**
 * The paper's Walker2d configurations (Hasani et al. 2022, table 3 and the authors' training script) as plain data:
 * next-state regression with an elapsed time per step, mean squared error, 50 epochs, the last epoch counts.
 *
 * Optimiser: Adam as Keras has it, gradients clipped per tensor, the rate decaying continuously by `decay` per epoch.
 */

import type { CfcOptions, Layer } from '@rheo/layers';
import { cfc, linear, sequential } from '@rheo/layers';
import type { L2 } from '../l2.ts';
import { l2 } from '../l2.ts';
import type { Loss } from '../losses/loss.ts';
import { meanSquaredError } from '../losses/mean-squared-error.ts';
import { adam } from '../optimizers/adam.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { exponential } from '../schedules/exponential.ts';

/** One column of the paper's table. */
export interface Walker2dRecipe {
  readonly cell: CfcOptions;
  readonly learningRate: number;
  /** Factor on the learning rate per epoch. */
  readonly decay: number;
  readonly clipNorm: number;
  /** Rate of the L2 penalty. */
  readonly l2: number;
  readonly batchSize: number;
  readonly epochs: number;
}

export type Walker2dRecipeName = 'cfc' | 'mmrnn' | 'no-gate' | 'cf-s';

/** The recipes by the names of the models in the paper. */
export const walker2dRecipes: Readonly<Record<Walker2dRecipeName, Walker2dRecipe>> = {
  cfc: {
    cell: {
      units: 64,
      variant: 'official-tf',
      backboneActivation: 'silu',
      backboneUnits: 256,
      backboneLayers: 1,
      backboneDropout: 0.1,
    },
    learningRate: 0.02,
    decay: 0.95,
    clipNorm: 1,
    l2: 1e-6,
    batchSize: 256,
    epochs: 50,
  },
  mmrnn: {
    cell: {
      units: 128,
      variant: 'official-tf',
      mixedMemory: true,
      forgetBias: 2.1,
      backboneActivation: 'lecun_tanh',
      backboneUnits: 128,
      backboneLayers: 2,
      backboneDropout: 0.2,
    },
    learningRate: 0.005,
    decay: 0.95,
    clipNorm: 10,
    l2: 6e-6,
    batchSize: 128,
    epochs: 50,
  },
  'no-gate': {
    cell: {
      units: 256,
      variant: 'official-tf',
      mode: 'no_gate',
      backboneActivation: 'lecun_tanh',
      backboneUnits: 128,
      backboneLayers: 1,
      backboneDropout: 0.1,
    },
    learningRate: 0.008,
    decay: 0.95,
    clipNorm: 1,
    l2: 3e-5,
    batchSize: 128,
    epochs: 50,
  },
  'cf-s': {
    cell: {
      units: 256,
      variant: 'official-tf',
      mode: 'pure',
      backboneActivation: 'silu',
      backboneUnits: 192,
      backboneLayers: 1,
      backboneDropout: 0,
    },
    learningRate: 0.006,
    decay: 0.95,
    clipNorm: 10,
    l2: 1e-6,
    batchSize: 128,
    epochs: 50,
  },
};

/** What `train` takes of a recipe. */
export interface Walker2dSetup {
  readonly model: Layer;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly penalty: L2;
  readonly batchSize: number;
  readonly epochs: number;
}

/** A recipe as a model and options of `train`; `features` is 17 in the data set. */
export function walker2dSetup(recipe: Walker2dRecipe = walker2dRecipes.cfc, features: number = 17): Walker2dSetup {
  const { cell, learningRate, decay, clipNorm, batchSize, epochs } = recipe;
  return {
    model: sequential([cfc(cell), linear(features)]),
    loss: meanSquaredError,
    optimizer: adam({ learningRate, clipNorm, decay: exponential({ rate: decay }) }),
    penalty: l2(recipe.l2),
    batchSize,
    epochs,
  };
}
