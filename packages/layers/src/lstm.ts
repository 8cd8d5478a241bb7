/**
 * The LSTM as a layer of its own, in the form that mixed memory uses. It takes no elapsed time.
 *
 * State: `{ h, c }`, each [batch, units]; the output is h. Parameters: `input/kernel`, `input/bias`,
 * `recurrent/kernel`, columns in the order candidate, input, forget, output.
 */

import type { Tensor } from '@rheo/core';
import type { Affine } from './affine.ts';
import type { LstmParameters } from './cells/lstm-cell.ts';
import { lstmSpec, lstmStep, prepareLstm } from './cells/lstm-cell.ts';
import type { Layer, RecurrentLayer } from './layer.ts';
import { finite, flag, oneOf, positiveInteger, readOptions } from './options.ts';
import { startAt } from './parameter.ts';

/** Options of `lstm` with their values. */
export type LstmConfig = {
  readonly units: number;
  /** Added to the forget gate. */
  readonly forgetBias: number;
  /** Start of the bias: zeros, or uniform in ±0.1. */
  readonly memoryBiasInit: 'zeros' | 'uniform';
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
  readonly zeroOutputForMask: boolean;
};

/** Options of `lstm`; all but `units` have defaults. */
export type LstmOptions = Partial<LstmConfig> & { readonly units: number };

/** An LSTM layer; forgetBias is 1 and the bias starts at zero unless given. Throws `argument` for a wrong option. */
export function lstm(options: LstmOptions): Layer<LstmConfig> {
  const rules = {
    units: positiveInteger,
    forgetBias: finite,
    memoryBiasInit: oneOf(['zeros', 'uniform']),
    returnSequences: flag,
    goBackwards: flag,
    zeroOutputForMask: flag,
  };
  const defaults: Partial<LstmConfig> = {
    forgetBias: 1,
    memoryBiasInit: 'zeros',
    returnSequences: true,
    goBackwards: false,
    zeroOutputForMask: false,
  };
  const config = readOptions<LstmConfig>('lstm', rules, defaults, options);
  return { kind: 'lstm', config, build: (features, path = '') => buildLstm(config, features, path) };
}

function buildLstm(config: LstmConfig, features: number, path: string): RecurrentLayer {
  const { units } = config;
  const bias = config.memoryBiasInit === 'zeros' ? startAt(0) : ({ kind: 'uniform', limit: 0.1 } as const);
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: units,
    units: undefined,
    parameters: lstmSpec(features, units, bias),
    defaultElapsed: 1,
    random: false,
    returnSequences: config.returnSequences,
    goBackwards: config.goBackwards,
    zeroOutputForMask: config.zeroOutputForMask,
    needsObserved: false,
    state: (batch, dtype) => {
      const type = { dtype, shape: [batch, units] };
      return { h: type, c: type };
    },
    prepare: (parameters) => prepareLstm(parameters as LstmParameters<Tensor>),
    step: (prepared, state, x) => {
      const { h, c } = state as { readonly h: Tensor; readonly c: Tensor };
      const next = lstmStep(prepared as Affine<Tensor>, x, h, c, config.forgetBias);
      return [next, next.h];
    },
  };
}
