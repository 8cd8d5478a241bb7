/**
 * What the baseline layers share: options of a recurrent layer, and the facts about one that hardly differ.
 */

import type { Tensor, Tree } from '@rheo/core';
import type { Elapsed, Json, Layer, PrepareContext, RecurrentLayer, StepContext } from '../layer.ts';
import type { OptionRules } from '../options.ts';
import { flag, positiveInteger, readOptions } from '../options.ts';
import type { ParameterSpec } from '../parameter.ts';

/** Options of every recurrent layer; see `RecurrentLayer`. */
export type RecurrentConfig = {
  /** Width of the state and of the output. */
  readonly units: number;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
  readonly zeroOutputForMask: boolean;
};

/** Options with their defaults left out; `units` has none. */
export type OptionsOf<Config extends RecurrentConfig> = Partial<Config> & { readonly units: number };

type State = { readonly [key: string]: Tensor };

/** What sets a layer apart. */
export interface Baseline {
  readonly parameters: { readonly [key: string]: Tree<ParameterSpec> };
  /** Width of each part of the state. */
  readonly state: { readonly [key: string]: number };
  /** True if it takes elapsed times; then also one for each unit. */
  readonly timed: boolean;
  readonly needsObserved?: boolean;
  /** Weight-only work; none unless given. */
  prepare?(parameters: never, context: PrepareContext): Tree<Tensor>;
  /** x is [batch, features]; the output is [batch, units]. */
  step(weights: never, state: State, x: Tensor, elapsed: Elapsed, context: StepContext): readonly [State, Tensor];
}

const sharedRules: OptionRules = {
  units: positiveInteger,
  returnSequences: flag,
  goBackwards: flag,
  zeroOutputForMask: flag,
};

const sharedDefaults = { returnSequences: true, goBackwards: false, zeroOutputForMask: false };

/** A layer from its options and what sets it apart. Throws `argument` for a wrong option. */
export function baselineLayer<Config extends RecurrentConfig & { readonly [key: string]: Json }>(
  kind: string,
  rules: OptionRules,
  defaults: Partial<Config>,
  options: object,
  define: (config: Config, features: number) => Baseline,
): Layer<Config> {
  const all = { ...sharedDefaults, ...defaults } as Partial<Config>;
  const config = readOptions<Config>(kind, { ...sharedRules, ...rules }, all, options);
  return { kind, config, build: (features, path = '') => recurrent(config, define(config, features), features, path) };
}

function recurrent(config: RecurrentConfig, baseline: Baseline, features: number, path: string): RecurrentLayer {
  const { units, returnSequences, goBackwards, zeroOutputForMask } = config;
  const { parameters, timed, needsObserved = false } = baseline;
  const widths = Object.entries(baseline.state);
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: units,
    units: timed ? units : undefined,
    parameters,
    defaultElapsed: 1,
    random: false,
    returnSequences,
    goBackwards,
    zeroOutputForMask,
    needsObserved,
    state: (batch, dtype) =>
      Object.fromEntries(widths.map(([name, width]) => [name, { dtype, shape: [batch, width] }])),
    prepare: (weights, context) => baseline.prepare?.(weights as never, context) ?? weights,
    step: (weights, state, x, elapsed, context) => baseline.step(weights as never, state as State, x, elapsed, context),
  };
}
