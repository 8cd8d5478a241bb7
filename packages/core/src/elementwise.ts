/**
 * Elementwise tensor functions, one per op of the language, with numbers and aligned shapes as operands.
 *
 * Names are those of the ops; `ne`, `gt` and `ge` are spelled with the ops that exist.
 */

import type { DType, Op } from '@rheo/ir';
import { align, expand, fail } from './align.ts';
import type { Operand } from './tensor.ts';
import { Tensor } from './tensor.ts';
import { emitOne } from './tracing.ts';

type PlainOp = Extract<
  Op,
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'sqrt'
  | 'tanh'
  | 'logistic'
  | 'erf'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'max'
  | 'min'
  | 'eq'
  | 'lt'
  | 'le'
  | 'and'
  | 'or'
  | 'not'
>;

/** A function of one tensor, element by element. */
export type Unary = (x: Tensor) => Tensor;
/** A function of two operands, element by element, of which at least one is a tensor. */
export type Binary = (a: Operand, b: Operand) => Tensor;

/** −x. */
export const neg: Unary = unary('neg');
/** |x|; its derivative at 0 is 0. */
export const abs: Unary = unary('abs');
/** −1, 0 or 1. */
export const sign: Unary = unary('sign');
/** Largest integer not above x. */
export const floor: Unary = unary('floor');
/** e^x. */
export const exp: Unary = unary('exp');
/** e^x − 1, accurate near 0. */
export const expm1: Unary = unary('expm1');
/** Natural logarithm. */
export const log: Unary = unary('log');
/** log(1 + x), accurate near 0. */
export const log1p: Unary = unary('log1p');
/** Sine; accurate for |x| ≤ 8192. */
export const sin: Unary = unary('sin');
/** Cosine; accurate for |x| ≤ 8192. */
export const cos: Unary = unary('cos');
/** Square root. */
export const sqrt: Unary = unary('sqrt');
/** Hyperbolic tangent. */
export const tanh: Unary = unary('tanh');
/** 1 / (1 + e^−x). */
export const logistic: Unary = unary('logistic');
/** Error function. */
export const erf: Unary = unary('erf');
/** Negation of a bool. */
export const not: Unary = unary('not');

/** a + b. */
export const add: Binary = binary('add');
/** a − b. */
export const sub: Binary = binary('sub');
/** a · b. */
export const mul: Binary = binary('mul');
/** a / b, floats only. */
export const div: Binary = binary('div');
/** The larger; NaN if either is. At a tie the derivative is one half each. */
export const max: Binary = binary('max');
/** The smaller; NaN if either is. At a tie the derivative is one half each. */
export const min: Binary = binary('min');
/** a = b. */
export const eq: Binary = binary('eq');
/** a < b. */
export const lt: Binary = binary('lt');
/** a ≤ b. */
export const le: Binary = binary('le');
/** Both. */
export const and: Binary = binary('and');
/** Either. */
export const or: Binary = binary('or');
/** a ≠ b. */
export const ne: Binary = (a, b) => not(eq(a, b));
/** a > b. */
export const gt: Binary = (a, b) => lt(b, a);
/** a ≥ b. */
export const ge: Binary = (a, b) => le(b, a);

/** a where p holds, b elsewhere; a and b may not both be numbers. */
export function select(p: Tensor, a: Operand, b: Operand): Tensor {
  if (!(p instanceof Tensor)) return fail('argument', 'select', 'the first operand must be a bool tensor');
  const [x, y] = align('select', a, b) as [Tensor, Tensor];
  const shape = align('select', p, x)[0]?.shape ?? [];
  return emitOne('select', [expand('select', p, shape), expand('select', x, shape), expand('select', y, shape)], {});
}

/** Converts to another element type: float to i32 toward zero and saturating, to bool as x ≠ 0. */
export function convert(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : emitOne('convert', [x], { to });
}

function unary(op: PlainOp): Unary {
  return (x) => {
    if (!(x instanceof Tensor)) return fail('argument', op, 'takes a tensor', 'Make a constant(value) of it');
    return emitOne(op, [x], {});
  };
}

function binary(op: PlainOp): Binary {
  return (a, b) => emitOne(op, align(op, a, b), {});
}
