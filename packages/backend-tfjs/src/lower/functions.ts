/**
 * Lowerings of the functions of one float. An engine's own function is used where it was found right.
 */

import type { Tensor } from '../runtime.ts';
import type { Context, Lowering } from './rule.ts';

type Function1 = (x: readonly [Tensor] | readonly Tensor[], attributes: object, context: Context) => Tensor;

/** A function of the engine as it is. */
export function own(name: 'exp' | 'sin' | 'cos' | 'tanh' | 'sigmoid'): Function1 {
  return ([x], _attributes, { tf }) => tf[name](x as Tensor);
}

/** Where the engine has no −∞ at 0, it is put there. */
export const log: Function1 = ([x], _attributes, { tf, faults }) => {
  const found = tf.log(x as Tensor);
  if (!faults.log) return found;
  return tf.where(
    tf.equal(x as Tensor, tf.scalar(0)),
    tf.mul(tf.abs(found), tf.scalar(Number.NEGATIVE_INFINITY)),
    found,
  );
};

/** log(1 + x), the rounding of u = 1 + x made good by x / (u − 1); where nothing was rounded, log u itself. */
export const log1p: Lowering<'log1p'> = (operands, attributes, context) => {
  const { tf } = context;
  const x = operands[0] as Tensor;
  const u = tf.add(x, tf.scalar(1));
  const back = tf.sub(u, tf.scalar(1));
  const rough = log([u], attributes, context);
  const whole = tf.equal(back, x);
  const ratio = tf.div(x, tf.where(whole, u, back));
  const fine = tf.where(tf.equal(u, tf.scalar(1)), x, tf.mul(rough, ratio));
  return tf.where(whole, tf.where(tf.equal(x, tf.scalar(0)), x, rough), fine);
};

/** eˣ − 1; by its Taylor series below ½, where the difference would lose digits. */
export const expm1: Lowering<'expm1'> = ([x], _attributes, { tf }) => {
  const value = x as Tensor;
  let sum = tf.scalar(1);
  for (let n = 9; n >= 2; n--) sum = tf.add(tf.mul(tf.mul(value, tf.scalar(1 / n)), sum), tf.scalar(1));
  const near = tf.less(tf.abs(value), tf.scalar(0.5));
  return tf.where(near, tf.mul(value, sum), tf.sub(tf.exp(value), tf.scalar(1)));
};

/** 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)) below 1; beyond, the engine's own, which is right to 2e-7 absolutely. */
export const erf: Lowering<'erf'> = ([x], _attributes, { tf }) => {
  const value = x as Tensor;
  const near = tf.less(tf.abs(value), tf.scalar(1));
  const square = tf.mul(value, value);
  let sum = tf.scalar(0);
  for (const coefficient of erfSeries) sum = tf.add(tf.mul(square, sum), tf.scalar(coefficient));
  return tf.where(near, tf.mul(value, sum), tf.erf(value));
};

/** Coefficients of the series of erf x / x in x², highest first. */
const erfSeries: readonly number[] = series();

function series(): number[] {
  const coefficients: number[] = [];
  let factorial = 1;
  for (let n = 0; n <= 11; n++) {
    if (n > 0) factorial *= -n;
    coefficients.unshift(2 / Math.sqrt(Math.PI) / (factorial * (2 * n + 1)));
  }
  return coefficients;
}
