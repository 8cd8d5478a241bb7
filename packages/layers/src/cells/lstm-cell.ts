/**
 * The LSTM step that mixed memory puts beside a cell, and that is a layer of its own.
 *
 *   z = u·W_in + b + h·W_rec, in four blocks: candidate, input gate, forget gate, output gate (not the order of
 *   torch.nn.LSTM or of Keras' LSTM)
 *   c' = c ⊙ σ(forget + forgetBias) + tanh(candidate) ⊙ σ(input)
 *   h' = tanh(c') ⊙ σ(output)
 *
 * No peepholes. The recurrent kernel starts orthogonal and has no bias.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, logistic, mul, slice, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine } from '../affine.ts';
import type { Initialiser, ParameterSpec } from '../parameter.ts';
import { parameter, xavier } from '../parameter.ts';

/** `input` maps the input, `recurrent` the state, both to 4·units columns. */
export type LstmParameters<T> = { readonly input: Affine<T>; readonly recurrent: { readonly kernel: T } };

/** The parameters of an LSTM step. */
export function lstmSpec(inputs: number, units: number, bias: Initialiser): LstmParameters<ParameterSpec> {
  return {
    input: {
      kernel: parameter([inputs, 4 * units], 'kernel', xavier(inputs, 4 * units)),
      bias: parameter([4 * units], 'bias', bias),
    },
    recurrent: { kernel: parameter([units, 4 * units], 'recurrent', { kind: 'orthogonal' }) },
  };
}

/** Both kernels as one: the step is a single product with [u, h]. */
export function prepareLstm({ input, recurrent }: LstmParameters<Tensor>): Affine<Tensor> {
  return { kernel: concat([input.kernel, recurrent.kernel], 0), bias: input.bias };
}

/** One step on u [batch, inputs], h and c [batch, units]. */
export function lstmStep(
  weights: Affine<Tensor>,
  u: Tensor,
  h: Tensor,
  c: Tensor,
  forgetBias: number,
): { readonly h: Tensor; readonly c: Tensor } {
  const z = affine(concat([u, h], 1), weights);
  const units = Number(weights.bias.shape[0]) / 4;
  const block = (index: number): Tensor => slice(z, { axis: 1, start: index * units, limit: (index + 1) * units });
  const candidate = tanh(block(0));
  const inputGate = logistic(block(1));
  const forgetGate = logistic(forgetBias === 0 ? block(2) : add(block(2), forgetBias));
  const outputGate = logistic(block(3));
  const next = add(mul(c, forgetGate), mul(candidate, inputGate));
  return { h: mul(tanh(next), outputGate), c: next };
}
