/**
 * What an engine gets wrong, found by asking it once: the lowerings go around exactly that.
 *
 * Asked in tensors that are too large for the small-tensor shortcuts through the processor that GPU engines take, so
 * that the answer is the device's. A function is wrong where it is more than three units in the last place off.
 */

import type { Tensor, Tfjs } from './runtime.ts';

/** True for what is wrong. */
export interface Faults {
  /** sign(NaN) is not NaN, or that of a small number is 0. */
  readonly sign: boolean;
  /** 0/0 or ∞/∞ is not NaN. */
  readonly div: boolean;
  /** max(1, NaN) or max(NaN, 1) is not NaN. */
  readonly max: boolean;
  /** The maximum over an axis passes over NaN, or is not −∞ where all are. */
  readonly reduceMax: boolean;
  readonly exp: boolean;
  readonly expm1: boolean;
  readonly log: boolean;
  readonly log1p: boolean;
  readonly sin: boolean;
  readonly cos: boolean;
  readonly tanh: boolean;
  readonly logistic: boolean;
}

/** What is computed of two lists of numbers, and the right answers. */
interface Question {
  readonly ask: (tf: Tfjs, x: Tensor, y: Tensor) => Tensor;
  readonly x: readonly number[];
  readonly y?: readonly number[];
  readonly wanted: readonly number[];
  /** Least size that an error is measured against; 0 unless given. */
  readonly floor?: number;
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const angles: readonly number[] = [0.1, 0.7, 1.6, -2.5, 3.1, 11, -98.6, 1001, 8000];

const questions: { readonly [K in keyof Faults]: Question } = {
  sign: { ask: (tf, x) => tf.sign(x), x: [nan, 1e-30, -1e-30, 0], wanted: [nan, 1, -1, 0] },
  div: { ask: (tf, x, y) => tf.div(x, y), x: [0, inf, 1, 6], y: [0, inf, 0, 2], wanted: [nan, nan, inf, 3] },
  max: {
    ask: (tf, x, y) => tf.add(tf.maximum(x, y), tf.minimum(x, y)),
    x: [1, nan, 1],
    y: [nan, 1, 2],
    wanted: [nan, nan, 3],
  },
  reduceMax: {
    ask: (tf, x, y) => tf.max(tf.concat([x, y], 0), 0),
    x: [1, nan, -inf, 1],
    y: [nan, 1, -inf, 2],
    wanted: [nan, nan, -inf, 2],
  },
  exp: like((tf, x) => tf.exp(x), Math.exp, [-80, -20.3, -7.7, -1.1, 0.1, 10.7, 41.3, 80.2, inf, -inf]),
  expm1: like((tf, x) => tf.expm1(x), Math.expm1, [1e-7, -1e-3, 0.3, -0.3, 0.9, 20.2, inf, -inf]),
  log: like((tf, x) => tf.log(x), Math.log, [0, 1e-30, 0.9, 1 + 2 ** -20, 1 - 2 ** -20, 3.3, 1e30, inf, -1]),
  log1p: like((tf, x) => tf.log1p(x), Math.log1p, [1e-7, -1e-3, -0.05, 0.3, 1e10, inf, -1, -2]),
  sin: { ...like((tf, x) => tf.sin(x), Math.sin, angles), floor: 1 },
  cos: { ...like((tf, x) => tf.cos(x), Math.cos, angles), floor: 1 },
  tanh: like((tf, x) => tf.tanh(x), Math.tanh, [1e-30, 1e-3, -0.02, 0.3, 0.7, -3, 20, 1000]),
  logistic: like(
    (tf, x) => tf.sigmoid(x),
    (x) => 1 / (1 + Math.exp(-x)),
    [-80, -17, -7.3, -1.1, 2.2, 30, -inf],
  ),
};

/** A function of one float, against what it is in double; NaN must stay NaN. */
function like(ask: Question['ask'], right: (x: number) => number, points: readonly number[]): Question {
  const x = [...points.map(Math.fround), nan];
  return { ask, x, wanted: x.map(right) };
}

/** Elements of a question: more than engines hand to the processor. */
const size = 2048;

/** Asks everything; `segment` runs a piece of work on the engine that is asked. */
export async function findFaults(tf: Tfjs, segment: <T>(work: () => T) => Promise<T>): Promise<Faults> {
  const names = Object.keys(questions) as (keyof Faults)[];
  const asked = await segment(() => names.map((name) => tf.tidy(() => answer(tf, questions[name]))));
  const answers = await Promise.all(asked.map((tensor) => tensor.data()));
  for (const tensor of asked) tensor.dispose();
  const found = names.map((name, index) => [name, isWrong(questions[name], answers[index] ?? [])]);
  return Object.fromEntries(found) as unknown as Faults;
}

function answer(tf: Tfjs, { ask, x, y = x }: Question): Tensor {
  const [a, b] = [x, y].map((list) => {
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => list[i % list.length] as number),
      [1, size],
      'float32',
    );
  });
  return ask(tf, a as Tensor, b as Tensor);
}

function isWrong({ wanted, floor = 0 }: Question, got: ArrayLike<number>): boolean {
  return wanted.some((right, index) => {
    const found = got[index] as number;
    if (!Number.isFinite(right)) return !Object.is(found, right);
    return !(Math.abs(found - right) <= 3 * 2 ** -23 * Math.max(floor, Math.abs(right)));
  });
}
