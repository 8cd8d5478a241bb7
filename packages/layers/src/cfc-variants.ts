/**
 * The five families of originals, as data: where they disagree, each difference is an option of `cfc`, and a variant is
 * a set of those options. `ncps-torch` is the default.
 *
 * What is not here is equal in all of them, or a bug that nobody's weights depend on. Whether an LSTM stands in front
 * of the cell is the option `mixedMemory`; a variant only says where it stands.
 */

import type { BiasInit, WeightInit } from './affine.ts';

export type CfcVariant = 'ncps-torch' | 'ncps-keras' | 'official-tf' | 'official-torch';

/** Where the LSTM of mixed memory stands: it gives the cell its state, or its input. */
export type MemoryPlacement = 'before-state' | 'before-input';

/** The options in which the originals differ. */
export type CfcVariantOptions = {
  readonly headActivation: 'tanh' | 'lecun_tanh' | 'linear';
  readonly gateSign: '+' | '-';
  readonly dropoutPlacement: 'after_every' | 'after_first';
  readonly memoryPlacement: MemoryPlacement;
  /** Elapsed time of a cell with mixed memory where none is given; without memory it is 1 everywhere. */
  readonly memoryElapsed: number;
  readonly weightInit: WeightInit;
  readonly biasInit: BiasInit;
  readonly timeConstantInit: 'ones_zeros' | 'xavier';
  /** Bias of the LSTM: zeros, or uniform in ±0.1. */
  readonly memoryBiasInit: 'zeros' | 'uniform';
};

const torch: CfcVariantOptions = {
  headActivation: 'tanh',
  gateSign: '+',
  dropoutPlacement: 'after_first',
  memoryPlacement: 'before-state',
  memoryElapsed: 1,
  weightInit: 'xavier',
  biasInit: 'fan_in',
  timeConstantInit: 'xavier',
  memoryBiasInit: 'uniform',
};

const keras: CfcVariantOptions = {
  headActivation: 'linear',
  gateSign: '-',
  dropoutPlacement: 'after_every',
  memoryPlacement: 'before-input',
  memoryElapsed: 1,
  weightInit: 'xavier',
  biasInit: 'zeros',
  timeConstantInit: 'ones_zeros',
  memoryBiasInit: 'zeros',
};

/** The options of each family. */
export const cfcVariants: { readonly [K in CfcVariant]: CfcVariantOptions } = {
  'ncps-torch': torch,
  'ncps-keras': keras,
  'official-tf': { ...keras, headActivation: 'lecun_tanh', memoryElapsed: 0 },
  // With the hyperparameter `init` the authors use Xavier for every matrix: weightInit and timeConstantInit "xavier", initGain.
  'official-torch': { ...torch, weightInit: 'fan_in', timeConstantInit: 'ones_zeros' },
};
