/**
 * The CfC layer: the closed-form cell over a sequence, alone or with mixed memory, in the form of any of its originals.
 *
 * State: `{ h }`, with mixed memory `{ h, c }`, each [batch, units]; the output is h. Parameters: `backbone/i/kernel`,
 * `backbone/i/bias`, `ff1/…`, `ff2/…`, `time_a/…`, `time_b/…` (pure: `ff1/…`, `w_tau`, `A`) and with memory
 * `lstm/input/kernel`, `lstm/input/bias`, `lstm/recurrent/kernel`.
 */

import type { Tensor } from '@rheo/core';
import { activationNames } from './activations.ts';
import { biasInits, weightInits } from './affine.ts';
import type { CfcForm, CfcParameters, PreparedCfc } from './cells/cfc-cell.ts';
import { cfcSpec, cfcStep, dropsAfter, prepareCfc } from './cells/cfc-cell.ts';
import type { CfcVariant, CfcVariantOptions, MemoryPlacement } from './cfc-variants.ts';
import { cfcVariants } from './cfc-variants.ts';
import { dropoutKeys } from './dropout-keys.ts';
import type { Layer, RecurrentLayer } from './layer.ts';
import type { OptionRules } from './options.ts';
import { finite, flag, naturalNumber, notNegative, oneOf, positiveInteger, rate, readOptions } from './options.ts';
import type { Cell } from './recurrent-cell.ts';
import { recurrentCell } from './recurrent-cell.ts';
import type { WiredCfcConfig, WiredCfcOptions } from './wired-cfc.ts';
import { wiredCfc } from './wired-cfc.ts';

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
 * outputs, variant "ncps-torch". With a `wiring` in place of `units`, its neurons stand in the layers of the wiring, and
 * there is no backbone. Throws `argument` for an option that does not exist or has a wrong value.
 */
export function cfc(options: WiredCfcOptions): Layer<WiredCfcConfig>;
export function cfc(options: CfcOptions): Layer<CfcConfig>;
export function cfc(options: CfcOptions | WiredCfcOptions): Layer<CfcConfig> | Layer<WiredCfcConfig> {
  if (Object.hasOwn(Object(options), 'wiring')) return wiredCfc(options as WiredCfcOptions);
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

function buildCfc(config: CfcConfig, features: number, path: string): RecurrentLayer {
  const sites = Array.from({ length: config.backboneLayers }, (_, layer) => layer).filter((layer) =>
    dropsAfter(config, layer),
  );
  const cellFor = (inputs: number): Cell<PreparedCfc> => ({
    outputs: config.units,
    parameters: cfcSpec(config, inputs),
    random: sites.length > 0,
    prepare: (parameters, context) => {
      const keys = dropoutKeys(sites, path, context);
      return prepareCfc(config, parameters as CfcParameters<Tensor>, keys, context.elapsed);
    },
    step: (prepared, x, h, elapsed, index) => {
      const next = cfcStep(config, prepared, x, h, elapsed, index);
      return [next, next];
    },
  });
  return recurrentCell(config, config.units, cellFor, features, path);
}
