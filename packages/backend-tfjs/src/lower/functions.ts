/**
 * Lowerings of exponentials and logarithms. An engine's own function is used where it was found right; else these, of
 * sums and products only, to about two units in the last place.
 */

import type { Op } from '@rheo/ir';
import type { Faults } from '../faults.ts';
import type { Tensor, Tfjs } from '../runtime.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';
import { sizeOf } from './views.ts';

/** A function of one float, made of what the engine gets right. */
export type Function1 = (tf: Tfjs, x: Tensor, faults: Faults) => Tensor;

/** The engine's function where it is right, else the other. */
export function function1<K extends Op & keyof Faults>(
  fault: K,
  own: 'exp' | 'expm1' | 'log' | 'log1p' | 'sin' | 'cos' | 'tanh' | 'sigmoid',
  other: Function1,
): Lowering<K> {
  return (x, _attributes, { tf, faults }) => {
    return faults[fault] ? other(tf, operand(x, 0), faults) : tf[own](operand(x, 0));
  };
}

/** Horner's rule; the coefficient of the highest power first. */
export function polynomial(tf: Tfjs, x: Tensor, coefficients: readonly number[]): Tensor {
  let sum = tf.scalar(coefficients[0] as number);
  for (const coefficient of coefficients.slice(1)) sum = tf.add(tf.mul(x, sum), tf.scalar(coefficient));
  return sum;
}

/** ln 2 in two parts: the products of the first with exponents are exact. */
const [ln2High, ln2Low] = [355 / 512, Math.LN2 - 355 / 512];
const exponents: readonly number[] = Array.from({ length: 256 }, (_, i) => i - 127);
/** 1/0!, 1/1! … 1/13!. */
const factorials: number[] = [1];
for (let n = 1; n <= 13; n++) factorials.push((factorials[n - 1] as number) / n);

/** x · 2ⁿ for whole n from −127 to 128, in two factors that are both normal numbers or 0. */
function scale(tf: Tfjs, x: Tensor, n: Tensor): Tensor {
  const { shape } = n;
  const index = tf.cast(tf.reshape(tf.add(n, tf.scalar(127)), [sizeOf(shape)]), 'int32');
  const factor = (power: (n: number) => number): Tensor => {
    const table = tf.tensor(
      Float32Array.from(exponents, (e) => 2 ** power(e)),
      [exponents.length],
      'float32',
    );
    return tf.reshape(tf.gather(table, index, 0), shape);
  };
  return tf.mul(
    tf.mul(
      x,
      factor((e) => Math.floor(e / 2)),
    ),
    factor((e) => e - Math.floor(e / 2)),
  );
}

/** x within [low, high]; NaN stays. */
function clamp(tf: Tfjs, x: Tensor, low: number, high: number): Tensor {
  const [least, most] = [tf.scalar(low), tf.scalar(high)];
  return tf.where(tf.less(x, least), least, tf.where(tf.less(most, x), most, x));
}

/** found, but NaN where x is. */
function keepNaN(tf: Tfjs, x: Tensor, found: Tensor): Tensor {
  return tf.where(tf.equal(x, x), found, tf.scalar(Number.NaN));
}

/** eˣ = 2ⁿ · eʳ with |r| ≤ ln 2 / 2. */
export const exp: Function1 = (tf, x) => {
  const bounded = clamp(tf, x, -88, 89);
  const n = tf.floor(tf.add(tf.mul(bounded, tf.scalar(Math.LOG2E)), tf.scalar(0.5)));
  const rest = tf.sub(tf.sub(bounded, tf.mul(n, tf.scalar(ln2High))), tf.mul(n, tf.scalar(ln2Low)));
  const found = scale(tf, polynomial(tf, rest, factorials.slice(0, 8).reverse()), n);
  // Below −88 lies what a device may take for 0.
  return keepNaN(tf, x, tf.where(tf.less(x, tf.scalar(-88)), tf.scalar(0), found));
};

/** eˣ − 1 for |x| ≤ 1.1, by its Taylor series: the difference would lose digits. */
export const expm1Near: Function1 = (tf, x) => tf.mul(x, polynomial(tf, x, factorials.slice(1).reverse()));

export const expm1: Function1 = (tf, x, faults) => {
  const far = tf.sub(faults.exp ? exp(tf, x, faults) : tf.exp(x), tf.scalar(1));
  return tf.where(tf.less(tf.abs(x), tf.scalar(1)), expm1Near(tf, x, faults), far);
};

/** log x = n · ln 2 + log m with m near 1, and log m = 2 atanh((m − 1) / (m + 1)). */
export const log: Function1 = (tf, x) => {
  const zero = tf.scalar(0);
  const rough = tf.mul(tf.log(x), tf.scalar(Math.LOG2E));
  const n = clamp(tf, tf.floor(tf.add(rough, tf.scalar(0.5))), -126, 127);
  const near = scale(tf, x, tf.neg(n));
  const one = tf.scalar(1);
  const s = tf.div(tf.sub(near, one), tf.add(near, one));
  const square = tf.mul(s, s);
  const series = tf.mul(s, polynomial(tf, square, [2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2]));
  const found = tf.add(tf.mul(n, tf.scalar(ln2High)), tf.add(tf.mul(n, tf.scalar(ln2Low)), series));
  const infinite = tf.equal(x, tf.scalar(Number.POSITIVE_INFINITY));
  const positive = tf.where(infinite, x, tf.where(tf.less(x, zero), tf.scalar(Number.NaN), found));
  return keepNaN(tf, x, tf.where(tf.equal(x, zero), tf.scalar(Number.NEGATIVE_INFINITY), positive));
};

/** log(1 + x), the rounding of u = 1 + x made good by x / (u − 1); where nothing was rounded, log u itself. */
export const log1p: Function1 = (tf, x, faults) => {
  const one = tf.scalar(1);
  const u = tf.add(x, one);
  const back = tf.sub(u, one);
  const rough = faults.log ? log(tf, u, faults) : tf.log(u);
  const whole = tf.equal(back, x);
  const ratio = tf.div(x, tf.where(whole, u, back));
  const fine = tf.where(tf.equal(u, one), x, tf.mul(rough, ratio));
  return tf.where(whole, tf.where(tf.equal(x, tf.scalar(0)), x, rough), fine);
};
