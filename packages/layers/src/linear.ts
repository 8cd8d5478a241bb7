/**
 * A linear layer: x·kernel + bias on every row. Parameters: `kernel` [in, out] and `bias` [out].
 */

import type { Tensor } from '@rheo/core';
import type { Affine, BiasInit, WeightInit } from './affine.ts';
import { affine, affineSpec, biasInits, weightInits } from './affine.ts';
import type { Layer } from './layer.ts';
import { notNegative, oneOf, positiveInteger, readOptions } from './options.ts';

/** Options of `linear` with their values. */
export type LinearConfig = {
  readonly units: number;
  readonly weightInit: WeightInit;
  readonly initGain: number;
  readonly biasInit: BiasInit;
};

/**
 * A linear layer with `units` outputs; starts in ±1/√in, kernel and bias, unless told otherwise.
 * Throws `argument` for a wrong option.
 */
export function linear(units: number | (Partial<LinearConfig> & { readonly units: number })): Layer<LinearConfig> {
  const rules = {
    units: positiveInteger,
    weightInit: oneOf(weightInits),
    initGain: notNegative,
    biasInit: oneOf(biasInits),
  };
  const defaults: Partial<LinearConfig> = { weightInit: 'fan_in', initGain: 1, biasInit: 'fan_in' };
  const config = readOptions<LinearConfig>('linear', rules, defaults, typeof units === 'number' ? { units } : units);
  return {
    kind: 'linear',
    config,
    build: (features, path = '') => ({
      form: 'pointwise',
      path,
      inputs: features,
      outputs: config.units,
      random: false,
      parameters: affineSpec(features, config.units, config),
      prepare: (parameters) => parameters,
      apply: (weights, x) => affine(x, weights as Affine<Tensor>),
    }),
  };
}
