/**
 * The numbers every contender gets: seeded weights, inputs and elapsed times for one (shape, mode).
 *
 * The batch repeats a few distinct rows, so that a slow double-precision reference can check a large batch; no
 * engine's speed depends on it. A fused head holds the four output maps side by side (f1, f2, a, b).
 */
import type { CfcShape, LtcShape, Mode, Shape } from './shapes.ts';

/** An affine map: `weight` is [inputs, outputs] in row order, `bias` is [outputs]. */
export interface Dense {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface CfcWeights {
  readonly body: readonly Dense[];
  /** Four maps of `units` outputs each, in the order f1, f2, a, b. */
  readonly head: Dense;
}

/** The parameters of an LTC, by the names of its original. */
export const ltcNames = [
  'gleak',
  'vleak',
  'cm',
  'sigma',
  'mu',
  'w',
  'erev',
  'sensory_sigma',
  'sensory_mu',
  'sensory_w',
  'sensory_erev',
] as const;

/** Matrices are [source, target]; masks hold 1 where there is a synapse. */
export interface LtcWeights {
  readonly parameters: { readonly [name in (typeof ltcNames)[number]]: Float32Array };
  readonly mask: Float32Array;
  readonly sensoryMask: Float32Array;
}

interface Inputs {
  readonly mode: Mode;
  /** Rows of time in `x`: the shape's steps, or for `stream` the inputs that successive calls cycle through. */
  readonly rows: number;
  /** [rows, batch, features]. */
  readonly x: Float32Array;
  /** [batch]: the elapsed time of each sequence's steps. */
  readonly elapsed: Float32Array;
}

export interface CfcProblem extends Inputs {
  readonly cell: 'cfc';
  readonly shape: CfcShape;
  readonly weights: CfcWeights;
}

export interface LtcProblem extends Inputs {
  readonly cell: 'ltc';
  readonly shape: LtcShape;
  readonly weights: LtcWeights;
}

export type Problem = CfcProblem | LtcProblem;

/** Adam's settings, and how many losses a training check compares. */
export const adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
export const checkedLosses = 3;

/** Calls of a streaming check, and the distinct inputs that streaming cycles through. */
export const checkedCalls = 16;
const streamRows = 64;
const mostDistinctRows = 4;

/** mulberry32: a 32-bit generator, uniform in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** How many leading rows of the batch are distinct; row b repeats row b mod this, and it divides the batch. */
export function distinctRows(shape: Shape): number {
  let rows = Math.min(shape.batch, mostDistinctRows);
  while (shape.batch % rows !== 0) rows -= 1;
  return rows;
}

type Uniform = (count: number, low: number, high: number) => Float32Array;

function cfcWeights(shape: CfcShape, uniform: Uniform): CfcWeights {
  const dense = (inputs: number, outputs: number): Dense => {
    const bound = 1 / Math.sqrt(inputs);
    const weight = uniform(inputs * outputs, -bound, bound);
    return { inputs, outputs, weight, bias: uniform(outputs, -bound, bound) };
  };
  const body: Dense[] = [];
  let width = shape.features + shape.units;
  for (let layer = 0; layer < shape.depth; layer += 1) {
    body.push(dense(width, shape.backbone));
    width = shape.backbone;
  }
  return { body, head: dense(width, 4 * shape.units) };
}

/** First values in the ranges of the original; polarities are random. */
function ltcWeights({ wiring, features, units }: LtcShape, uniform: Uniform): LtcWeights {
  const built = wiring.build(features);
  const present = (adjacency: Int8Array): Float32Array => Float32Array.from(adjacency, (sign) => (sign === 0 ? 0 : 1));
  const signs = (count: number): Float32Array => uniform(count, -1, 1).map((value) => (value < 0 ? -1 : 1));
  const [inner, sensory] = [units * units, features * units];
  const parameters = {
    gleak: uniform(units, 0.001, 1),
    vleak: uniform(units, -0.2, 0.2),
    cm: uniform(units, 0.4, 0.6),
    sigma: uniform(inner, 3, 8),
    mu: uniform(inner, 0.3, 0.8),
    w: uniform(inner, 0.001, 1),
    erev: signs(inner),
    sensory_sigma: uniform(sensory, 3, 8),
    sensory_mu: uniform(sensory, 0.3, 0.8),
    sensory_w: uniform(sensory, 0.001, 1),
    sensory_erev: signs(sensory),
  };
  return { parameters, mask: present(built.adjacency()), sensoryMask: present(built.sensoryAdjacency()) };
}

/** Makes the numbers of one problem; equal arguments give equal numbers. */
export function makeProblem(shape: CfcShape, mode: Mode, seed?: number): CfcProblem;
export function makeProblem(shape: LtcShape, mode: Mode, seed?: number): LtcProblem;
export function makeProblem(shape: Shape, mode: Mode, seed?: number): Problem;
export function makeProblem(shape: Shape, mode: Mode, seed: number = 1): Problem {
  const random = generator(seed);
  const uniform: Uniform = (count, low, high) =>
    Float32Array.from({ length: count }, () => low + (high - low) * random());
  if (shape.cell === 'cfc') {
    const weights = cfcWeights(shape, uniform);
    return { cell: 'cfc', shape, weights, ...inputsOf(shape, mode, uniform) };
  }
  const weights = ltcWeights(shape, uniform);
  return { cell: 'ltc', shape, weights, ...inputsOf(shape, mode, uniform) };
}

function inputsOf(shape: Shape, mode: Mode, uniform: Uniform): Inputs {
  const rows = mode === 'stream' ? streamRows : shape.steps;
  const distinct = distinctRows(shape);
  const { batch, features } = shape;
  const pattern = uniform(rows * distinct * features, -1, 1);
  const times = uniform(distinct, 0.5, 1.5);
  const x = new Float32Array(rows * batch * features);
  for (let row = 0; row < rows; row += 1) {
    for (let b = 0; b < batch; b += 1) {
      const from = (row * distinct + (b % distinct)) * features;
      x.set(pattern.subarray(from, from + features), (row * batch + b) * features);
    }
  }
  const elapsed = Float32Array.from({ length: batch }, (_, b) => times[b % distinct] ?? 1);
  return { mode, rows, x, elapsed };
}
