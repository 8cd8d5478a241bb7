/**
 * The ODE-LSTM (Lechner & Hasani, 2020, algorithm 1): an LSTM whose output state flows on over the elapsed time, while its
 * memory does not, so that gradients neither vanish nor explode with time.
 *   (c', u) = LSTM(x, (c, h))                                   as in `cells/lstm-cell.ts`
 *   flow "mlp"      h' = ODESolve(dh/dt = f(h), h(0) = u, d)    the paper, and the authors' PyTorch; f: one hidden layer, tanh
 *   flow "ct-rnn"   h' = ODESolve(CT-RNN with input u held, h(0) = h, d)      the authors' TensorFlow, of their tables
 * Defaults are theirs: forget bias 0, RK4 and 3 steps for "mlp"; 3, Euler and 4 steps for "ct-rnn".
 * State: `{ c, h }`; the output is h. Parameters: `lstm/…`, `flow/i/…` or `flow/input/…`, `flow/recurrent/…`, `flow/scale`.
 */

import type { Tensor } from '@rheo/core';
import type { Affine } from '../affine.ts';
import type { LstmParameters } from '../cells/lstm-cell.ts';
import { lstmSpec, lstmStep, prepareLstm } from '../cells/lstm-cell.ts';
import type { Layer } from '../layer.ts';
import { finite, oneOf } from '../options.ts';
import { startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import type { CtRnnParameters } from './ct-rnn.ts';
import { ctRnnFlow, ctRnnSpec } from './ct-rnn.ts';
import type { OdeConfig, SolverName } from './evolve.ts';
import { adaptiveDefaults, evolve, odeRules, solverState } from './evolve.ts';
import { multilayer, multilayerSpec } from './multilayer.ts';

/** Options of `odeLstm` with their values; `semi-implicit` is for the flow "ct-rnn". */
export type OdeLstmConfig = RecurrentConfig &
  OdeConfig<SolverName | 'semi-implicit'> & {
    readonly flow: 'mlp' | 'ct-rnn';
    /** Added to the forget gate. */
    readonly forgetBias: number;
  };

type FlowWeights = readonly Affine<Tensor>[] | CtRnnParameters<Tensor>;
type Parameters = { readonly lstm: LstmParameters<Tensor>; readonly flow: FlowWeights };
type Prepared = { readonly lstm: Affine<Tensor>; readonly flow: FlowWeights };

/** An ODE-LSTM layer; flow is "mlp" unless given. Throws `argument` for a wrong option. */
export function odeLstm(options: OptionsOf<OdeLstmConfig>): Layer<OdeLstmConfig> {
  const leaky = Object(options).flow === 'ct-rnn';
  const rules = { ...odeRules(leaky), flow: oneOf(['mlp', 'ct-rnn']), forgetBias: finite };
  const theirs = leaky
    ? ({ flow: 'ct-rnn', forgetBias: 3, solver: 'euler', unfolds: 4 } as const)
    : ({ flow: 'mlp', forgetBias: 0, solver: 'rk4', unfolds: 3 } as const);
  const defaults = { ...theirs, ...adaptiveDefaults };
  return baselineLayer<OdeLstmConfig>('ode-lstm', rules, defaults, options, (config, features) => {
    const { units, forgetBias } = config;
    return {
      parameters: {
        lstm: lstmSpec(features, units, startAt(0)),
        flow: leaky ? ctRnnSpec(units, units) : multilayerSpec(units, units, 1),
      },
      state: { c: units, h: units, ...solverState(config) },
      timed: true,
      prepare: ({ lstm, flow }: Parameters): Prepared => ({ lstm: prepareLstm(lstm), flow }),
      step: ({ lstm, flow }: Prepared, state, x, elapsed) => {
        const { c, h, unfinished } = state as { readonly c: Tensor; readonly h: Tensor; readonly unfinished?: Tensor };
        const memory = lstmStep(lstm, x, h, c, forgetBias);
        const { y, solver } =
          'scale' in flow
            ? evolve(config, ctRnnFlow(flow, memory.h, 1), h, elapsed, unfinished)
            : evolve(config, { derivative: (at) => multilayer(flow, at) }, memory.h, elapsed, unfinished);
        return [{ c: memory.c, h: y, ...solver }, y];
      },
    };
  });
}
