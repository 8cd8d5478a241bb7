/**
 * The continuous-time recurrent network (Funahashi & Nakamura, Neural Networks 1993), as Lechner & Hasani (2020) use it:
 *   dh/dt = s ⊙ tanh(x W + h U + b) − decay · h,    x held over the elapsed time
 * with a trained scale s per unit and a fixed decay (1; 0 gives what their table calls ODE-RNN). Defaults are theirs: RK4,
 * three steps in each elapsed time. State: `{ h }`; the output is h.
 * Parameters: `input/kernel`, `input/bias`, `recurrent/kernel`, `scale`.
 */

import type { Tensor } from '@rheo/core';
import { add, full, matmul, mul, tanh } from '@rheo/core';
import { affine } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { notNegative } from '../options.ts';
import type { ParameterSpec } from '../parameter.ts';
import { parameter, startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import type { Flow, OdeConfig, SolverName } from './evolve.ts';
import { adaptiveDefaults, evolve, odeRules, solverState } from './evolve.ts';
import type { JoinedParameters } from './rnn.ts';
import { joinedSpec } from './rnn.ts';

/** Options of `ctRnn` with their values. */
export type CtRnnConfig = RecurrentConfig & OdeConfig<SolverName | 'semi-implicit'> & { readonly decay: number };

/** Parameters of the equation. */
export type CtRnnParameters<T> = JoinedParameters<T> & { readonly scale: T };

/** A CT-RNN layer. Throws `argument` for a wrong option. */
export function ctRnn(options: OptionsOf<CtRnnConfig>): Layer<CtRnnConfig> {
  const rules = { ...odeRules(true), decay: notNegative };
  const defaults = { solver: 'rk4', unfolds: 3, ...adaptiveDefaults, decay: 1 } as const;
  return baselineLayer<CtRnnConfig>('ct-rnn', rules, defaults, options, (config, features) => ({
    parameters: ctRnnSpec(features, config.units),
    state: { h: config.units, ...solverState(config) },
    timed: true,
    step: (weights: CtRnnParameters<Tensor>, { h, unfinished }, x, elapsed) => {
      const { y, solver } = evolve(config, ctRnnFlow(weights, x, config.decay), h as Tensor, elapsed, unfinished);
      return [{ h: y, ...solver }, y];
    },
  }));
}

/** Parameters for `inputs` features. */
export function ctRnnSpec(inputs: number, units: number): CtRnnParameters<ParameterSpec> {
  return { ...joinedSpec(inputs, units, units), scale: parameter([units], 'scale', startAt(1)) };
}

/** The equation with x [batch, inputs] held. */
export function ctRnnFlow({ input, recurrent, scale }: CtRnnParameters<Tensor>, x: Tensor, decay: number): Flow {
  const held = affine(x, input);
  return {
    decay: (h) => ({
      source: mul(tanh(add(held, matmul(h, recurrent.kernel))), scale),
      rate: full(h.shape, decay, h.dtype),
    }),
  };
}
