/**
 * GRU-ODE (De Brouwer et al., NeurIPS 2019, eq. 4), with an input, as Lechner & Hasani (2020) use it (without the Bayesian
 * update): the GRU's difference of states as a differential equation, x held over the elapsed time,
 *   r = σ(W_r [x, h] + b_r)     z = σ(W_z [x, h] + b_z)     g = tanh(W_g [x, r ⊙ h] + b_g)
 *   dh/dt = (1 − z) ⊙ (g − h)
 * Defaults are theirs: Euler, four steps, b_r from 1. It decays, so `semi-implicit` is a choice, and keeps h in ±1 at
 * any step size. State: `{ h }`; the output is h. Parameters: `reset/…`, `update/…`, `candidate/…`.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, logistic, matmul, mul, slice, sub, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { parameter, startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import type { Flow, OdeConfig, SolverName } from './evolve.ts';
import { adaptiveDefaults, evolve, odeRules, solverState } from './evolve.ts';
import { standardInit } from './multilayer.ts';

/** Options of `gruOde` with their values. */
export type GruOdeConfig = RecurrentConfig & OdeConfig<SolverName | 'semi-implicit'>;

type Weights = { readonly reset: Affine<Tensor>; readonly update: Affine<Tensor>; readonly candidate: Affine<Tensor> };
/** One kernel for what reads the input, one for what reads the state in both gates, one for the candidate. */
type Prepared = { readonly input: Affine<Tensor>; readonly gates: Tensor; readonly candidate: Tensor };

/** A GRU-ODE layer. Throws `argument` for a wrong option. */
export function gruOde(options: OptionsOf<GruOdeConfig>): Layer<GruOdeConfig> {
  const defaults = { solver: 'euler', unfolds: 4, ...adaptiveDefaults } as const;
  return baselineLayer<GruOdeConfig>('gru-ode', odeRules(true), defaults, options, (config, features) => {
    const { units } = config;
    const gate = affineSpec(features + units, units, standardInit);
    return {
      parameters: {
        reset: { ...gate, bias: parameter([units], 'bias', startAt(1)) },
        update: gate,
        candidate: gate,
      },
      state: { h: units, ...solverState(config) },
      timed: true,
      prepare: (weights: Weights) => prepare(weights, features),
      step: (weights: Prepared, { h, unfinished }, x, elapsed) => {
        const { y, solver } = evolve(config, flow(weights, x, units), h as Tensor, elapsed, unfinished);
        return [{ h: y, ...solver }, y];
      },
    };
  });
}

function prepare({ reset, update, candidate }: Weights, features: number): Prepared {
  const all = [reset, update, candidate];
  const above = ({ kernel }: Affine<Tensor>): Tensor => slice(kernel, { axis: 0, start: 0, limit: features });
  const below = ({ kernel }: Affine<Tensor>): Tensor =>
    slice(kernel, { axis: 0, start: features, limit: Number(kernel.shape[0]) });
  return {
    input: {
      kernel: concat(all.map(above), 1),
      bias: concat(
        all.map(({ bias }) => bias),
        0,
      ),
    },
    gates: concat([reset, update].map(below), 1),
    candidate: below(candidate),
  };
}

function flow({ input, gates, candidate }: Prepared, x: Tensor, units: number): Flow {
  const held = affine(x, input);
  const part = (from: Tensor, index: number, count: number = 1): Tensor =>
    slice(from, { axis: 1, start: index * units, limit: (index + count) * units });
  return {
    decay: (h) => {
      const open = logistic(add(part(held, 0, 2), matmul(h, gates)));
      const g = tanh(add(part(held, 2), matmul(mul(part(open, 0), h), candidate)));
      const rate = sub(1, part(open, 1));
      return { source: mul(rate, g), rate };
    },
  };
}
