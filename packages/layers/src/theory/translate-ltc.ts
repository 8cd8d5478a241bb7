/**
 * A trained LTC in closed form: the network without a solver, beside its differential equation, with the difference.
 *
 * algorithm-1   the paper's translation. For neuron i at time t since the start, with presynaptic signals p_j(t) from the
 *               equation's own solution,
 *                 x̂_i(t) = Σ_j (x_i(0) − A_ij) exp(−t (1/tau_i + f_ij(p_j))) f_ij(−p_j) + A_ij,
 *                 f_ij(p) = σ(sigma_ij (p − mu_ij)),   1/tau_i = gleak_i / cm_i.
 *               It sums one approximation for each synapse, as published, so it is good where few synapses dominate.
 * held          a network that runs alone: within each observation the conductances are those at its begin, and the
 *               exact solution for constant input moves each neuron,
 *                 v_i' = B_i + (v_i − B_i) exp(−R_i d),   R_i = Σ rates,   B_i = Σ rates · targets / R_i.
 *               With `substeps` n the conductances are renewed n times; it goes to the equation's solution as n grows.
 */

import type { Parameter, Tree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { HostInputs } from '../check-inputs.ts';
import { checkInputs } from '../check-inputs.ts';
import type { Layer } from '../layer.ts';
import { findLtc } from '../ltc-parts.ts';
import type { LtcNetwork } from './ltc-network.ts';
import { gate, integrateLtc, ltcNetwork, ltcRates, mappedInputs } from './ltc-network.ts';

/** Which closed form. */
export type ClosedForm = 'algorithm-1' | 'held';

/** How to translate. */
export interface TranslateOptions {
  /** `held` unless given. */
  readonly form?: ClosedForm | undefined;
  /** Renewals of the conductances for each observation, for `held`; 1 unless given. */
  readonly substeps?: number | undefined;
}

/** Potentials of all neurons after each step, [batch, time, neurons], row-major. */
export interface Trajectory {
  readonly shape: readonly [batch: number, time: number, neurons: number];
  readonly data: Float64Array;
}

/** A translated network on sequences. */
export interface Translation {
  /** What the closed form is made of. */
  readonly network: LtcNetwork;
  readonly closedForm: Trajectory;
  /** The solution of the differential equation with inputs held during each elapsed time. */
  readonly equation: Trajectory;
  /** Of all potentials, against the equation. */
  readonly meanSquaredError: number;
  readonly largestError: number;
}

/**
 * Translates a trained LTC and runs both forms on sequences from potentials of 0. The model is an LTC, or has one as its
 * first layer; mixed memory and elapsed times per unit have no closed form. Throws `argument`, `shape` or `value`.
 */
export function translateLtc(
  model: Layer,
  parameters: Tree<Parameter>,
  inputs: HostInputs,
  options: TranslateOptions = {},
): Translation {
  const { form = 'held', substeps = 1 } = options;
  if (form !== 'held' && form !== 'algorithm-1')
    throw refused(`form is ${String(form)}`, 'form', 'Use "held" or "algorithm-1"');
  if (!Number.isSafeInteger(substeps) || substeps < 1) {
    throw refused(`substeps is ${substeps}`, 'substeps', 'Use an integer of at least 1');
  }
  const { values, dt, batch, time, features, elapsedForm, ...rest } = checkInputs(inputs);
  const part = findLtc(model, parameters, features, firstLayer(model));
  if (part.config.mixedMemory !== 'off') {
    throw refused('an LTC with mixed memory has no closed form', 'mixedMemory', 'Translate an LTC without memory');
  }
  if (elapsedForm === 'unit' || rest.mask !== undefined || rest.lengths !== undefined) {
    throw refused('elapsed times per unit, masks and lengths are not translated', 'inputs', 'Pass values and dt alone');
  }
  const network = ltcNetwork(part);
  const units = network.neurons.length;
  const shape = [batch, time, units] as const;
  const equation = new Float64Array(batch * time * units);
  const closed = new Float64Array(batch * time * units);
  for (let row = 0; row < batch; row++) {
    let exact: Float64Array = new Float64Array(units);
    let own: Float64Array = new Float64Array(units);
    let clock = 0;
    for (let step = 0; step < time; step++) {
      const place = row * time + step;
      const x = values.data.subarray(place * features, (place + 1) * features);
      const given =
        dt === undefined ? part.layer.defaultElapsed : (dt.data[elapsedForm === 'shared' ? step : place] ?? 0);
      const elapsed = given + part.form.elapsedOffset;
      clock += elapsed;
      exact = integrateLtc(network, exact, x, elapsed);
      own = form === 'held' ? heldStep(network, own, x, elapsed, substeps) : algorithm1(network, exact, x, clock);
      equation.set(exact, place * units);
      closed.set(own, place * units);
    }
  }
  const squares = closed.reduce((sum, value, at) => sum + (value - (equation[at] ?? 0)) ** 2, 0);
  return {
    network,
    closedForm: { shape, data: closed },
    equation: { shape, data: equation },
    meanSquaredError: squares / Math.max(1, closed.length),
    largestError: closed.reduce((most, value, at) => Math.max(most, Math.abs(value - (equation[at] ?? 0))), 0),
  };
}

/** One observation of the `held` form: potentials after `elapsed`. */
export function heldStep(
  network: LtcNetwork,
  v: Float64Array,
  x: ArrayLike<number>,
  elapsed: number,
  substeps: number = 1,
): Float64Array {
  const u = mappedInputs(network, x);
  const rates = ltcRates(network);
  const rate = new Float64Array(v.length);
  const pull = new Float64Array(v.length);
  let state = v;
  for (let step = 0; step < substeps; step++) {
    rates(state, u, { rate, pull });
    state = state.map((value, index) => {
      const speed = rate[index] ?? 0;
      if (speed === 0) return value;
      const target = (pull[index] ?? 0) / speed;
      return target + (value - target) * Math.exp((-speed * elapsed) / substeps);
    });
  }
  return state;
}

/** The paper's algorithm 1 at `time` since the start, from potentials of 0, with presynaptic potentials `activity`. */
export function algorithm1(
  network: LtcNetwork,
  activity: Float64Array,
  x: ArrayLike<number>,
  time: number,
): Float64Array {
  const { neurons, synapses } = network;
  const u = mappedInputs(network, x);
  const result = new Float64Array(neurons.length);
  const wired = new Set<number>();
  for (const synapse of synapses) {
    const { sensory, source, target, reversal } = synapse;
    const neuron = neurons[target];
    const signal = (sensory ? u : activity)[source] ?? 0;
    const decay = (neuron?.leak ?? 0) / (neuron?.capacity ?? 1) + gate(synapse, signal);
    const part = (0 - reversal) * Math.exp(-time * decay) * gate(synapse, -signal) + reversal;
    result[target] = (result[target] ?? 0) + part;
    wired.add(target);
  }
  // Without synapses only the leak is left, and its solution is exact.
  neurons.forEach(({ leak, capacity, rest }, index) => {
    if (!wired.has(index)) result[index] = rest * -Math.expm1((-time * leak) / capacity);
  });
  return result;
}

/** The path of the first layer, innermost; '' for a layer alone. */
function firstLayer({ kind, config }: Pick<Layer, 'kind' | 'config'>): string {
  if (kind !== 'sequential') return '';
  const [first] = config['layers'] as readonly Pick<Layer, 'kind' | 'config'>[];
  const inner = first === undefined ? '' : firstLayer(first);
  return inner === '' ? '0' : `0/${inner}`;
}

function refused(what: string, where: string, remedy: string): RheoError {
  return new RheoError('argument', { from: '@rheo/layers', what, where, remedy });
}
