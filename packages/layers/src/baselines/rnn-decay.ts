/**
 * The RNN whose state fades between observations (RNN-Decay). Two forms:
 *   exponential   h' = tanh(x W + b + (h ⊙ e^(−τ d)) U),  τ = softplus(tau)      Rubanova et al., NeurIPS 2019, section 2
 *   linear        h' = W₂ tanh(W₁ [x, h] + b₁) + b₂ − τ ⊙ d,  τ from 0.1        the published code of Lechner & Hasani (2020)
 * with the elapsed time d. Exponential is the default: in the linear form the state drifts without bound with d.
 * State: `{ h }`; the output is h. Parameters: `input/…`, `recurrent/kernel`, `tau`, and in the linear form `output/…`.
 */

import type { Tensor } from '@rheo/core';
import { concat, exp, mul, neg, softplus, sub, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { oneOf } from '../options.ts';
import { parameter, startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import { standardInit } from './multilayer.ts';
import type { JoinedParameters } from './rnn.ts';
import { joined, joinedSpec } from './rnn.ts';

/** Options of `rnnDecay` with their values. */
export type RnnDecayConfig = RecurrentConfig & { readonly decay: 'exponential' | 'linear' };

type Parameters = JoinedParameters<Tensor> & { readonly tau: Tensor; readonly output?: Affine<Tensor> };
type Prepared = { readonly joint: Affine<Tensor>; readonly tau: Tensor; readonly output?: Affine<Tensor> };

/** An RNN-Decay layer. Throws `argument` for a wrong option. */
export function rnnDecay(options: OptionsOf<RnnDecayConfig>): Layer<RnnDecayConfig> {
  const rules = { decay: oneOf(['exponential', 'linear']) };
  const defaults = { decay: 'exponential' } as const;
  return baselineLayer<RnnDecayConfig>('rnn-decay', rules, defaults, options, ({ units, decay }, features) => ({
    parameters: {
      ...joinedSpec(features, units, units),
      tau: parameter([units], 'time', startAt(decay === 'linear' ? 0.1 : 0)),
      ...(decay === 'linear' ? { output: affineSpec(units, units, standardInit) } : {}),
    },
    state: { h: units },
    timed: true,
    prepare: ({ tau, output, ...kernels }: Parameters): Prepared =>
      output === undefined ? { joint: joined(kernels), tau: softplus(tau) } : { joint: joined(kernels), tau, output },
    step: ({ joint, tau, output }: Prepared, { h }, x, elapsed) => {
      const before = h as Tensor;
      const faded = output === undefined ? mul(before, exp(neg(mul(tau, elapsed)))) : before;
      const inner = tanh(affine(concat([x, faded], 1), joint));
      const next = output === undefined ? inner : sub(affine(inner, output), mul(tau, elapsed));
      return [{ h: next }, next];
    },
  }));
}
