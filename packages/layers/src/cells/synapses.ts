/**
 * Synapses between `sources` signals and `targets` neurons, in two forms that compute the same.
 *
 * Synapse i → j with weight w, reversal potential E and a sigmoid of slope sigma about mu lets through
 *   g_ij = w_ij σ(sigma_ij (p_i − mu_ij))
 * for a presynaptic signal p; what a neuron needs of its synapses is Σ_i g_ij and Σ_i g_ij E_ij.
 *
 * dense: one [batch, sources, targets] expression that is reduced at once. edges: only the synapses that exist, sorted by
 * target: gather, [batch, synapses], scatter. Parameters are [sources, targets] in both; absent synapses have no gradient.
 */

import type { Tensor } from '@rheo/core';
import { constant, gather, logistic, mul, reduceSum, reshape, scatterAdd, sub } from '@rheo/core';

/** Parameters of synapses, each [sources, targets]; `w` as the sum wants it, at least 0. */
export type SynapseParameters<T> = { readonly sigma: T; readonly mu: T; readonly w: T; readonly erev: T };

/** Weights of synapses as `drive` wants them. */
export type PreparedSynapses = {
  readonly sigma: Tensor;
  readonly mu: Tensor;
  readonly weight: Tensor;
  /** weight · erev */
  readonly pull: Tensor;
  /** Positions of sources and targets; absent in the dense form. */
  readonly ends?: { readonly source: Tensor; readonly target: Tensor };
};

/** What neurons get from their synapses, each [batch, targets]. */
export interface Drive {
  /** Σ_i g_ij */
  readonly conductance: Tensor;
  /** Σ_i g_ij E_ij */
  readonly current: Tensor;
}

/** Which synapses exist. */
export interface SynapseMap {
  readonly sources: number;
  readonly targets: number;
  /** Row-major [sources, targets], 0 where there is none; undefined: all exist. */
  readonly polarity: readonly number[] | undefined;
}

/** Synapses as a list. */
export interface EdgeList {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

export type SynapseForm = 'dense' | 'edges';

/** The synapses that exist, sorted by target, then by source. */
export function edgeList({ sources, targets, polarity }: SynapseMap): EdgeList {
  const source: number[] = [];
  const target: number[] = [];
  for (let to = 0; to < targets; to++) {
    for (let from = 0; from < sources; from++) {
      if (polarity !== undefined && polarity[from * targets + to] === 0) continue;
      source.push(from);
      target.push(to);
    }
  }
  return { source, target };
}

/** The form for a map: as forced, or edges where fewer than half of all possible synapses exist. */
export function synapseForm(map: SynapseMap, sparse: 'auto' | SynapseForm): SynapseForm {
  if (sparse !== 'auto') return sparse;
  return edgeList(map).source.length * 2 < map.sources * map.targets ? 'edges' : 'dense';
}

/** Weight-only work. `positive` maps stored weights to conductances. */
export function prepareSynapses(
  map: SynapseMap,
  form: SynapseForm,
  { sigma, mu, w, erev }: SynapseParameters<Tensor>,
  positive: (x: Tensor) => Tensor,
): PreparedSynapses {
  const { sources, targets, polarity } = map;
  if (form === 'dense') {
    const present = polarity?.map((sign) => (sign === 0 ? 0 : 1));
    const all = present === undefined || !present.includes(0);
    const mask = { dtype: w.dtype, shape: [sources, targets] };
    const weight = all ? positive(w) : mul(positive(w), constant(present, mask));
    return { sigma, mu, weight, pull: mul(weight, erev) };
  }
  const { source, target } = edgeList(map);
  const index = (list: readonly number[]): Tensor => constant(Int32Array.from(list));
  const places = index(source.map((from, edge) => from * targets + (target[edge] ?? 0)));
  const pick = (x: Tensor): Tensor => gather(reshape(x, [sources * targets]), places, 0);
  const weight = positive(pick(w));
  const ends = { source: index(source), target: index(target) };
  return { sigma: pick(sigma), mu: pick(mu), weight, pull: mul(weight, pick(erev)), ends };
}

/** What signals [batch, sources] do to `targets` neurons. */
export function drive(synapses: PreparedSynapses, signal: Tensor, targets: number): Drive {
  const { sigma, mu, weight, pull, ends } = synapses;
  const [batch = 1, sources = 1] = signal.shape;
  if (ends === undefined) {
    const open = logistic(mul(sigma, sub(reshape(signal, [batch, sources, 1]), mu)));
    return { conductance: reduceSum(mul(open, weight), 1), current: reduceSum(mul(open, pull), 1) };
  }
  const open = logistic(mul(sigma, sub(gather(signal, ends.source, 1), mu)));
  const sum = (x: Tensor): Tensor => scatterAdd(x, ends.target, { axis: 1, size: targets });
  return { conductance: sum(mul(open, weight)), current: sum(mul(open, pull)) };
}

/** Conductance of each synapse, [batch, synapses], for synapses prepared as edges. */
export function conductances({ sigma, mu, weight, ends }: PreparedSynapses, signal: Tensor): Tensor {
  if (ends === undefined) throw new Error('conductances are of synapses prepared as edges');
  return mul(logistic(mul(sigma, sub(gather(signal, ends.source, 1), mu))), weight);
}
