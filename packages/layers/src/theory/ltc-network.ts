/**
 * A trained LTC as plain data: neurons and synapses in the terms of the theory, and its differential equation in double.
 *
 * Divided by the capacity, eq. 1 of the cell reads
 *   dv_j/dt = (vleak_j − v_j) / tau_j + Σ rate_ij σ(sigma_ij (p_i − mu_ij)) (A_ij − v_j)
 * with 1/tau = gleak/cm, rate = w/cm and the reversal potential A, over synapses from neurons (p = v) and from inputs.
 * Numbers are those that the layer computes with: after softplus and without absent synapses.
 */

import type { Parameter } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { SynapseMap } from '../cells/synapses.ts';
import { edgeList } from '../cells/synapses.ts';
import type { LtcPart } from '../ltc-parts.ts';

/** A synapse of a trained LTC. */
export interface LtcSynapse {
  /** True: `source` is an input, else a neuron. */
  readonly sensory: boolean;
  readonly source: number;
  readonly target: number;
  /** The sigmoid: σ(sigma (p − mu)). */
  readonly sigma: number;
  readonly mu: number;
  /** Largest conductance. */
  readonly weight: number;
  /** Reversal potential; its sign is the polarity. */
  readonly reversal: number;
}

/** A neuron of a trained LTC. */
export interface LtcNeuron {
  readonly capacity: number;
  readonly leak: number;
  /** Potential to which the leak pulls. */
  readonly rest: number;
}

/** A trained LTC. */
export interface LtcNetwork {
  readonly neurons: readonly LtcNeuron[];
  /** Synapses between neurons, then those from inputs; by target, then by source. */
  readonly synapses: readonly LtcSynapse[];
  /** Inputs reach synapses as x · scale + shift. */
  readonly inputs: readonly { readonly scale: number; readonly shift: number }[];
  /** The first neurons, read as v · scale + shift. */
  readonly outputs: readonly { readonly scale: number; readonly shift: number }[];
}

/** The network of a trained layer. */
export function ltcNetwork({ form, parameters: p }: LtcPart): LtcNetwork {
  const positive = (x: number): number =>
    form.positivity === 'explicit' ? x : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const at = ({ data }: Parameter, index: number): number => data[index] ?? Number.NaN;
  const list = (map: SynapseMap, prefix: '' | 'sensory_'): LtcSynapse[] => {
    const { source, target } = edgeList(map);
    return source.map((from, edge) => {
      const to = target[edge] ?? 0;
      const place = from * map.targets + to;
      return {
        sensory: prefix !== '',
        source: from,
        target: to,
        sigma: at(p[`${prefix}sigma`], place),
        mu: at(p[`${prefix}mu`], place),
        weight: positive(at(p[`${prefix}w`], place)),
        reversal: at(p[`${prefix}erev`], place),
      };
    });
  };
  const maps = (count: number, w: Parameter | undefined, b: Parameter | undefined): LtcNetwork['inputs'] =>
    Array.from({ length: count }, (_, index) => ({ scale: w?.data[index] ?? 1, shift: b?.data[index] ?? 0 }));
  return {
    neurons: Array.from(p.cm.data, (cm, index) => ({
      capacity: positive(cm),
      leak: positive(at(p.gleak, index)),
      rest: at(p.vleak, index),
    })),
    synapses: [...list(form.inner, ''), ...list(form.sensory, 'sensory_')],
    inputs: maps(form.sensory.sources, p.input_w, p.input_b),
    outputs: maps(form.motors, p.output_w, p.output_b),
  };
}

/** Inputs as synapses see them. */
export function mappedInputs({ inputs }: LtcNetwork, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(inputs, ({ scale, shift }, index) => (x[index] ?? 0) * scale + shift);
}

/** σ(sigma (p − mu)) of a synapse. */
export function gate({ sigma, mu }: LtcSynapse, signal: number): number {
  return 1 / (1 + Math.exp(-sigma * (signal - mu)));
}

/** Rate at which each neuron goes to its target, and rate · target, with presynaptic signals v and mapped inputs u. */
export function ltcRates(
  { neurons, synapses }: LtcNetwork,
  v: Float64Array,
  u: Float64Array,
): { readonly rate: Float64Array; readonly pull: Float64Array } {
  const rate = Float64Array.from(neurons, ({ leak }) => leak);
  const pull = Float64Array.from(neurons, ({ leak, rest }) => leak * rest);
  for (const synapse of synapses) {
    const { sensory, source, target, weight, reversal } = synapse;
    const g = weight * gate(synapse, (sensory ? u : v)[source] ?? 0);
    rate[target] = (rate[target] ?? 0) + g;
    pull[target] = (pull[target] ?? 0) + g * reversal;
  }
  neurons.forEach(({ capacity }, index) => {
    rate[index] = (rate[index] ?? 0) / capacity;
    pull[index] = (pull[index] ?? 0) / capacity;
  });
  return { rate, pull };
}

/** Step size times the largest rate; the error of a step is about its fifth power over 120. */
const resolution = 0.05;

/** Most steps for one observation. */
const mostSteps = 1_000_000;

/** v after `time` with inputs held: classical Runge–Kutta, with steps that resolve the fastest neuron. */
export function integrateLtc(network: LtcNetwork, v: Float64Array, x: ArrayLike<number>, time: number): Float64Array {
  const u = mappedInputs(network, x);
  const steps = Math.max(1, Math.ceil((time * fastest(network)) / resolution));
  if (!(steps <= mostSteps)) {
    throw new RheoError('value', {
      from: '@rheo/layers',
      what: `the equation is too stiff: ${steps} steps for an elapsed time of ${time}`,
      where: 'dt',
      remedy: 'Use shorter elapsed times, or parameters cm well above 0',
    });
  }
  const h = time / steps;
  const slope = (state: Float64Array): Float64Array => {
    const { rate, pull } = ltcRates(network, state, u);
    return pull.map((value, index) => value - (rate[index] ?? 0) * (state[index] ?? 0));
  };
  const moved = (state: Float64Array, by: number, along: Float64Array): Float64Array =>
    state.map((value, index) => value + by * (along[index] ?? 0));
  let state = v;
  for (let step = 0; step < steps; step++) {
    const k1 = slope(state);
    const k2 = slope(moved(state, h / 2, k1));
    const k3 = slope(moved(state, h / 2, k2));
    const k4 = slope(moved(state, h, k3));
    const at = (k: Float64Array, index: number): number => k[index] ?? 0;
    const mean = k1.map((k, index) => (k + 2 * at(k2, index) + 2 * at(k3, index) + at(k4, index)) / 6);
    state = moved(state, h, mean);
  }
  return state;
}

/** The largest rate that any neuron can have. */
function fastest({ neurons, synapses }: LtcNetwork): number {
  const open = Float64Array.from(neurons, ({ leak }) => leak);
  for (const { target, weight } of synapses) open[target] = (open[target] ?? 0) + Math.abs(weight);
  return open.reduce((most, sum, index) => Math.max(most, sum / (neurons[index]?.capacity ?? 0)), 0);
}
