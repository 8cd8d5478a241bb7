/**
 * Meanings of the elementwise ops. Rounding to f32 and wrapping to 32 bits happen where a result is stored: the array
 * of the result's dtype does it.
 */

import { threefry2x32 } from '../threefry.ts';
import { isFloat } from '../types.ts';
import type { Context, Kernel, MeaningRule } from './kernel.ts';
import { kernel1, kernel2, kernel3 } from './kernel.ts';

type PlainRule = (attributes: object, context: Context) => Kernel;

/** Elementwise op of one operand. */
export function unary(compute: (x: number) => number): PlainRule {
  return (_attributes, { result, allocate }) =>
    kernel1((x) => {
      const out = allocate(result);
      for (let i = 0; i < out.length; i++) out[i] = compute(x[i] as number);
      return out;
    });
}

/** Elementwise op of two operands; comparisons return 0 or 1. */
export function binary(compute: (a: number, b: number) => number): PlainRule {
  return (_attributes, { result, allocate }) =>
    kernel2((a, b) => {
      const out = allocate(result);
      for (let i = 0; i < out.length; i++) out[i] = compute(a[i] as number, b[i] as number);
      return out;
    });
}

/** Integer products keep their low 32 bits, which a product in double would lose. */
export const mul: MeaningRule<'mul'> = (attributes, context) =>
  (isFloat(context.result.dtype) ? binary((a, b) => a * b) : binary(Math.imul))(attributes, context);

/** 1 / (1 + e^(−x)), without overflow on either side. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** a where p is true, b elsewhere. */
export const select: MeaningRule<'select'> = (_attributes, { result, allocate }) =>
  kernel3((p, a, b) => {
    const out = allocate(result);
    for (let i = 0; i < out.length; i++) out[i] = (p[i] === 0 ? b[i] : a[i]) as number;
    return out;
  });

/** To i32 toward zero and saturating, NaN to 0; to bool x ≠ 0; else the nearest value. */
export const convert: MeaningRule<'convert'> = ({ to }, context) => {
  if (to === context.operand(0).dtype) return (operands) => operands;
  if (to === 'bool') return unary((x) => (x === 0 ? 0 : 1))({}, context);
  return unary(to === 'i32' ? saturate : (x) => x)({}, context);
};

/** The upper bits of the first word of threefry2x32-20(key, (high, low)). */
export const randomBits: MeaningRule<'random_bits'> = ({ bits }, { result, allocate }) =>
  kernel3((key, high, low) => {
    const out = allocate(result);
    const [key0, key1] = key as unknown as [number, number];
    for (let i = 0; i < out.length; i++) {
      out[i] = threefry2x32(key0, key1, high[i] as number, low[i] as number)[0] >>> (32 - bits);
    }
    return out;
  });

function saturate(x: number): number {
  return Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));
}
