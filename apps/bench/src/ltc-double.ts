/**
 * An LTC (semi-implicit step, softplus positivity, no maps) in plain double precision, forward and backward by hand: the
 * numbers contenders are held to.
 *
 * Loops over scalars and all pairs of neurons, and uses no library, ours included. It works on the distinct rows of a
 * batch only; repeated rows change neither outputs nor the mean loss.
 */
import { adamLosses, type LossAndGradient } from './adam-double.ts';
import { distinctRows, type LtcProblem } from './problem.ts';
import { outputsOf } from './shapes.ts';
import { type LtcWeights, ltcNames } from './weights.ts';

const epsilon = 1e-8;

type Parameters = { readonly [name in (typeof ltcNames)[number]]: Float64Array };

/** Synapses from one set of signals, with what is the same at all steps; also their gradients. */
interface Synapses {
  readonly sources: number;
  readonly sigma: Float64Array;
  readonly mu: Float64Array;
  /** softplus(w), 0 where there is no synapse. */
  readonly weight: Float64Array;
  readonly erev: Float64Array;
}

/** One unfold of one row: what the backward pass needs. */
interface Tape {
  readonly signals: Float64Array;
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly below: Float64Array;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;
const softplus = (x: number): number => Math.log1p(Math.exp(x));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

function synapsesOf(p: Parameters, mask: Float32Array, prefix: '' | 'sensory_'): Synapses {
  const units = p.cm.length;
  const weight = p[`${prefix}w`].map((w, index) => softplus(w) * at(mask, index));
  const own = { sigma: p[`${prefix}sigma`], mu: p[`${prefix}mu`], erev: p[`${prefix}erev`] };
  return { sources: mask.length / units, ...own, weight };
}

/** Adds Σ g and Σ g E of every neuron. */
function drive(s: Synapses, signals: Float64Array, conductance: Float64Array, current: Float64Array): void {
  const units = conductance.length;
  for (let i = 0; i < s.sources; i += 1) {
    for (let j = 0; j < units; j += 1) {
      const ij = i * units + j;
      const g = at(s.weight, ij) * logistic(at(s.sigma, ij) * (at(signals, i) - at(s.mu, ij)));
      conductance[j] = at(conductance, j) + g;
      current[j] = at(current, j) + g * at(s.erev, ij);
    }
  }
}

/** Adds to the gradients of synapses and signals; those of softplus(w) stand under `weight`. */
function driveBackward(
  s: Synapses,
  gradient: Synapses,
  signals: Float64Array,
  toSignals: Float64Array,
  ofConductance: Float64Array,
  ofCurrent: Float64Array,
): void {
  const units = ofCurrent.length;
  const addTo = (values: Float64Array, index: number, by: number): void => {
    values[index] = at(values, index) + by;
  };
  for (let i = 0; i < s.sources; i += 1) {
    for (let j = 0; j < units; j += 1) {
      const ij = i * units + j;
      const distance = at(signals, i) - at(s.mu, ij);
      const open = logistic(at(s.sigma, ij) * distance);
      const g = at(s.weight, ij) * open;
      const ofG = at(ofConductance, j) + at(ofCurrent, j) * at(s.erev, ij);
      const inner = ofG * g * (1 - open);
      addTo(gradient.erev, ij, at(ofCurrent, j) * g);
      addTo(gradient.weight, ij, ofG * open);
      addTo(gradient.sigma, ij, inner * distance);
      addTo(gradient.mu, ij, -inner * at(s.sigma, ij));
      addTo(toSignals, i, inner * at(s.sigma, ij));
    }
  }
}

/** A network with its parameters as they act. */
interface Network {
  readonly p: Parameters;
  readonly cm: Float64Array;
  readonly gleak: Float64Array;
  readonly inner: Synapses;
  readonly sensory: Synapses;
}

function networkOf(p: Parameters, { mask, sensoryMask }: LtcWeights): Network {
  const positive = { cm: p.cm.map(softplus), gleak: p.gleak.map(softplus) };
  return { p, ...positive, inner: synapsesOf(p, mask, ''), sensory: synapsesOf(p, sensoryMask, 'sensory_') };
}

/** The unfolds of one row, step by step from a zero state. */
function unroll({ p, cm, gleak, inner, sensory }: Network, problem: LtcProblem, row: number): Tape[][] {
  const { batch, features, steps, unfolds } = problem.shape;
  const k = at(problem.elapsed, row) / unfolds;
  let v = new Float64Array(cm.length);
  return Array.from({ length: steps }, (_, t) => {
    const from = (t * batch + row) * features;
    const signals = Float64Array.from(problem.x.subarray(from, from + features));
    const held = gleak.slice();
    const pull = gleak.map((g, j) => g * at(p.vleak, j));
    drive(sensory, signals, held, pull);
    return Array.from({ length: unfolds }, () => {
      const before = v;
      const [conductance, current] = [held.slice(), pull.slice()];
      drive(inner, before, conductance, current);
      const below = cm.map((c, j) => c + k * (at(conductance, j) + epsilon));
      const after = cm.map((c, j) => (c * at(before, j) + k * at(current, j)) / at(below, j));
      v = after;
      return { signals, before, after, below };
    });
  });
}

function doubles({ parameters }: LtcWeights): Parameters {
  return Object.fromEntries(ltcNames.map((name) => [name, Float64Array.from(parameters[name])])) as Parameters;
}

/** All outputs, [steps, batch, outputs] in row order, from a zero state. */
export function forwardLtc(problem: LtcProblem): Float64Array {
  const { shape, weights } = problem;
  const outputs = outputsOf(shape);
  const network = networkOf(doubles(weights), weights);
  const rows = Array.from({ length: distinctRows(shape) }, (_, row) => unroll(network, problem, row));
  const result = new Float64Array(shape.steps * shape.batch * outputs);
  for (let t = 0; t < shape.steps; t += 1) {
    for (let b = 0; b < shape.batch; b += 1) {
      const after = rows[b % rows.length]?.[t]?.at(-1)?.after;
      if (after !== undefined) result.set(after.subarray(0, outputs), (t * shape.batch + b) * outputs);
    }
  }
  return result;
}

/** The loss mean(y²) and its gradient, in the order of `ltcNames`. */
export function gradientLtc(problem: LtcProblem, parameters: Parameters = doubles(problem.weights)): LossAndGradient {
  const { shape, weights } = problem;
  const network = networkOf(parameters, weights);
  const { p, cm, gleak, inner, sensory } = network;
  const outputs = outputsOf(shape);
  const count = distinctRows(shape) * shape.steps * outputs;
  const d = Object.fromEntries(ltcNames.map((name) => [name, new Float64Array(p[name].length)])) as Parameters;
  const gradientOf = (s: Synapses, prefix: '' | 'sensory_'): Synapses => ({
    sources: s.sources,
    sigma: d[`${prefix}sigma`],
    mu: d[`${prefix}mu`],
    weight: d[`${prefix}w`],
    erev: d[`${prefix}erev`],
  });
  const [ofInner, ofSensory] = [gradientOf(inner, ''), gradientOf(sensory, 'sensory_')];
  let loss = 0;
  for (let row = 0; row < distinctRows(shape); row += 1) {
    const k = at(problem.elapsed, row) / shape.unfolds;
    let dv = new Float64Array(shape.units);
    for (const tapes of unroll(network, problem, row).toReversed()) {
      const y = tapes.at(-1)?.after.subarray(0, outputs) ?? [];
      y.forEach((value, j) => {
        loss += (value * value) / count;
        dv[j] = at(dv, j) + (2 * value) / count;
      });
      const [heldConductance, heldCurrent] = [new Float64Array(shape.units), new Float64Array(shape.units)];
      for (const { before, after, below } of tapes.toReversed()) {
        const ofAbove = dv.map((value, j) => value / at(below, j));
        const ofBelow = ofAbove.map((value, j) => -value * at(after, j));
        const [ofCurrent, ofConductance] = [ofAbove.map((value) => value * k), ofBelow.map((value) => value * k)];
        const next = ofAbove.map((value, j) => value * at(cm, j));
        for (let j = 0; j < shape.units; j += 1) {
          d.cm[j] = at(d.cm, j) + at(ofAbove, j) * at(before, j) + at(ofBelow, j);
          heldConductance[j] = at(heldConductance, j) + at(ofConductance, j);
          heldCurrent[j] = at(heldCurrent, j) + at(ofCurrent, j);
        }
        driveBackward(inner, ofInner, before, next, ofConductance, ofCurrent);
        dv = next;
      }
      const signals = tapes[0]?.signals ?? new Float64Array(shape.features);
      driveBackward(sensory, ofSensory, signals, new Float64Array(shape.features), heldConductance, heldCurrent);
      for (let j = 0; j < shape.units; j += 1) {
        d.gleak[j] = at(d.gleak, j) + at(heldConductance, j) + at(heldCurrent, j) * at(p.vleak, j);
        d.vleak[j] = at(d.vleak, j) + at(heldCurrent, j) * at(gleak, j);
      }
    }
  }
  // Through softplus, whose slope is the logistic function, and the masks.
  const through = (name: keyof Parameters, mask?: Float32Array): void => {
    d[name].forEach((value, index) => {
      d[name][index] = value * logistic(at(p[name], index)) * (mask === undefined ? 1 : at(mask, index));
    });
  };
  through('cm');
  through('gleak');
  through('w', weights.mask);
  through('sensory_w', weights.sensoryMask);
  return { loss, gradients: ltcNames.map((name) => d[name]) };
}

/** The loss before each of `count` successive Adam steps. */
export function trainLtc(problem: LtcProblem, count: number): Float64Array {
  const parameters = doubles(problem.weights);
  const list = ltcNames.map((name) => parameters[name]);
  return adamLosses(list, () => gradientLtc(problem, parameters), count);
}
