/**
 * The liquid time-constant cell (LTC; Hasani et al., AAAI 2021) with conductance-based synapses.
 *
 * Neuron j with potential v_j, synapses with conductance R_ij(v_i) from neurons and S_ij(x_i) from inputs (`synapses.ts`):
 *   eq. 1  cm_j dv_j/dt = gleak_j (vleak_j − v_j) + Σ_i R_ij (erev_ij − v_j) + Σ_i S_ij (sensory_erev_ij − v_j)
 *   eq. 2  tau_j = cm_j / (gleak_j + Σ_i R_ij + Σ_i S_ij)                                   the liquid time constant
 *   eq. 3  v_j' = (cm_j v_j + k (gleak_j vleak_j + Σ R_ij erev_ij + Σ S_ij sensory_erev_ij))
 *               / (cm_j + k (gleak_j + Σ R_ij + Σ S_ij + ε)),      k = (d + offset) / unfolds
 * Eq. 3 is the semi-implicit ("fused") Euler step, taken `unfolds` times with R from the potentials before and S held. The
 * originals divide by d; multiplied through by k it has the same value, and is finite, gradient included, at d = 0.
 */

import type { Tensor } from '@rheo/core';
import { add, div, eq, mul, scan, select, slice, softplus, sub } from '@rheo/core';
import type { Elapsed } from '../layer.ts';
import type { Drive, PreparedSynapses, SynapseForm, SynapseMap, SynapseParameters } from './synapses.ts';
import { drive, prepareSynapses } from './synapses.ts';

/** How inputs, or outputs, are mapped: x·w + b, x·w, or not at all. */
export type LtcMapping = 'affine' | 'linear' | 'none';

/** What the formulas depend on. */
export interface LtcForm {
  /** Synapses from inputs and from neurons, and the form to compute each in. */
  readonly sensory: SynapseMap;
  readonly inner: SynapseMap;
  readonly sensoryForm: SynapseForm;
  readonly innerForm: SynapseForm;
  /** The first neurons, which are read. */
  readonly motors: number;
  readonly unfolds: number;
  readonly epsilon: number;
  /** Added to every elapsed time. */
  readonly elapsedOffset: number;
  /** `implicit`: w, cm and gleak are softplus of what is stored; `explicit`: they are what is stored. */
  readonly positivity: 'implicit' | 'explicit';
}

type Named<Prefix extends string, T> = { readonly [K in keyof SynapseParameters<T> as `${Prefix}${K}`]: T };

/** Parameters by the names of the originals; a mapping that is off has none. */
export type LtcParameters<T> = { readonly gleak: T; readonly vleak: T; readonly cm: T } & SynapseParameters<T> &
  Named<'sensory_', T> & {
    readonly input_w?: T;
    readonly input_b?: T;
    readonly output_w?: T;
    readonly output_b?: T;
  };

/** Parameters as the step wants them. */
export type PreparedLtc = {
  readonly cm: Tensor;
  readonly gleak: Tensor;
  /** gleak · vleak */
  readonly leak: Tensor;
  readonly inner: PreparedSynapses;
  readonly sensory: PreparedSynapses;
  readonly input: readonly Tensor[];
  readonly output: readonly Tensor[];
};

/** Weight-only work: positive values, masks or edge lists. */
export function prepareLtc(form: LtcForm, p: LtcParameters<Tensor>): PreparedLtc {
  const positive = form.positivity === 'implicit' ? softplus : (x: Tensor): Tensor => x;
  const gleak = positive(p.gleak);
  const sensory = { sigma: p.sensory_sigma, mu: p.sensory_mu, w: p.sensory_w, erev: p.sensory_erev };
  const present = (...list: readonly (Tensor | undefined)[]): Tensor[] => list.filter((x) => x !== undefined);
  return {
    cm: positive(p.cm),
    gleak,
    leak: mul(gleak, p.vleak),
    inner: prepareSynapses(form.inner, form.innerForm, p, positive),
    sensory: prepareSynapses(form.sensory, form.sensoryForm, sensory, positive),
    input: present(p.input_w, p.input_b),
    output: present(p.output_w, p.output_b),
  };
}

/** What is held during a step, leak and inputs x [batch, features]: Σ g and Σ g E of each neuron, [batch, neurons]. */
export function heldDrive(form: LtcForm, { sensory, input, gleak, leak }: PreparedLtc, x: Tensor): Drive {
  const { conductance, current } = drive(sensory, mapped(x, input), form.inner.targets);
  return { conductance: add(conductance, gleak), current: add(current, leak) };
}

/** What is held, and the synapses between neurons at potentials v. */
function totalDrive(form: LtcForm, weights: PreparedLtc, v: Tensor, held: Drive): Drive {
  const { conductance, current } = drive(weights.inner, v, form.inner.targets);
  return { conductance: add(conductance, held.conductance), current: add(current, held.current) };
}

/** Eq. 1: dv/dt [batch, neurons] with inputs held; for solvers of any kind. */
export function ltcDerivative(form: LtcForm, weights: PreparedLtc, v: Tensor, held: Drive): Tensor {
  const { conductance, current } = totalDrive(form, weights, v, held);
  return div(sub(current, mul(conductance, v)), weights.cm);
}

/** Eq. 2: the time constants [batch, neurons] at potentials v. */
export function ltcTimeConstants(form: LtcForm, weights: PreparedLtc, v: Tensor, held: Drive): Tensor {
  return div(weights.cm, totalDrive(form, weights, v, held).conductance);
}

/** Eq. 3: potentials [batch, neurons] after one observation x [batch, features]. */
export function ltcStep(form: LtcForm, weights: PreparedLtc, x: Tensor, v: Tensor, elapsed: Elapsed): Tensor {
  const { unfolds, epsilon, elapsedOffset } = form;
  const held = heldDrive(form, weights, x);
  const shifted = (d: Tensor): Tensor => (elapsedOffset === 0 ? d : add(d, elapsedOffset));
  const k = typeof elapsed === 'number' ? (elapsed + elapsedOffset) / unfolds : div(shifted(elapsed), unfolds);
  const unfold = (before: Tensor): [Tensor, Record<string, never>] => {
    const { conductance, current } = totalDrive(form, weights, before, held);
    const above = add(mul(weights.cm, before), mul(current, k));
    const below = add(weights.cm, mul(add(conductance, epsilon), k));
    // Capacity 0 and no time: the potential stays.
    const still = eq(below, 0);
    return [div(select(still, before, above), select(still, 1, below)), {}];
  };
  const [after] = scan(unfold, v, {}, { length: unfolds });
  return after;
}

/** The output [batch, motors]: the first neurons, mapped. */
export function ltcOutput(form: LtcForm, weights: PreparedLtc, v: Tensor): Tensor {
  return mapped(slice(v, { axis: 1, start: 0, limit: form.motors }), weights.output);
}

/** x·w + b, as far as w and b are there. */
export function mapped(x: Tensor, [w, b]: readonly Tensor[]): Tensor {
  const scaled = w === undefined ? x : mul(x, w);
  return b === undefined ? scaled : add(scaled, b);
}
