/**
 * Lowerings of the functions whose values are bounded: tanh, logistic, erf, sin, cos; see `functions.ts`.
 */

import type { Tensor, Tfjs } from '../runtime.ts';
import type { Function1 } from './functions.ts';
import { exp, expm1Near, polynomial } from './functions.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';

/** (e²ˣ − 1) / (e²ˣ + 1) near 0, and ±(1 − 2 / (e^|2x| + 1)) elsewhere. */
export const tanh: Function1 = (tf, x, faults) => {
  const [one, two] = [tf.scalar(1), tf.scalar(2)];
  const near = expm1Near(tf, tf.mul(x, two), faults);
  const grown = tf.mul(tf.abs(x), two);
  const large = faults.exp ? exp(tf, grown, faults) : tf.exp(grown);
  const far = tf.sub(one, tf.div(two, tf.add(large, one)));
  const signed = tf.where(tf.less(x, tf.scalar(0)), tf.neg(far), far);
  return tf.where(tf.less(tf.abs(x), tf.scalar(0.55)), tf.div(near, tf.add(near, two)), signed);
};

/** 1 / (1 + e) or e / (1 + e) with e = e^−|x|, which never overflows. */
export const logistic: Function1 = (tf, x, faults) => {
  const one = tf.scalar(1);
  const shrunk = tf.neg(tf.abs(x));
  const small = faults.exp ? exp(tf, shrunk, faults) : tf.exp(shrunk);
  const whole = tf.add(one, small);
  return tf.where(tf.less(x, tf.scalar(0)), tf.div(small, whole), tf.div(one, whole));
};

/** 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)) below 1; beyond, the engine's own, which is right to 2e-7 absolutely. */
export const erf: Lowering<'erf'> = (operands, _attributes, { tf }) => {
  const x = operand(operands, 0);
  const near = tf.mul(x, polynomial(tf, tf.mul(x, x), erfSeries()));
  return tf.where(tf.less(tf.abs(x), tf.scalar(1)), near, tf.erf(x));
};

/** Coefficients of the series of erf x / x in x², highest first. */
function erfSeries(): number[] {
  const coefficients: number[] = [];
  let factorial = 1;
  for (let n = 0; n <= 11; n++) {
    if (n > 0) factorial *= -n;
    coefficients.unshift(2 / Math.sqrt(Math.PI) / (factorial * (2 * n + 1)));
  }
  return coefficients;
}

/** π/2 in three parts; the products of the first two with whole numbers below 2^13 are exact. */
const high: number = 201 / 128;
const middle: number = Math.round((Math.PI / 2 - high) * 2 ** 22) / 2 ** 22;
const low: number = Math.PI / 2 - high - middle;

export const sin: Function1 = (tf, x) => wave(tf, x, 0);

export const cos: Function1 = (tf, x) => wave(tf, x, 1);

/** sin(x + turns · π/2): the nearest multiple of π/2 says which series of the rest to take, and its sign. */
function wave(tf: Tfjs, x: Tensor, turns: number): Tensor {
  const k = tf.floor(tf.add(tf.mul(x, tf.scalar(2 / Math.PI)), tf.scalar(0.5)));
  const coarse = tf.sub(tf.sub(x, tf.mul(k, tf.scalar(high))), tf.mul(k, tf.scalar(middle)));
  const rest = tf.sub(coarse, tf.mul(k, tf.scalar(low)));
  const square = tf.mul(rest, rest);
  const odd = tf.mul(rest, polynomial(tf, square, [1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1]));
  const even = polynomial(tf, square, [-1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2, 1]);
  const turned = tf.add(k, tf.scalar(turns));
  const quarter = tf.sub(turned, tf.mul(tf.floor(tf.mul(turned, tf.scalar(1 / 4))), tf.scalar(4)));
  const half = tf.sub(quarter, tf.mul(tf.floor(tf.mul(quarter, tf.scalar(1 / 2))), tf.scalar(2)));
  const found = tf.where(tf.less(half, tf.scalar(0.5)), odd, even);
  return tf.where(tf.less(quarter, tf.scalar(1.5)), found, tf.neg(found));
}
