/**
 * Lowerings of arithmetic, comparisons, logic and choice.
 */

import type { Op } from '@rheo/ir';
import type { Faults } from '../faults.ts';
import type { Tensor, Tfjs } from '../runtime.ts';
import type { Lowering } from './rule.ts';
import { operand } from './rule.ts';

/** A function of the engine that takes one tensor. */
export function plain1<K extends Op>(name: 'neg' | 'abs' | 'floor' | 'sqrt' | 'logicalNot'): Lowering<K> {
  return (x, _attributes, { tf }) => tf[name](operand(x, 0));
}

/** A function of the engine that takes two tensors of one shape. */
export function plain2<K extends Op>(
  name: 'add' | 'sub' | 'mul' | 'less' | 'lessEqual' | 'logicalAnd' | 'logicalOr',
): Lowering<K> {
  return (x, _attributes, { tf }) => tf[name](operand(x, 0), operand(x, 1));
}

/** An engine may take small numbers for 0, or NaN: there, by comparisons. */
export const sign: Lowering<'sign'> = ([x], _attributes, { tf, faults }) => {
  const value = x as Tensor;
  if (!faults.sign) return tf.sign(value);
  const zero = tf.scalar(0);
  const [above, below] = [tf.less(zero, value), tf.less(value, zero)];
  const found = tf.sub(asFloat(tf, above), asFloat(tf, below));
  return tf.where(isNotNumber(tf, value), value, found);
};

/** Where both are equal an engine may say 1, also for 0/0 and ∞/∞: there, 1 + (a − b) · (1/b) is 1 or NaN. */
export const div: Lowering<'div'> = (x, _attributes, { tf, faults }) => {
  const [a, b] = x as [Tensor, Tensor];
  const quotient = tf.div(a, b);
  if (!faults.div) return quotient;
  const one = tf.add(tf.mul(tf.sub(a, b), tf.reciprocal(b)), tf.scalar(1));
  return tf.where(tf.equal(a, b), one, quotient);
};

/** The larger or smaller of two tensors; NaN if either is NaN. */
export function larger(
  tf: Tfjs,
  a: Tensor,
  b: Tensor,
  faults: Faults,
  name: 'maximum' | 'minimum' = 'maximum',
): Tensor {
  const found = tf[name](a, b);
  if (!faults.max) return found;
  return tf.where(isNotNumber(tf, a), a, tf.where(isNotNumber(tf, b), b, found));
}

/** `larger` as a rule. */
export function extreme<K extends 'max' | 'min'>(name: 'maximum' | 'minimum'): Lowering<K> {
  return (x, _attributes, { tf, faults }) => larger(tf, operand(x, 0), operand(x, 1), faults, name);
}

/** Equality; of bools, as floats of 0 and 1. */
export const eq: Lowering<'eq'> = (x, _attributes, { tf, operands }) => {
  const [a, b] = x as [Tensor, Tensor];
  if (operands[0]?.dtype !== 'bool') return tf.equal(a, b);
  return tf.equal(asFloat(tf, a), asFloat(tf, b));
};

/** A choice between bools is made of logic: kernels that choose read them at a wrong width. */
export const select: Lowering<'select'> = (x, _attributes, { tf, result }) => {
  const [p, a, b] = x as [Tensor, Tensor, Tensor];
  if (result.dtype !== 'bool') return tf.where(p, a, b);
  return tf.logicalOr(tf.logicalAnd(p, a), tf.logicalAnd(tf.logicalNot(p), b));
};

/** Between f32 and bool; a cast to bool would truncate. */
export const convert: Lowering<'convert'> = ([x], { to }, { tf, operands }) => {
  if (operands[0]?.dtype === to) return tf.clone(x as Tensor);
  return to === 'bool' ? asBool(tf, x as Tensor) : asFloat(tf, x as Tensor);
};

/** x ≠ 0. */
export function asBool(tf: Tfjs, x: Tensor): Tensor {
  return tf.logicalNot(tf.equal(x, tf.scalar(0)));
}

/** A bool as 0 and 1. The cast would share the bool's memory, which some kernels of webgpu then refuse to read. */
export function asFloat(tf: Tfjs, x: Tensor): Tensor {
  return tf.where(x, tf.scalar(1), tf.scalar(0));
}

/** True where x is NaN. */
export function isNotNumber(tf: Tfjs, x: Tensor): Tensor {
  return tf.logicalNot(tf.equal(x, x));
}
