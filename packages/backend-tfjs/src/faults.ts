/**
 * What an engine gets wrong, found by asking it once: the lowerings go around exactly that.
 *
 * Asked in tensors that are too large for the small-tensor shortcuts through the processor that GPU engines take, so
 * that the answer is the device's.
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
  /** The maximum over an axis passes over NaN. */
  readonly reduceMax: boolean;
  /** log 0 is not −∞. */
  readonly log: boolean;
}

/** A question: what it computes of x and y, and the answer wanted in the first element. */
interface Question {
  readonly x: number;
  readonly y: number;
  readonly ask: (tf: Tfjs, x: Tensor, y: Tensor) => Tensor;
  readonly wanted: number;
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const questions: { readonly [K in keyof Faults]: readonly Question[] } = {
  sign: [
    { x: nan, y: 0, ask: (tf, x) => tf.sign(x), wanted: nan },
    { x: 1e-30, y: 0, ask: (tf, x) => tf.sign(x), wanted: 1 },
  ],
  div: [
    { x: 0, y: 0, ask: (tf, x, y) => tf.div(x, y), wanted: nan },
    { x: inf, y: inf, ask: (tf, x, y) => tf.div(x, y), wanted: nan },
  ],
  max: [
    { x: 1, y: nan, ask: (tf, x, y) => tf.maximum(x, y), wanted: nan },
    { x: nan, y: 1, ask: (tf, x, y) => tf.maximum(x, y), wanted: nan },
    { x: 1, y: nan, ask: (tf, x, y) => tf.minimum(x, y), wanted: nan },
    { x: nan, y: 1, ask: (tf, x, y) => tf.minimum(x, y), wanted: nan },
  ],
  reduceMax: [
    { x: 1, y: nan, ask: (tf, x, y) => tf.max(tf.concat([x, y], 0), 0), wanted: nan },
    { x: nan, y: 1, ask: (tf, x, y) => tf.max(tf.concat([x, y], 0), 0), wanted: nan },
  ],
  log: [{ x: 0, y: 0, ask: (tf, x) => tf.log(x), wanted: -inf }],
};

/** Elements of a question: more than engines hand to the processor. */
const size = 2048;

/** Asks everything; `segment` runs a piece of work on the engine that is asked. */
export async function findFaults(tf: Tfjs, segment: <T>(work: () => T) => Promise<T>): Promise<Faults> {
  const found = { sign: false, div: false, max: false, reduceMax: false, log: false };
  for (const [name, list] of Object.entries(questions) as [keyof Faults, readonly Question[]][]) {
    for (const { x, y, ask, wanted } of list) {
      const tensor = await segment(() =>
        tf.tidy(() => {
          const [a, b] = [x, y].map((value) => tf.tensor(new Float32Array(size).fill(value), [1, size], 'float32'));
          return ask(tf, a as Tensor, b as Tensor);
        }),
      );
      const answer = (await tensor.data())[0];
      tensor.dispose();
      if (!Object.is(answer, wanted)) found[name] = true;
    }
  }
  return found;
}
