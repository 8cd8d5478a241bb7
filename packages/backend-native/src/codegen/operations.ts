/**
 * Expressions of the elementwise ops on vectors. Operands are texts that bind tighter than any operator, and every text
 * made here does too; integers wrap because the file is compiled so.
 */

import type { ElementwiseOp } from '@rheo/compiler';
import type { DType, Op } from '@rheo/ir';
import type { ElementaryFunction } from '../math/elementary.ts';

/** Element types that have vectors. */
export type Stored = Exclude<DType, 'f64'>;

/** Functions of the file that expressions call. */
export type Called = ElementaryFunction | 'random';

/** What a rule needs to know of its node. */
export interface OperationContext {
  readonly from: Stored;
  readonly to: Stored;
  readonly bits: number | undefined;
  /** Notes that a function is called. */
  call(name: Called): void;
}

type Rule = (context: OperationContext, a: string, b: string, c: string, d: string) => string;

/** Type of a vector. */
export const vectorTypes: { readonly [K in Stored]: string } = { f32: 'f32v', i32: 'i32v', u32: 'u32v', bool: 'i32v' };

/** Type of an element in memory. */
export const scalarTypes: { readonly [K in Stored]: string } = {
  f32: 'float',
  i32: 'int',
  u32: 'unsigned',
  bool: 'int',
};

/** End of the names of functions on a type. */
export const suffixes: { readonly [K in Stored]: string } = { f32: 'f', i32: 'i', u32: 'u', bool: 'i' };

const elementary =
  (name: ElementaryFunction): Rule =>
  ({ call }, x) => {
    call(name);
    return `${name}_f(${x})`;
  };

const infix =
  (operator: string): Rule =>
  (_, a, b) =>
    `(${a} ${operator} ${b})`;

const extreme =
  (name: 'max' | 'min'): Rule =>
  ({ from }, a, b) =>
    `${name}_${suffixes[from]}(${a}, ${b})`;

const rules: { readonly [K in ElementwiseOp]: Rule } = {
  neg: (_, x) => `(-${x})`,
  abs: ({ from }, x) => (from === 'f32' ? `((f32v)((i32v)${x} & 0x7fffffff))` : `max_${suffixes[from]}(${x}, -${x})`),
  sign: ({ from }, x) =>
    from === 'f32'
      ? `where_f(${x} > 0.0f, splat_f(1.0f), where_f(${x} < 0.0f, splat_f(-1.0f), ${x}))`
      : `((${x} < 0) - (${x} > 0))`,
  floor: elementary('floor'),
  exp: elementary('exp'),
  expm1: elementary('expm1'),
  log: elementary('log'),
  log1p: elementary('log1p'),
  sin: elementary('sin'),
  cos: elementary('cos'),
  sqrt: elementary('sqrt'),
  tanh: elementary('tanh'),
  logistic: elementary('logistic'),
  erf: elementary('erf'),
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  max: extreme('max'),
  min: extreme('min'),
  eq: infix('=='),
  lt: infix('<'),
  le: infix('<='),
  and: infix('&'),
  or: infix('|'),
  not: (_, x) => `(~${x})`,
  select: ({ to }, p, a, b) => `where_${suffixes[to]}(${p}, ${a}, ${b})`,
  convert: ({ from, to }, x) => {
    if (from === to) return x;
    if (to === 'bool') return from === 'f32' ? `(${x} != 0.0f)` : `(${x} != 0)`;
    if (from === 'bool') return to === 'f32' ? `((f32v)(${x} & 0x3f800000))` : `((${vectorTypes[to]})(${x} & 1))`;
    if (to === 'f32') return `__builtin_convertvector(${x}, f32v)`;
    if (from === 'f32') return `((${vectorTypes[to]})to_int(${x}))`;
    return from === 'u32' ? `((i32v)where_u(${x} < 0x7fffffffu, ${x}, splat_u(0x7fffffffu)))` : `((u32v)${x})`;
  },
  random_bits: ({ bits = 32, call }, key0, key1, high, low) => {
    call('random');
    const word = `random_u(${[key0, key1, high, low].join(', ')})`;
    return bits === 32 ? word : `(${word} >> ${32 - bits})`;
  },
};

/** Text of an op on texts of its operands. */
export function operationText(op: Op, context: OperationContext, args: readonly string[]): string {
  if (!(op in rules)) throw new Error(`${op} is no arithmetic; the lowering makes a step or an address of it`);
  const [a = '', b = '', c = '', d = ''] = args;
  return rules[op as ElementwiseOp](context, a, b, c, d);
}
