/**
 * The families of originals, as data: where their LTCs disagree, each difference is an option of `ltc`, and a variant is
 * a set of those options. `ncps-torch` is the default.
 */

import type { LtcMapping } from './cells/ltc-cell.ts';
import type { MemoryPlacement } from './cfc-variants.ts';

export type LtcVariant = 'ncps-torch' | 'ncps-keras' | 'official-tf' | 'official-torch';

/** The options in which the originals differ. */
export type LtcVariantOptions = {
  readonly odeUnfolds: number;
  /** Added to every elapsed time. */
  readonly elapsedOffset: number;
  /** `implicit`: softplus of what is stored; `explicit`: what is stored, kept at or above 0 by the training step. */
  readonly positivity: 'implicit' | 'explicit';
  /** How reversal potentials start: as the signs of the wiring, or as random signs. */
  readonly polarity: 'wiring' | 'random';
  readonly outputMapping: LtcMapping;
  readonly memoryPlacement: MemoryPlacement;
  /** Bias of the LSTM of mixed memory: zeros, or uniform in ±0.1. */
  readonly memoryBiasInit: 'zeros' | 'uniform';
};

const torch: LtcVariantOptions = {
  odeUnfolds: 6,
  elapsedOffset: 0,
  positivity: 'implicit',
  polarity: 'wiring',
  outputMapping: 'affine',
  memoryPlacement: 'before-state',
  memoryBiasInit: 'uniform',
};

const keras: LtcVariantOptions = {
  ...torch,
  positivity: 'explicit',
  memoryPlacement: 'before-input',
  memoryBiasInit: 'zeros',
};

/** The options of each family. */
export const ltcVariants: { readonly [K in LtcVariant]: LtcVariantOptions } = {
  'ncps-torch': torch,
  'ncps-keras': keras,
  'official-tf': { ...keras, odeUnfolds: 3, elapsedOffset: 1e-3, polarity: 'random' },
  'official-torch': { ...torch, elapsedOffset: 1, positivity: 'explicit', polarity: 'random', outputMapping: 'none' },
};
