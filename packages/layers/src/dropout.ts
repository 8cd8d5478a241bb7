/**
 * Dropout as a layer: in training it sets elements to zero with probability `rate`, drawn anew for each step and row,
 * and scales the rest by 1/(1 − rate); otherwise it does nothing.
 */

import type { Tensor } from '@rheo/core';
import { dropoutKeys } from './dropout-keys.ts';
import { dropoutMask } from './dropout-mask.ts';
import type { Layer } from './layer.ts';
import { rate as rateRule, readOptions } from './options.ts';

/** Options of `dropout`. */
export type DropoutConfig = { readonly rate: number };

/** A dropout layer. Throws `argument` unless 0 ≤ rate < 1. */
export function dropout(rate: number): Layer<DropoutConfig> {
  const config = readOptions<DropoutConfig>('dropout', { rate: rateRule }, {}, { rate });
  return {
    kind: 'dropout',
    config,
    build: (features, path = '') => ({
      form: 'pointwise',
      path,
      inputs: features,
      outputs: features,
      random: config.rate > 0,
      parameters: {},
      prepare: (_parameters, context) => dropoutKeys(config.rate > 0 ? [0] : [], path, context),
      apply: (prepared, x, { index }) => {
        const [key] = prepared as readonly Tensor[];
        return key === undefined ? x : dropoutMask(x, config.rate, key, index);
      },
    }),
  };
}
