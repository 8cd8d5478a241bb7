/**
 * The LTC layer: liquid time-constant neurons over a sequence, wired or all to all, alone or with mixed memory, in the
 * form of any of its originals.
 *
 * State: `{ h }`, the potentials of all neurons in order of their ids, with mixed memory `{ h, c }`, each [batch, units];
 * the output is the first neurons (the wiring's outputs), mapped. Parameters: `gleak`, `vleak`, `cm`, `sigma`, `mu`, `w`,
 * `erev`, the same four of `sensory_…`, `input_w`, `input_b`, `output_w`, `output_b` as mapped, and with memory
 * `lstm/input/kernel`, `lstm/input/bias`, `lstm/recurrent/kernel`. Matrices are [source, target] and dense, whatever
 * the wiring; what belongs to absent synapses has no effect and no gradient.
 */

import type { Tensor } from '@rheo/core';
import { add } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Affine } from './affine.ts';
import type { OdeConfig, SolverName } from './baselines/evolve.ts';
import { adaptiveDefaults, evolve, odeRules, solverState } from './baselines/evolve.ts';
import type { LstmParameters } from './cells/lstm-cell.ts';
import { lstmSpec, lstmStep, prepareLstm } from './cells/lstm-cell.ts';
import type { LtcForm, LtcParameters, PreparedLtc } from './cells/ltc-cell.ts';
import { heldDrive, ltcDerivative, ltcOutput, ltcStep, prepareLtc } from './cells/ltc-cell.ts';
import type { SynapseForm, SynapseMap } from './cells/synapses.ts';
import { synapseForm } from './cells/synapses.ts';
import type { MemoryPlacement } from './cfc-variants.ts';
import type { Elapsed, Json, Layer, RecurrentLayer } from './layer.ts';
import type { LtcRanges, LtcStart } from './ltc-parameters.ts';
import { ltcSpec, readRanges } from './ltc-parameters.ts';
import type { LtcVariant, LtcVariantOptions } from './ltc-variants.ts';
import { ltcVariants } from './ltc-variants.ts';
import type { OptionRules } from './options.ts';
import { finite, flag, notNegative, oneOf, positiveInteger, readOptions } from './options.ts';
import { startAt } from './parameter.ts';
import { fullyConnected } from './wirings/fully-connected.ts';
import type { Wiring } from './wirings/wiring.ts';
import type { WiringDescription } from './wirings/wiring-description.ts';
import { describeWiring, wiringFromDescription } from './wirings/wiring-description.ts';

/** Every option of an LTC layer with its value. */
export type LtcConfig = Omit<LtcVariantOptions, 'memoryPlacement'> &
  Omit<LtcStart, 'inputs' | 'initialisationRanges'> &
  Omit<OdeConfig<SolverName | 'semi-implicit'>, 'unfolds'> & {
    readonly variant: LtcVariant;
    readonly units: number;
    /** The wiring as plain JSON; null: all to all, every neuron read. */
    readonly wiring: Json;
    readonly epsilon: number;
    /** Which form of the synapses is computed; `auto`: edges where fewer than half of all synapses exist. */
    readonly sparse: 'auto' | SynapseForm;
    readonly initialisationRanges: LtcRanges;
    /** An LSTM step in front of the cell, and where. */
    readonly mixedMemory: 'off' | MemoryPlacement;
    /** Added to the LSTM's forget gate. */
    readonly forgetBias: number;
    readonly returnSequences: boolean;
    readonly goBackwards: boolean;
    readonly zeroOutputForMask: boolean;
  };

/** Options of `ltc`: `units` or a `wiring`; all others have defaults. `mixedMemory: true` stands where the variant puts it. */
export type LtcOptions = Partial<Omit<LtcConfig, 'mixedMemory' | 'units' | 'wiring' | 'initialisationRanges'>> & {
  readonly units?: number | undefined;
  readonly wiring?: Wiring | WiringDescription | null | undefined;
  readonly mixedMemory?: boolean | 'off' | MemoryPlacement;
  /** Ranges of first values, by parameter. */
  readonly initialisationRanges?: Partial<LtcRanges>;
};

const mappings = oneOf(['affine', 'linear', 'none']);
const anything = { takes: 'checked elsewhere', accepts: (): boolean => true };
const variantRules: OptionRules = { variant: oneOf(Object.keys(ltcVariants)) };
const ncpsTorch: { readonly variant: LtcVariant } = { variant: 'ncps-torch' };

const { unfolds: _, ...solverRules } = odeRules(true);

const rules: OptionRules = {
  ...variantRules,
  ...solverRules,
  units: positiveInteger,
  wiring: anything,
  odeUnfolds: {
    takes: 'an integer from 1 to 1000',
    accepts: (n) => Number.isInteger(n) && Number(n) >= 1 && Number(n) <= 1000,
  },
  epsilon: notNegative,
  elapsedOffset: notNegative,
  inputMapping: mappings,
  outputMapping: mappings,
  positivity: oneOf(['implicit', 'explicit']),
  polarity: oneOf(['wiring', 'random']),
  sparse: oneOf(['auto', 'edges', 'dense']),
  initialisationRanges: anything,
  initialValues: oneOf(['stored', 'effective']),
  mixedMemory: oneOf(['off', 'before-state', 'before-input']),
  memoryBiasInit: oneOf(['zeros', 'uniform']),
  forgetBias: finite,
  returnSequences: flag,
  goBackwards: flag,
  zeroOutputForMask: flag,
};

/**
 * An LTC layer. Defaults: 6 unfolds, epsilon 1e-8, affine maps of inputs and outputs, positivity by softplus, all outputs,
 * variant "ncps-torch", the semi-implicit solver (others take `odeUnfolds` steps, `dormand-prince` its own); `units: n` is the wiring `fullyConnected(n)`, in the official variants all to all with random
 * polarities. Throws `argument` for an option that does not exist or has a wrong value.
 */
export function ltc(options: LtcOptions): Layer<LtcConfig> {
  const { mixedMemory, wiring: given, initialisationRanges, ...rest } = Object(options) as LtcOptions;
  const { variant } = readOptions('ltc', variantRules, ncpsTorch, { variant: rest.variant });
  const { memoryPlacement, ...preset } = ltcVariants[variant];
  const memory = mixedMemory === true ? memoryPlacement : mixedMemory === false ? 'off' : mixedMemory;
  const explicit = given === undefined || given === null ? undefined : asWiring(given);
  const defaults: Partial<LtcConfig> = {
    variant,
    ...(explicit === undefined ? {} : { units: explicit.units }),
    wiring: null,
    solver: 'semi-implicit',
    ...adaptiveDefaults,
    epsilon: 1e-8,
    inputMapping: 'affine',
    sparse: 'auto',
    initialisationRanges: readRanges(initialisationRanges),
    initialValues: 'stored',
    mixedMemory: 'off',
    forgetBias: 1,
    returnSequences: true,
    goBackwards: false,
    zeroOutputForMask: false,
    ...preset,
  };
  const checked = readOptions<LtcConfig>('ltc', rules, defaults, { ...rest, mixedMemory: memory });
  if (explicit !== undefined && checked.units !== explicit.units) throw twoSizes(checked.units, explicit.units);
  // Random polarities need no wiring: all synapses exist.
  const wiring = explicit ?? (checked.polarity === 'random' ? undefined : fullyConnected(checked.units));
  const config: LtcConfig = { ...checked, wiring: wiring === undefined ? null : describeWiring(wiring) };
  return { kind: 'ltc', config, build: (features, path = '') => buildLtc(config, wiring, features, path) };
}

/** What an LTC computes, for a number of features; the wiring is that of the configuration unless given. */
export function ltcForm(config: LtcConfig, features: number, wiring: Wiring | undefined = wiringOf(config)): LtcForm {
  const { units, sparse } = config;
  const inputs = config.mixedMemory === 'before-input' ? units : features;
  const built = wiring?.build(inputs);
  const map = (sources: number, matrix: Int8Array | undefined): SynapseMap => ({
    sources,
    targets: units,
    polarity: matrix === undefined ? undefined : Array.from(matrix),
  });
  const sensory = map(inputs, built?.sensoryAdjacency());
  const inner = map(units, built?.adjacency());
  return {
    sensory,
    inner,
    sensoryForm: synapseForm(sensory, sparse),
    innerForm: synapseForm(inner, sparse),
    motors: wiring?.outputs ?? units,
    unfolds: config.odeUnfolds,
    epsilon: config.epsilon,
    elapsedOffset: config.elapsedOffset,
    positivity: config.positivity,
  };
}

type Parameters = LtcParameters<Tensor> & { readonly lstm?: LstmParameters<Tensor> };

/** Weights of the layer as its step wants them. */
export type PreparedLtcLayer = PreparedLtc & { readonly lstm: readonly Affine<Tensor>[] };

/** State of the layer. */
export type LtcState = { readonly h: Tensor; readonly c?: Tensor; readonly unfinished?: Tensor };

/** Input and potentials as the cell gets them: after the LSTM of mixed memory, whose memory is c. */
export function beforeCell(
  { mixedMemory, forgetBias }: LtcConfig,
  { lstm: [weights] }: PreparedLtcLayer,
  { h, c }: LtcState,
  x: Tensor,
): { readonly x: Tensor; readonly v: Tensor; readonly memory: { readonly c?: Tensor } } {
  if (weights === undefined || c === undefined) return { x, v: h, memory: {} };
  const after = lstmStep(weights, x, h, c, forgetBias);
  const memory = { c: after.c };
  return mixedMemory === 'before-state' ? { x, v: after.h, memory } : { x: after.h, v: h, memory };
}

function buildLtc(config: LtcConfig, wiring: Wiring | undefined, features: number, path: string): RecurrentLayer {
  const { units, mixedMemory } = config;
  const form = ltcForm(config, features, wiring);
  const cell = ltcSpec(form, { ...config, inputs: form.sensory.sources });
  const memoryBias = config.memoryBiasInit === 'zeros' ? startAt(0) : ({ kind: 'uniform', limit: 0.1 } as const);
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: form.motors,
    units,
    parameters: mixedMemory === 'off' ? cell : { ...cell, lstm: lstmSpec(features, units, memoryBias) },
    defaultElapsed: 1,
    random: false,
    returnSequences: config.returnSequences,
    goBackwards: config.goBackwards,
    zeroOutputForMask: config.zeroOutputForMask,
    needsObserved: false,
    state: (batch, dtype) => {
      const type = { dtype, shape: [batch, units] };
      const { unfinished } = solverState(config);
      return {
        h: type,
        ...(mixedMemory === 'off' ? {} : { c: type }),
        ...(unfinished === undefined ? {} : { unfinished: { dtype, shape: [batch, unfinished] } }),
      };
    },
    prepare: (tree) => {
      const parameters = tree as Parameters;
      const lstm = parameters.lstm === undefined ? [] : [prepareLstm(parameters.lstm)];
      return { ...prepareLtc(form, parameters), lstm };
    },
    step: (prepared, state, x, elapsed) => {
      const weights = prepared as PreparedLtcLayer;
      const given = beforeCell(config, weights, state as LtcState, x);
      const { y: h, solver } = solve(config, form, weights, given, elapsed, (state as LtcState).unfinished);
      return [{ h, ...given.memory, ...solver }, ltcOutput(form, weights, h)];
    },
  };
}

/** Potentials after an elapsed time, by the fused step or by another solver. */
function solve(
  config: LtcConfig,
  form: LtcForm,
  weights: PreparedLtc,
  { x, v }: { readonly x: Tensor; readonly v: Tensor },
  elapsed: Elapsed,
  unfinished: Tensor | undefined,
): ReturnType<typeof evolve> {
  if (config.solver === 'semi-implicit') return { y: ltcStep(form, weights, x, v, elapsed), solver: {} };
  const held = heldDrive(form, weights, x);
  const { elapsedOffset: offset } = form;
  const d = typeof elapsed === 'number' ? elapsed + offset : offset === 0 ? elapsed : add(elapsed, offset);
  const ode = { ...config, unfolds: config.odeUnfolds };
  return evolve(ode, { derivative: (at) => ltcDerivative(form, weights, at, held) }, v, d, unfinished);
}

function wiringOf({ wiring }: LtcConfig): Wiring | undefined {
  return wiring === null ? undefined : wiringFromDescription(wiring);
}

function asWiring(given: Wiring | WiringDescription): Wiring {
  return typeof (given as Partial<Wiring>).build === 'function' ? (given as Wiring) : wiringFromDescription(given);
}

function twoSizes(units: number, wired: number): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what: `ltc: units is ${units}, but the wiring has ${wired} neurons`,
    where: 'units',
    remedy: 'Leave units out where a wiring is given',
  });
}
