/**
 * The gradient rule of every op, as a table that is total by type.
 *
 * Rules use the result where that saves a transcendental (exp, tanh, logistic, sqrt, div). Conventions: a tie of max
 * and min gives one half to each, ties of reduce_max share equally, |x| has derivative 0 at 0. Comparisons, floor,
 * sign, argmax, integers and random bits have none.
 */

import type { Op } from '@rheo/ir';
import { isFloat } from '@rheo/ir';
import { add, convert, cos, div, eq, exp, lt, mul, neg, select, sign, sin, sub } from '../elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { callRule, whileRule } from './control-rules.ts';
import {
  broadcastRule,
  concatRule,
  dotRule,
  gatherRule,
  padRule,
  reduceMaxRule,
  reduceSumRule,
  reshapeRule,
  reverseRule,
  scatterAddRule,
  sliceRule,
  transposeRule,
} from './movement-rules.ts';
import type { Contribution, GradientRule, Pull } from './rule.ts';
import { scanRule } from './scan-rule.ts';

/** Gradient rules of all ops. */
export const gradientRules: { readonly [K in Op]: GradientRule<K> } = {
  constant: 'none',
  iota: 'none',
  dimension: 'none',
  neg: unary(({ cotangent }) => neg(cotangent)),
  abs: unary(({ cotangent, x }) => mul(cotangent, sign(x))),
  sign: 'none',
  floor: 'none',
  exp: unary(({ cotangent, result }) => mul(cotangent, result)),
  expm1: unary(({ cotangent, result }) => mul(cotangent, add(result, 1))),
  log: unary(({ cotangent, x }) => div(cotangent, x)),
  log1p: unary(({ cotangent, x }) => div(cotangent, add(x, 1))),
  sin: unary(({ cotangent, x }) => mul(cotangent, cos(x))),
  cos: unary(({ cotangent, x }) => neg(mul(cotangent, sin(x)))),
  sqrt: unary(({ cotangent, result }) => div(cotangent, add(result, result))),
  tanh: unary(({ cotangent, result }) => mul(cotangent, sub(1, mul(result, result)))),
  logistic: unary(({ cotangent, result }) => mul(cotangent, mul(result, sub(1, result)))),
  erf: unary(({ cotangent, x }) => mul(cotangent, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  add: binary(({ cotangent }) => [() => cotangent, () => cotangent]),
  sub: binary(({ cotangent }) => [() => cotangent, () => neg(cotangent)]),
  mul: binary(({ cotangent, a, b }) => [() => mul(cotangent, b), () => mul(cotangent, a)]),
  div: binary(({ cotangent, b, result }) => [() => div(cotangent, b), () => neg(mul(div(cotangent, b), result))]),
  max: binary(({ cotangent, a, b }) => [
    () => where(lt(b, a), a, b, cotangent),
    () => where(lt(a, b), a, b, cotangent),
  ]),
  min: binary(({ cotangent, a, b }) => [
    () => where(lt(a, b), a, b, cotangent),
    () => where(lt(b, a), a, b, cotangent),
  ]),
  eq: 'none',
  lt: 'none',
  le: 'none',
  and: 'none',
  or: 'none',
  not: 'none',
  select: {
    pull: ({ operands, cotangent, wanted }) => {
      const [p] = operands as [Tensor];
      return [
        undefined,
        wanted[1] === true ? select(p, cotangent, 0) : undefined,
        wanted[2] === true ? select(p, 0, cotangent) : undefined,
      ];
    },
  },
  convert: {
    pull: ({ operands, cotangent }) => {
      const [x] = operands as [Tensor];
      return [isFloat(x.dtype) ? convert(cotangent, x.dtype) : undefined];
    },
  },
  reshape: { pull: reshapeRule },
  transpose: { pull: transposeRule },
  broadcast: { pull: broadcastRule },
  slice: { pull: sliceRule },
  pad: { pull: padRule },
  concat: { pull: concatRule },
  reverse: { pull: reverseRule },
  gather: { pull: gatherRule },
  scatter_add: { pull: scatterAddRule },
  reduce_sum: { pull: reduceSumRule },
  reduce_max: { pull: reduceMaxRule },
  argmax: 'none',
  dot: { pull: dotRule },
  random_bits: 'none',
  scan: { transform: scanRule },
  while: { transform: whileRule },
  call: { transform: callRule },
};

type UnaryRule = (input: { readonly cotangent: Tensor; readonly x: Tensor; readonly result: Tensor }) => Tensor;

function unary(rule: UnaryRule): { readonly pull: (input: Pull<Op>) => readonly Contribution[] } {
  return { pull: ({ operands, result, cotangent }) => [rule({ cotangent, x: operands[0] as Tensor, result })] };
}

type BinaryRule = (input: {
  readonly cotangent: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly result: Tensor;
}) => readonly [() => Tensor, () => Tensor];

function binary(rule: BinaryRule): { readonly pull: (input: Pull<Op>) => readonly Contribution[] } {
  return {
    pull: ({ operands, result, cotangent, wanted }) => {
      const [a, b] = operands as [Tensor, Tensor];
      return rule({ cotangent, a, b, result }).map((side, index) => (wanted[index] === true ? side() : undefined));
    },
  };
}

/** The cotangent where this side wins, half of it at a tie, else 0. */
function where(wins: Tensor, a: Tensor, b: Tensor, cotangent: Tensor): Tensor {
  return select(wins, cotangent, select(eq(a, b), mul(cotangent, 0.5), 0));
}
