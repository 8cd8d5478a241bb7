/**
 * The CfC layer over a wiring: `cfc({ wiring })`. Its options, its masks, and how it is built.
 *
 * State: `{ h }`, with mixed memory `{ h, c }`, each [batch, units], in the order of the wiring's layers (inter, command,
 * motor), not of ids. Parameters: `layers/l/ff1/kernel` … for each layer l, kernels [in + units, units] of that layer, and
 * with memory `lstm/…`. There is no backbone; synapses inside a layer have no effect, because every layer is dense in its
 * own state.
 */

import type { Tensor } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import { biasInits, weightInits } from './affine.ts';
import type { CfcMode, PreparedCfc } from './cells/cfc-cell.ts';
import type { MaskedLayer, WiredCfcForm, WiredCfcParameters } from './cells/wired-cfc-cell.ts';
import { prepareWiredCfc, wiredCfcSpec, wiredCfcStep } from './cells/wired-cfc-cell.ts';
import type { CfcVariant, CfcVariantOptions, MemoryPlacement } from './cfc-variants.ts';
import { cfcVariants } from './cfc-variants.ts';
import type { Layer } from './layer.ts';
import type { OptionRules } from './options.ts';
import { finite, flag, notNegative, oneOf, readOptions } from './options.ts';
import type { Cell } from './recurrent-cell.ts';
import { recurrentCell } from './recurrent-cell.ts';
import type { WiredCfcVariantOptions } from './wired-cfc-variants.ts';
import { wiredCfcVariants } from './wired-cfc-variants.ts';
import type { BuiltWiring, Wiring } from './wirings/wiring.ts';
import type { WiringDescription } from './wirings/wiring-description.ts';
import { describeWiring } from './wirings/wiring-description.ts';

/** Every option of a wired CfC layer with its value. */
export type WiredCfcConfig = Omit<CfcVariantOptions, 'memoryPlacement' | 'dropoutPlacement'> &
  WiredCfcVariantOptions & {
    readonly variant: CfcVariant;
    readonly wiring: WiringDescription;
    readonly mode: CfcMode;
    readonly initGain: number;
    /** An LSTM step in front of the cell, and where. */
    readonly mixedMemory: 'off' | MemoryPlacement;
    /** Added to the LSTM's forget gate. */
    readonly forgetBias: number;
    readonly returnSequences: boolean;
    readonly goBackwards: boolean;
    readonly zeroOutputForMask: boolean;
  };

/** Options of `cfc` with a wiring; the others have defaults. `mixedMemory: true` stands where the variant puts it. */
export type WiredCfcOptions = Partial<Omit<WiredCfcConfig, 'mixedMemory' | 'wiring'>> & {
  readonly wiring: Wiring;
  readonly mixedMemory?: boolean | 'off' | MemoryPlacement;
};

const wiringRule = {
  takes: 'what autoNcp or another wiring function returns; wiringFromDescription makes a wiring of its JSON',
  accepts: (value: unknown): boolean => typeof (Object(value) as Partial<Wiring>).build === 'function',
};

const variantRules: OptionRules = { variant: oneOf(Object.keys(cfcVariants)) };

const rules: OptionRules = {
  ...variantRules,
  mode: oneOf(['default', 'no_gate', 'pure']),
  headActivation: oneOf(['tanh', 'lecun_tanh', 'linear']),
  gateSign: oneOf(['+', '-']),
  maskSign: oneOf(['absolute', 'signed']),
  readout: oneOf(['outputs', 'last-layer']),
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

/** Options that belong to a backbone or to a cell without a wiring. */
const unwired = /^(backbone.*|dropoutPlacement|units)$/;

/**
 * A CfC layer over a wiring. Where no variant is named it is "ncps-torch" with the wiring's own outputs.
 * Throws `argument` for an option that is wrong, or has no meaning with a wiring.
 */
export function wiredCfc(options: WiredCfcOptions): Layer<WiredCfcConfig> {
  const { wiring, mixedMemory, ...given } = options;
  const foreign = Object.keys(given).find((name) => unwired.test(name) && given[name as never] !== undefined);
  if (foreign !== undefined) throw notWired(foreign);
  readOptions('cfc', { wiring: wiringRule }, {}, { wiring });
  const standard: { readonly variant: CfcVariant } = { variant: 'ncps-torch' };
  const { variant } = readOptions('cfc', variantRules, standard, { variant: given.variant });
  const { memoryPlacement, dropoutPlacement, ...preset } = cfcVariants[variant];
  const memory = mixedMemory === true ? memoryPlacement : mixedMemory === false ? 'off' : mixedMemory;
  const defaults: Partial<WiredCfcConfig> = {
    variant,
    mode: 'default',
    mixedMemory: 'off',
    forgetBias: 1,
    initGain: 1,
    returnSequences: true,
    goBackwards: false,
    zeroOutputForMask: false,
    ...preset,
    ...wiredCfcVariants[variant],
    ...(given.variant === undefined ? { readout: 'outputs' } : {}),
  };
  const read = readOptions<Omit<WiredCfcConfig, 'wiring'>>('cfc', rules, defaults, { ...given, mixedMemory: memory });
  const config = { ...read, wiring: describeWiring(wiring) };
  return {
    kind: 'cfc',
    config,
    build: (features, path = '') =>
      recurrentCell(config, wiring.units, (inputs) => wiredCell(config, wiring.build(inputs)), features, path),
  };
}

function wiredCell(config: WiredCfcConfig, wiring: BuiltWiring): Cell<readonly PreparedCfc[]> {
  const layers = maskedLayers(wiring, config.maskSign);
  const outputs = config.readout === 'outputs' ? wiring.outputs : (layers.at(-1)?.units ?? 0);
  const form: WiredCfcForm = { cell: { ...config, ...noBackbone }, layers, outputs };
  return {
    outputs,
    parameters: wiredCfcSpec(form),
    random: false,
    prepare: (parameters, { elapsed }) => prepareWiredCfc(form, parameters as WiredCfcParameters<Tensor>, elapsed),
    step: (prepared, x, h, elapsed) => wiredCfcStep(form, prepared, x, h, elapsed),
  };
}

const noBackbone = {
  backboneUnits: 1,
  backboneLayers: 0,
  backboneActivation: 'linear',
  backboneDropout: 0,
  dropoutPlacement: 'after_first',
} as const;

/** The masks of a wiring's layers: synapses from the inputs or the layer below, and ones for the own state. */
function maskedLayers(wiring: BuiltWiring, sign: 'absolute' | 'signed'): MaskedLayer[] {
  const inner = wiring.adjacency();
  const sensory = wiring.sensoryAdjacency();
  return wiring.layers.map(({ neurons }, index) => {
    const below = wiring.layers[index - 1]?.neurons ?? Array.from({ length: wiring.inputs }, (_, input) => input);
    const polarities = index === 0 ? sensory : inner;
    const mask = new Int8Array((below.length + neurons.length) * neurons.length).fill(1);
    below.forEach((source, row) => {
      neurons.forEach((target, column) => {
        const polarity = polarities[source * wiring.units + target] ?? 0;
        mask[row * neurons.length + column] = sign === 'signed' ? polarity : Math.abs(polarity);
      });
    });
    return { inputs: below.length, units: neurons.length, mask };
  });
}

function notWired(name: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what: `cfc: cannot use ${name} with a wiring`,
    where: name,
    remedy: 'Leave it out: the wiring gives the units, and a wired CfC has no backbone',
  });
}
