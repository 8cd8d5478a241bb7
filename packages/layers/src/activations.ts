/**
 * Activations by name. gelu is the exact form with erf; lecun_tanh(x) = 1.7159 tanh(0.666 x), with 0.666 as the
 * originals have it and not 2/3.
 */

import type { Tensor } from '@rheo/core';
import { gelu, lecunTanh, logistic, relu, silu, softplus, tanh } from '@rheo/core';

export type Activation = 'lecun_tanh' | 'relu' | 'tanh' | 'gelu' | 'silu' | 'softplus' | 'sigmoid' | 'linear';

/** The function of each activation. */
export const activations: { readonly [K in Activation]: (x: Tensor) => Tensor } = {
  lecun_tanh: lecunTanh,
  relu,
  tanh,
  gelu,
  silu,
  softplus,
  sigmoid: logistic,
  linear: (x) => x,
};

/** All names. */
export const activationNames: readonly Activation[] = Object.keys(activations) as Activation[];
