/**
 * A CfC (mode default) in plain double precision, forward and backward by hand: the numbers contenders are held to.
 *
 * Loops over scalars and uses no library, ours included, so that it can disagree with all of them. It works on the
 * distinct rows of a batch only; repeated rows change neither outputs nor the mean loss.
 */
import { adamLosses } from './adam-double.ts';
import { type CfcProblem, distinctRows } from './problem.ts';
import type { CfcWeights, Dense } from './weights.ts';

/** Amplitude and slope of the lecun_tanh activation. */
const amplitude = 1.7159;
const slope = 0.666;

/** An affine map in double; also holds gradients and Adam's moments, which have the same form. */
export interface Affine {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** What the backward pass needs of one step of one row. */
export interface Tape {
  /** Input of each layer: z = [x, h] first, then each backbone output; the last feeds the head. */
  readonly inputs: readonly Float64Array[];
  readonly f1: Float64Array;
  readonly f2: Float64Array;
  readonly gate: Float64Array;
  readonly next: Float64Array;
}

const at = (values: Float64Array | Float32Array, index: number): number => values[index] ?? Number.NaN;

export function toDouble(dense: Dense): Affine {
  const { inputs, outputs } = dense;
  return { inputs, outputs, weight: Float64Array.from(dense.weight), bias: Float64Array.from(dense.bias) };
}

export function zerosLike(affine: Affine): Affine {
  const { inputs, outputs } = affine;
  return { inputs, outputs, weight: new Float64Array(inputs * outputs), bias: new Float64Array(outputs) };
}

/** All maps of a CfC in order, the head last. */
function layersOf(weights: CfcWeights): Affine[] {
  return [...weights.body, weights.head].map(toDouble);
}

function affine(layer: Affine, input: Float64Array): Float64Array {
  const { outputs, weight } = layer;
  const result = Float64Array.from(layer.bias);
  for (let i = 0; i < layer.inputs; i += 1) {
    const value = at(input, i);
    const row = i * outputs;
    for (let j = 0; j < outputs; j += 1) result[j] = at(result, j) + value * at(weight, row + j);
  }
  return result;
}

/** Adds one row's part to `gradient` and returns the cotangent of the input. */
function affineBackward(layer: Affine, gradient: Affine, input: Float64Array, cotangent: Float64Array): Float64Array {
  const { outputs, weight } = layer;
  const result = new Float64Array(layer.inputs);
  for (let i = 0; i < layer.inputs; i += 1) {
    const value = at(input, i);
    const row = i * outputs;
    let sum = 0;
    for (let j = 0; j < outputs; j += 1) {
      const d = at(cotangent, j);
      sum += d * at(weight, row + j);
      gradient.weight[row + j] = at(gradient.weight, row + j) + value * d;
    }
    result[i] = sum;
  }
  for (let j = 0; j < outputs; j += 1) gradient.bias[j] = at(gradient.bias, j) + at(cotangent, j);
  return result;
}

/** One step of one row; the last of `layers` is the head. */
export function cfcStep(layers: readonly Affine[], x: Float32Array | Float64Array, h: Float64Array, dt: number): Tape {
  const units = h.length;
  let z: Float64Array = Float64Array.of(...x, ...h);
  const inputs = [z];
  for (const layer of layers.slice(0, -1)) {
    z = affine(layer, z).map((value) => amplitude * Math.tanh(slope * value));
    inputs.push(z);
  }
  const head = layers.at(-1);
  const out = head === undefined ? new Float64Array(0) : affine(head, z);
  const f1 = out.subarray(0, units).map(Math.tanh);
  const f2 = out.subarray(units, 2 * units).map(Math.tanh);
  const gate = f1.map((_, u) => 1 / (1 + Math.exp(-(at(out, 2 * units + u) * dt + at(out, 3 * units + u)))));
  const next = gate.map((g, u) => at(f1, u) * (1 - g) + g * at(f2, u));
  return { inputs, f1, f2, gate, next };
}

/** Adds to the gradients of one step and returns the cotangent of [x, h]. */
export function cfcStepBackward(
  layers: readonly Affine[],
  gradients: readonly Affine[],
  tape: Tape,
  dh: Float64Array,
  dt: number,
): Float64Array {
  const units = dh.length;
  let cotangent: Float64Array = new Float64Array(4 * units);
  for (let u = 0; u < units; u += 1) {
    const [g, a, b, d] = [at(tape.gate, u), at(tape.f1, u), at(tape.f2, u), at(dh, u)];
    const ds = d * (b - a) * g * (1 - g);
    cotangent[u] = d * (1 - g) * (1 - a * a);
    cotangent[units + u] = d * g * (1 - b * b);
    cotangent[2 * units + u] = ds * dt;
    cotangent[3 * units + u] = ds;
  }
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const [layer, gradient, input] = [layers[index], gradients[index], tape.inputs[index]];
    if (layer === undefined || gradient === undefined || input === undefined) continue;
    cotangent = affineBackward(layer, gradient, input, cotangent);
    if (index > 0) {
      cotangent = cotangent.map((d, i) => {
        const t = at(input, i) / amplitude;
        return d * amplitude * slope * (1 - t * t);
      });
    }
  }
  return cotangent;
}

/** Steps of the first distinct sequence rows, each from a zero state: result[row][time]. */
function unroll(layers: readonly Affine[], problem: CfcProblem, steps: number): Tape[][] {
  const { batch, features, units } = problem.shape;
  return Array.from({ length: distinctRows(problem.shape) }, (_, row) => {
    const tapes: Tape[] = [];
    let h: Float64Array = new Float64Array(units);
    for (let t = 0; t < steps; t += 1) {
      const from = (t * batch + row) * features;
      const tape = cfcStep(layers, problem.x.subarray(from, from + features), h, at(problem.elapsed, row));
      tapes.push(tape);
      h = tape.next;
    }
    return tapes;
  });
}

/** All outputs, [steps, batch, units] in row order, of `steps` steps from a zero state. */
export function forwardDouble(problem: CfcProblem, steps: number): Float64Array {
  const { batch, units } = problem.shape;
  const tapes = unroll(layersOf(problem.weights), problem, steps);
  const result = new Float64Array(steps * batch * units);
  for (let t = 0; t < steps; t += 1) {
    for (let b = 0; b < batch; b += 1) {
      const next = tapes[b % tapes.length]?.[t]?.next;
      if (next !== undefined) result.set(next, (t * batch + b) * units);
    }
  }
  return result;
}

/** The loss mean(y²) of the given maps and its gradient, one Affine per map. */
function lossAndGradient(layers: readonly Affine[], problem: CfcProblem): { loss: number; gradients: Affine[] } {
  const { steps, units } = problem.shape;
  const tapes = unroll(layers, problem, steps);
  const count = tapes.length * steps * units;
  const gradients = layers.map(zerosLike);
  let loss = 0;
  tapes.forEach((sequence, row) => {
    let carried: Float64Array = new Float64Array(units);
    for (const tape of sequence.toReversed()) {
      const dh = carried.map((d, u) => d + (2 * at(tape.next, u)) / count);
      for (const y of tape.next) loss += (y * y) / count;
      carried = cfcStepBackward(layers, gradients, tape, dh, at(problem.elapsed, row)).slice(-units);
    }
  });
  return { loss, gradients };
}

/** The loss and the gradient of every weight, flat in the order body…, head, each weight then bias. */
export function gradientDouble(problem: CfcProblem): { loss: number; gradient: Float64Array } {
  const { loss, gradients } = lossAndGradient(layersOf(problem.weights), problem);
  return { loss, gradient: Float64Array.from(gradients.flatMap((g) => [...g.weight, ...g.bias])) };
}

/** The loss before each of `count` successive Adam steps. */
export function trainDouble(problem: CfcProblem, count: number): Float64Array {
  const layers = layersOf(problem.weights);
  const flat = (affines: readonly Affine[]): Float64Array[] => affines.flatMap(({ weight, bias }) => [weight, bias]);
  const evaluate = (): { loss: number; gradients: Float64Array[] } => {
    const { loss, gradients } = lossAndGradient(layers, problem);
    return { loss, gradients: flat(gradients) };
  };
  return adamLosses(flat(layers), evaluate, count);
}
