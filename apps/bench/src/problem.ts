/**
 * The numbers every contender gets: seeded weights, inputs and elapsed times for one (shape, mode).
 *
 * The batch repeats a few distinct rows, so that a slow double-precision reference can check a large batch; no
 * engine's speed depends on it. A fused head holds the four output maps side by side (f1, f2, a, b).
 */
import type { Mode, Shape } from './shapes.ts';

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

export interface Problem {
  readonly shape: Shape;
  readonly mode: Mode;
  readonly weights: CfcWeights;
  /** Rows of time in `x`: the shape's steps, or for `stream` the inputs that successive calls cycle through. */
  readonly rows: number;
  /** [rows, batch, features]. */
  readonly x: Float32Array;
  /** [batch]: the elapsed time of each sequence's steps. */
  readonly elapsed: Float32Array;
}

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
export function makeProblem(shape: Shape, mode: Mode, seed = 1): Problem {
  const random = generator(seed);
  const uniform = (count: number, low: number, high: number): Float32Array =>
    Float32Array.from({ length: count }, () => low + (high - low) * random());
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
  const head = dense(width, 4 * shape.units);

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
  return { shape, mode, weights: { body, head }, rows, x, elapsed };
}
