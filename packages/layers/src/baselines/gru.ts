/**
 * The gated recurrent unit (Cho et al., EMNLP 2014; gates as in torch.nn.GRU and Keras' GRU):
 *   r = σ(W_r [x, h] + b_r)     z = σ(W_z [x, h] + b_z)                                        eq. 5, 6
 *   n = tanh(x W + b + r ⊙ (h U + c)),   or with resetAfter: false   n = tanh(x W + b + (r ⊙ h) U)      eq. 8
 *   h' = (1 − z) ⊙ n + z ⊙ h                                                                   eq. 7
 * It takes no elapsed time. State: `{ h }`; the output is h.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, logistic, matmul, mul, slice, sub, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { flag } from '../options.ts';
import type { ParameterSpec } from '../parameter.ts';
import { parameter, startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import { standardInit } from './multilayer.ts';

/** Options of `gru` with their values. */
export type GruConfig = RecurrentConfig & {
  /** The reset gate acts after the product with the recurrent kernel, or before it. */
  readonly resetAfter: boolean;
};

/** Gates read [x, h]; the candidate has a kernel for each. */
export type GruParameters<T> = {
  readonly reset: Affine<T>;
  readonly update: Affine<T>;
  readonly candidate: { readonly input: Affine<T>; readonly recurrent: { readonly kernel: T; readonly bias?: T } };
};

/** Both gates as one product. */
export type PreparedGru = {
  readonly gates: Affine<Tensor>;
  readonly candidate: GruParameters<Tensor>['candidate'];
};

/** A GRU layer; resetAfter is true unless given. Throws `argument` for a wrong option. */
export function gru(options: OptionsOf<GruConfig>): Layer<GruConfig> {
  const defaults = { resetAfter: true };
  return baselineLayer<GruConfig>(
    'gru',
    { resetAfter: flag },
    defaults,
    options,
    ({ units, resetAfter }, features) => ({
      parameters: gruSpec(features, units, resetAfter),
      state: { h: units },
      timed: false,
      prepare: prepareGru,
      step: (weights: PreparedGru, { h }, x) => {
        const next = gruStep(weights, x, h as Tensor);
        return [{ h: next }, next];
      },
    }),
  );
}

/** Parameters of a unit on `inputs` features. */
export function gruSpec(inputs: number, units: number, resetAfter: boolean): GruParameters<ParameterSpec> {
  const gate = affineSpec(inputs + units, units, standardInit);
  const kernel = parameter([units, units], 'recurrent', { kind: 'orthogonal' });
  const recurrent = resetAfter ? { kernel, bias: parameter([units], 'bias', startAt(0)) } : { kernel };
  return { reset: gate, update: gate, candidate: { input: affineSpec(inputs, units, standardInit), recurrent } };
}

/** Merges the gates. */
export function prepareGru({ reset, update, candidate }: GruParameters<Tensor>): PreparedGru {
  const gates = {
    kernel: concat([reset.kernel, update.kernel], 1),
    bias: concat([reset.bias, update.bias], 0),
  };
  return { gates, candidate };
}

/** One step on x [batch, inputs] and h [batch, units]. */
export function gruStep({ gates, candidate }: PreparedGru, x: Tensor, h: Tensor): Tensor {
  const units = Number(h.shape[1]);
  const open = logistic(affine(concat([x, h], 1), gates));
  const r = slice(open, { axis: 1, start: 0, limit: units });
  const z = slice(open, { axis: 1, start: units, limit: 2 * units });
  const { kernel, bias } = candidate.recurrent;
  const own = bias === undefined ? matmul(mul(r, h), kernel) : mul(r, add(matmul(h, kernel), bias));
  const n = tanh(add(affine(x, candidate.input), own));
  return add(mul(sub(1, z), n), mul(z, h));
}
