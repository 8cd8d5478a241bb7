/**
 * The CfC layer: the closed-form cell over a sequence, alone or with mixed memory, in the form of any of its originals.
 *
 * State: `{ h }`, with mixed memory `{ h, c }`, each [batch, units]; the output is h. Parameters: `backbone/i/kernel`,
 * `backbone/i/bias`, `ff1/…`, `ff2/…`, `time_a/…`, `time_b/…` (pure: `ff1/…`, `w_tau`, `A`) and with memory
 * `lstm/input/kernel`, `lstm/input/bias`, `lstm/recurrent/kernel`.
 */

import type { Tensor } from '@rheo/core';
import { activationNames } from './activations.ts';
import type { Affine } from './affine.ts';
import { biasInits, weightInits } from './affine.ts';
import type { CfcForm, CfcParameters, PreparedCfc } from './cells/cfc-cell.ts';
import { cfcSpec, cfcStep, dropsAfter, prepareCfc } from './cells/cfc-cell.ts';
import type { LstmParameters } from './cells/lstm-cell.ts';
import { lstmSpec, lstmStep, prepareLstm } from './cells/lstm-cell.ts';
import type { CfcVariant, CfcVariantOptions, MemoryPlacement } from './cfc-variants.ts';
import { cfcVariants } from './cfc-variants.ts';
import { dropoutKeys } from './dropout-keys.ts';
import type { Layer, RecurrentLayer } from './layer.ts';
import type { OptionRules } from './options.ts';
import { finite, flag, naturalNumber, notNegative, oneOf, positiveInteger, rate, readOptions } from './options.ts';
import { startAt } from './parameter.ts';

/** Every option of a CfC layer with its value. */
export type CfcConfig = Omit<CfcForm, 'headActivation' | 'gateSign' | 'dropoutPlacement' | 'timeConstantInit'> &
  Omit<CfcVariantOptions, 'memoryPlacement'> & {
    readonly variant: CfcVariant;
    /** An LSTM step in front of the cell, and where. */
    readonly mixedMemory: 'off' | MemoryPlacement;
    /** Added to the LSTM's forget gate. */
    readonly forgetBias: number;
    readonly returnSequences: boolean;
    readonly goBackwards: boolean;
    readonly zeroOutputForMask: boolean;
  };

/** Options of `cfc`; all but `units` have defaults. `mixedMemory: true` stands where the variant puts it. */
export type CfcOptions = Partial<Omit<CfcConfig, 'mixedMemory' | 'units'>> & {
  readonly units: number;
  readonly mixedMemory?: boolean | 'off' | MemoryPlacement;
};

const ncpsTorch: { readonly variant: CfcVariant } = { variant: 'ncps-torch' };
const variantRules: OptionRules = { variant: oneOf(Object.keys(cfcVariants)) };

const rules: OptionRules = {
  ...variantRules,
  units: positiveInteger,
  mode: oneOf(['default', 'no_gate', 'pure']),
  backboneUnits: positiveInteger,
  backboneLayers: naturalNumber,
  backboneActivation: oneOf(activationNames),
  backboneDropout: rate,
  dropoutPlacement: oneOf(['after_every', 'after_first']),
  headActivation: oneOf(['tanh', 'lecun_tanh', 'linear']),
  gateSign: oneOf(['+', '-']),
  mixedMemory: oneOf(['off', 'before-state', 'before-input']),
  memoryElapsed: notNegative,
  memoryBiasInit: oneOf(['zeros', 'uniform']),
  forgetBias: finite,
  weightInit: oneOf(weightInits),
  initGain: notNegative,
  biasInit: oneOf(biasInits),
  timeConstantInit: oneOf(['ones_zeros', 'xavier']),
  returnSequences: flag,
  goBackwards: flag,
  zeroOutputForMask: flag,
};

/**
 * A CfC layer. Defaults: mode "default", one backbone layer of 128 units with lecun_tanh, no dropout, no memory, all
 * outputs, variant "ncps-torch". Throws `argument` for an option that does not exist or has a wrong value.
 */
export function cfc(options: CfcOptions): Layer<CfcConfig> {
  const { mixedMemory, ...given } = Object(options) as CfcOptions;
  const { variant } = readOptions('cfc', variantRules, ncpsTorch, { variant: given.variant });
  const { memoryPlacement, ...preset } = cfcVariants[variant];
  const memory = mixedMemory === true ? memoryPlacement : mixedMemory === false ? 'off' : mixedMemory;
  const defaults: Partial<CfcConfig> = {
    variant,
    mode: 'default',
    backboneUnits: 128,
    backboneLayers: 1,
    backboneActivation: 'lecun_tanh',
    backboneDropout: 0,
    mixedMemory: 'off',
    forgetBias: 1,
    initGain: 1,
    returnSequences: true,
    goBackwards: false,
    zeroOutputForMask: false,
    ...preset,
  };
  const config = readOptions<CfcConfig>('cfc', rules, defaults, { ...given, mixedMemory: memory });
  return { kind: 'cfc', config, build: (features, path = '') => buildCfc(config, features, path) };
}

type Parameters = CfcParameters<Tensor> & { readonly lstm?: LstmParameters<Tensor> };
type Prepared = PreparedCfc & { readonly lstm: readonly Affine<Tensor>[] };
type State = { readonly h: Tensor; readonly c?: Tensor };

function buildCfc(config: CfcConfig, features: number, path: string): RecurrentLayer {
  const { units, mixedMemory, forgetBias } = config;
  const cell = cfcSpec(config, mixedMemory === 'before-input' ? units : features);
  const memoryBias = config.memoryBiasInit === 'zeros' ? startAt(0) : ({ kind: 'uniform', limit: 0.1 } as const);
  const sites = Array.from({ length: config.backboneLayers }, (_, layer) => layer).filter((layer) =>
    dropsAfter(config, layer),
  );
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: units,
    units,
    parameters: mixedMemory === 'off' ? cell : { ...cell, lstm: lstmSpec(features, units, memoryBias) },
    defaultElapsed: mixedMemory === 'off' ? 1 : config.memoryElapsed,
    random: sites.length > 0,
    returnSequences: config.returnSequences,
    goBackwards: config.goBackwards,
    zeroOutputForMask: config.zeroOutputForMask,
    needsObserved: false,
    state: (batch, dtype) => {
      const type = { dtype, shape: [batch, units] };
      return mixedMemory === 'off' ? { h: type } : { h: type, c: type };
    },
    prepare: (tree, context) => {
      const parameters = tree as Parameters;
      const keys = dropoutKeys(sites, path, context);
      const lstm = parameters.lstm === undefined ? [] : [prepareLstm(parameters.lstm)];
      return { ...prepareCfc(config, parameters, keys, context.elapsed), lstm };
    },
    step: (prepared, state, x, elapsed, { index }) => {
      const weights = prepared as Prepared;
      const { h, c } = state as State;
      const [lstm] = weights.lstm;
      if (lstm === undefined || c === undefined) {
        const next = cfcStep(config, weights, x, h, elapsed, index);
        return [{ h: next }, next];
      }
      const memory = lstmStep(lstm, x, h, c, forgetBias);
      const next =
        mixedMemory === 'before-state'
          ? cfcStep(config, weights, x, memory.h, elapsed, index)
          : cfcStep(config, weights, memory.h, h, elapsed, index);
      return [{ h: next, c: memory.c }, next];
    },
  };
}
