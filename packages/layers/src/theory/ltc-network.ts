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
export function ltcNetwork({ form, parameters: p }: Pick<LtcPart, 'form' | 'parameters'>): LtcNetwork {
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

/** Rates at which neurons go to their targets, and rate · target. */
export interface LtcRates {
  readonly rate: Float64Array;
  readonly pull: Float64Array;
}

/** The rates of a network as a function of presynaptic potentials v and mapped inputs u; it writes to `into`. */
export function ltcRates({
  neurons,
  synapses,
}: LtcNetwork): (v: Float64Array, u: Float64Array, into: LtcRates) => LtcRates {
  const leaks = Float64Array.from(neurons, ({ leak, capacity }) => leak / capacity);
  const rests = Float64Array.from(neurons, ({ leak, capacity, rest }) => (leak * rest) / capacity);
  // Sources from the inputs are numbered after the neurons.
  const units = neurons.length;
  const source = Int32Array.from(synapses, (synapse) => synapse.source + (synapse.sensory ? units : 0));
  const target = Int32Array.from(synapses, (synapse) => synapse.target);
  const sigma = Float64Array.from(synapses, (synapse) => synapse.sigma);
  const mu = Float64Array.from(synapses, (synapse) => synapse.mu);
  const most = Float64Array.from(synapses, ({ weight, target: to }) => weight / (neurons[to]?.capacity ?? 0));
  const reversal = Float64Array.from(synapses, (synapse) => synapse.reversal);
  return (v, u, into) => {
    const { rate, pull } = into;
    rate.set(leaks);
    pull.set(rests);
    for (let edge = 0; edge < source.length; edge++) {
      const from = source[edge] as number;
      const to = target[edge] as number;
      const signal = (from < units ? v[from] : u[from - units]) as number;
      const open = 1 + Math.exp(-(sigma[edge] as number) * (signal - (mu[edge] as number)));
      const g = (most[edge] as number) / open;
      rate[to] = (rate[to] as number) + g;
      pull[to] = (pull[to] as number) + g * (reversal[edge] as number);
    }
    return into;
  };
}

/** Step size times the largest rate; the error of a step is about its fifth power over 120. */
const resolution = 0.2;

/** Most steps for one observation. */
const mostSteps = 1_000_000;

/**
 * v after `time` with inputs held: classical Runge–Kutta, with steps that resolve the fastest neuron, to about 1e-6.
 * Throws `value` where that takes more than a million steps.
 */
export function integrateLtc(network: LtcNetwork, v: Float64Array, x: ArrayLike<number>, time: number): Float64Array {
  const u = mappedInputs(network, x);
  const units = v.length;
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
  const rates = ltcRates(network);
  const work: LtcRates = { rate: new Float64Array(units), pull: new Float64Array(units) };
  const state = v.slice();
  const probe = new Float64Array(units);
  const sum = new Float64Array(units);
  // Stages: where the slope is taken, and its weight.
  const stages = [
    [0.5, 1],
    [0.5, 2],
    [1, 2],
    [0, 1],
  ] as const;
  for (let step = 0; step < steps; step++) {
    probe.set(state);
    sum.fill(0);
    for (const [ahead, weight] of stages) {
      const { rate, pull } = rates(probe, u, work);
      for (let j = 0; j < units; j++) {
        const slope = (pull[j] as number) - (rate[j] as number) * (probe[j] as number);
        sum[j] = (sum[j] as number) + weight * slope;
        probe[j] = (state[j] as number) + ahead * h * slope;
      }
    }
    for (let j = 0; j < units; j++) state[j] = (state[j] as number) + (h / 6) * (sum[j] as number);
  }
  return state;
}

/** The largest rate that any neuron can have. */
function fastest({ neurons, synapses }: LtcNetwork): number {
  const open = Float64Array.from(neurons, ({ leak }) => leak);
  for (const { target, weight } of synapses) open[target] = (open[target] ?? 0) + Math.abs(weight);
  return open.reduce((most, sum, index) => Math.max(most, sum / (neurons[index]?.capacity ?? 0)), 0);
}
