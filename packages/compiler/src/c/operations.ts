/**
 * Expressions of the elementwise ops, exact in what the language says: integers wrap at 32 bits without undefined
 * behaviour, conversions saturate, NaN goes through maxima. Operands are texts that bind tighter than any operator.
 */

import type { DType, Op } from '@rheo/ir';
import type { ElementwiseOp } from '../kernels.ts';
import type { Dialect, LibraryFunction } from './dialect.ts';
import type { Helper } from './helpers.ts';

/** What a rule needs to know of its node and its target. */
export interface OperationContext {
  readonly dialect: Dialect;
  readonly from: DType;
  readonly to: DType;
  readonly bits: number | undefined;
  /** Name of a helper, which is then printed. */
  helper(helper: Helper): string;
}

type Rule = (context: OperationContext, a: string, b: string, c: string, d: string) => string;

const library =
  (name: LibraryFunction): Rule =>
  ({ dialect }, x) =>
    `${dialect.functions[name]}(${bare(x)})`;

/** Wraps at 32 bits: unsigned arithmetic is defined, signed overflow is not. */
const arithmetic =
  (operator: string): Rule =>
  ({ dialect: { value }, from }, a, b) => {
    if (from !== 'i32') return `(${a} ${operator} ${b})`;
    return `(${value.i32})((${value.u32})${a} ${operator} (${value.u32})${b})`;
  };

const infix =
  (operator: string): Rule =>
  (_, a, b) =>
    `(${a} ${operator} ${b})`;

/** Comparisons that integers always or never pass become their answer: compilers warn of them. */
const comparison =
  (operator: '==' | '<' | '<='): Rule =>
  ({ from }, a, b) => {
    if (from !== 'f32') {
      if (a === b) return `((void)${a}, ${operator === '<' ? 0 : 1})`;
      if (from === 'u32' && operator === '<' && isZero(b)) return `((void)${a}, 0)`;
      if (from === 'u32' && operator === '<=' && isZero(a)) return `((void)${b}, 1)`;
    }
    return `(${a} ${operator} ${b})`;
  };

function isZero(text: string): boolean {
  return text === 'UINT32_C(0)';
}

const extreme =
  (name: 'max' | 'min'): Rule =>
  ({ from, helper }, a, b) =>
    `${helper(from === 'f32' ? name : `${name}_i32`)}(${bare(a)}, ${bare(b)})`;

const rules: { readonly [K in ElementwiseOp]: Rule } = {
  neg: ({ dialect: { value }, from }, x) => (from === 'i32' ? `(${value.i32})(0u - (${value.u32})${x})` : `(-${x})`),
  abs: (context, x, ...rest) =>
    context.from === 'i32' ? `${context.helper('abs_i32')}(${bare(x)})` : library('abs')(context, x, ...rest),
  sign: ({ from, helper }, x) => (from === 'f32' ? `${helper('sign')}(${bare(x)})` : `((${x} > 0) - (${x} < 0))`),
  floor: library('floor'),
  exp: library('exp'),
  expm1: library('expm1'),
  log: library('log'),
  log1p: library('log1p'),
  sin: library('sin'),
  cos: library('cos'),
  sqrt: library('sqrt'),
  tanh: library('tanh'),
  logistic: ({ helper }, x) => `${helper('logistic')}(${bare(x)})`,
  erf: library('erf'),
  add: arithmetic('+'),
  sub: arithmetic('-'),
  mul: arithmetic('*'),
  div: infix('/'),
  max: extreme('max'),
  min: extreme('min'),
  eq: comparison('=='),
  lt: comparison('<'),
  le: comparison('<='),
  and: infix('&'),
  or: infix('|'),
  not: (_, x) => `(!${x})`,
  select: (_, p, a, b) => `(${p} ? ${a} : ${b})`,
  convert: ({ dialect: { value }, from, to, helper }, x) => {
    if (from === to) return x;
    if (to === 'bool') return `(${x} != 0)`;
    if (to === 'f32') return `(${value.f32})${x}`;
    if (from === 'f32') return `${helper('to_i32')}(${bare(x)})`;
    // A cast would let compilers see that such a number is never below 0, and warn where that is asked.
    if (from === 'bool') return `(${x} ? 1 : 0)`;
    return `(${value.i32})(${x} < UINT32_C(2147483647) ? ${x} : UINT32_C(2147483647))`;
  },
  random_bits: ({ bits = 32, helper }, key0, key1, high, low) => {
    const word = `${helper('random')}(${[key0, key1, high, low].map(bare).join(', ')})`;
    return bits === 32 ? word : `(${word} >> ${32 - bits})`;
  },
};

/** Text of an op on texts of its operands. */
export function operationText(op: Op, context: OperationContext, args: readonly string[]): string {
  if (!(op in rules)) throw new Error(`${op} is no arithmetic; the lowering makes a step or an address of it`);
  const [a = '', b = '', c = '', d = ''] = args;
  return rules[op as ElementwiseOp](context, a, b, c, d);
}

/** The text without the brackets that hold it together. */
export function bare(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ',' && depth === 1) return text;
    else if (text[i] === ')' && --depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}
