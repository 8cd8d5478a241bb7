/**
 * The numbers every contender gets: seeded weights, inputs and elapsed times for one (shape, mode).
 *
 * The batch repeats a few distinct rows, so that a slow double-precision reference can check a large batch; no
 * engine's speed depends on it.
 */
import type { CfcShape, LtcShape, Mode, NcpShape, Shape } from './shapes.ts';
import type { CfcWeights, LtcWeights, NcpWeights, Uniform } from './weights.ts';
import { cfcWeights, ltcWeights, ncpWeights } from './weights.ts';

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

export interface NcpProblem extends Inputs {
  readonly cell: 'ncp';
  readonly shape: NcpShape;
  readonly weights: NcpWeights;
}

export type Problem = CfcProblem | LtcProblem | NcpProblem;

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

/** Makes the numbers of one problem; equal arguments give equal numbers. */
export function makeProblem(shape: CfcShape, mode: Mode, seed?: number): CfcProblem;
export function makeProblem(shape: LtcShape, mode: Mode, seed?: number): LtcProblem;
export function makeProblem(shape: NcpShape, mode: Mode, seed?: number): NcpProblem;
export function makeProblem(shape: Shape, mode: Mode, seed?: number): Problem;
export function makeProblem(shape: Shape, mode: Mode, seed: number = 1): Problem {
  const random = generator(seed);
  const uniform: Uniform = (count, low, high) =>
    Float32Array.from({ length: count }, () => low + (high - low) * random());
  // Weights are drawn before inputs.
  if (shape.cell === 'cfc') {
    const weights = cfcWeights(shape, uniform);
    return { cell: 'cfc', shape, weights, ...inputsOf(shape, mode, uniform) };
  }
  if (shape.cell === 'ncp') {
    const weights = ncpWeights(shape, uniform);
    return { cell: 'ncp', shape, weights, ...inputsOf(shape, mode, uniform) };
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
