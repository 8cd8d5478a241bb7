/**
 * The ODE-RNN (Rubanova, Chen & Duvenaud, NeurIPS 2019, algorithm 1): the state flows between observations and jumps at them,
 *   h⁻ = ODESolve(f, h, elapsed),   dh/dt = f(h)        f: hidden layers with tanh, the last map linear
 *   h' = cell(x, h⁻)                                    cell: `gru` (as their code has it) or `rnn`
 * The layer that Lechner & Hasani (2020) list under this name is `ctRnn({ units, decay: 0 })`.
 * State: `{ h }`; the output is h. Parameters: `flow/i/kernel`, `flow/i/bias`, and the cell's under `cell/`.
 */

import type { Tensor } from '@rheo/core';
import { concat, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { naturalNumber, oneOf } from '../options.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import type { OdeConfig } from './evolve.ts';
import { adaptiveDefaults, evolve, odeRules, solverState } from './evolve.ts';
import type { GruParameters, PreparedGru } from './gru.ts';
import { gruSpec, gruStep, prepareGru } from './gru.ts';
import { multilayer, multilayerSpec } from './multilayer.ts';
import type { JoinedParameters } from './rnn.ts';
import { joined, joinedSpec } from './rnn.ts';

/** Options of `odeRnn` with their values. */
export type OdeRnnConfig = RecurrentConfig &
  OdeConfig & {
    readonly cell: 'gru' | 'rnn';
    /** Width of f's hidden layers; 0 means as many as units. */
    readonly flowUnits: number;
    readonly flowLayers: number;
  };

type Parameters = {
  readonly flow: readonly Affine<Tensor>[];
  readonly cell: GruParameters<Tensor> | JoinedParameters<Tensor>;
};
type Prepared = { readonly flow: readonly Affine<Tensor>[]; readonly cell: PreparedGru | Affine<Tensor> };

/** An ODE-RNN layer; RK4 with three steps, one hidden layer unless given. Throws `argument` for a wrong option. */
export function odeRnn(options: OptionsOf<OdeRnnConfig>): Layer<OdeRnnConfig> {
  const rules = {
    ...odeRules(false),
    cell: oneOf(['gru', 'rnn']),
    flowUnits: naturalNumber,
    flowLayers: naturalNumber,
  };
  const shape = { cell: 'gru', flowUnits: 0, flowLayers: 1 } as const;
  const defaults = { solver: 'rk4', unfolds: 3, ...adaptiveDefaults, ...shape } as const;
  return baselineLayer<OdeRnnConfig>('ode-rnn', rules, defaults, options, (config, features) => {
    const { units, cell, flowLayers, flowUnits } = config;
    return {
      parameters: {
        flow: multilayerSpec(units, flowUnits || units, flowLayers),
        cell: cell === 'gru' ? gruSpec(features, units, true) : joinedSpec(features, units, units),
      },
      state: { h: units, ...solverState(config) },
      timed: true,
      prepare: ({ flow, cell: own }: Parameters): Prepared => ({
        flow,
        cell: 'input' in own ? joined(own) : prepareGru(own),
      }),
      step: ({ flow, cell: own }: Prepared, { h, unfinished }, x, elapsed) => {
        const { y, solver } = evolve(
          config,
          { derivative: (at) => multilayer(flow, at) },
          h as Tensor,
          elapsed,
          unfinished,
        );
        const next = 'gates' in own ? gruStep(own, x, y) : tanh(affine(concat([x, y], 1), own));
        return [{ h: next, ...solver }, next];
      },
    };
  });
}
