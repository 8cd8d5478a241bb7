/**
 * The plain recurrent network (Elman, Cognitive Science 1990):
 *   h' = φ(x W + h U + b),   φ = tanh unless told otherwise.
 * It takes no elapsed time. State: `{ h }`; the output is h. Parameters: `input/kernel`, `input/bias`, `recurrent/kernel`.
 */

import type { Tensor } from '@rheo/core';
import { concat } from '@rheo/core';
import type { Activation } from '../activations.ts';
import { activationNames, activations } from '../activations.ts';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { oneOf } from '../options.ts';
import type { ParameterSpec } from '../parameter.ts';
import { parameter } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import { standardInit } from './multilayer.ts';

/** Options of `rnn` with their values. */
export type RnnConfig = RecurrentConfig & { readonly activation: Activation };

/** Parameters of x W + h U + b with `outputs` columns. */
export type JoinedParameters<T> = { readonly input: Affine<T>; readonly recurrent: { readonly kernel: T } };

/** A plain recurrent layer. Throws `argument` for a wrong option. */
export function rnn(options: OptionsOf<RnnConfig>): Layer<RnnConfig> {
  const rules = { activation: oneOf(activationNames) };
  return baselineLayer<RnnConfig>('rnn', rules, { activation: 'tanh' }, options, ({ units, activation }, features) => ({
    parameters: joinedSpec(features, units, units),
    state: { h: units },
    timed: false,
    prepare: joined,
    step: (weights: Affine<Tensor>, { h }, x) => {
      const next = activations[activation](affine(concat([x, h as Tensor], 1), weights));
      return [{ h: next }, next];
    },
  }));
}

/** Kernels of an input and of a state; the latter starts orthogonal. */
export function joinedSpec(inputs: number, units: number, outputs: number): JoinedParameters<ParameterSpec> {
  return {
    input: affineSpec(inputs, outputs, standardInit),
    recurrent: { kernel: parameter([units, outputs], 'recurrent', { kind: 'orthogonal' }) },
  };
}

/** Both kernels as one, for [x, h]. */
export function joined({ input, recurrent }: JoinedParameters<Tensor>): Affine<Tensor> {
  return { kernel: concat([input.kernel, recurrent.kernel], 0), bias: input.bias };
}
