/**
 * How the generator emits each op: a table that is total by type, so that random Programs have all of them.
 *
 * A step looks for operands among the values of the scope and emits at least one instruction with its op, or nothing
 * where no operand fits. It states the bound and exactness of what it made, by interval arithmetic.
 */

import type { DType, Op } from '@rheo/ir';
import { callStep, scanStep, whileStep } from './control-steps.ts';
import {
  broadcast,
  concat,
  dot,
  gather,
  pad,
  reduceStep,
  reshape,
  reverse,
  scatter,
  slice,
  transpose,
} from './movement-steps.ts';
import type { Scope, Value } from './scope.ts';

/** Emits an op in a scope, or does nothing. */
export type Step = (scope: Scope) => void;

/** How every op is emitted. */
export const steps: { readonly [K in Op]: Step } = {
  constant: (scope) => {
    const { tape, builder } = scope;
    const dtype = tape.pick<DType>(['f32', 'i32', 'bool', 'u32']);
    const size = tape.below(5);
    const value = Array.from({ length: size }, () => tape.below(dtype === 'bool' ? 2 : 6));
    const shifted = dtype === 'f32' || dtype === 'i32' ? value.map((x) => x - 2) : value;
    scope.add(builder.constant(dtype, [size], shifted), true, 5);
  },
  iota: (scope) => {
    const { tape, builder } = scope;
    const like = scope.find(({ shape }) => shape.length > 0);
    if (like === undefined) return;
    const axis = tape.below(like.shape.length);
    const dtype = tape.pick<DType>(['i32', 'f32', 'u32']);
    scope.add(
      builder.one('iota', [], { dtype, shape: like.shape, axis }),
      true,
      scope.size(like.shape[axis] as number | string),
    );
  },
  dimension: (scope) => {
    const names = Object.keys(scope.context.dims);
    if (names.length === 0) return;
    const name = scope.tape.pick(names);
    scope.add(scope.builder.one('dimension', [], { name }), true, scope.size(name));
  },
  neg: unary('neg', ({ bound }) => bound),
  abs: unary('abs', ({ bound }) => bound),
  sign: exactUnary('sign', 1),
  floor: (scope) => {
    const x = quarter(scope);
    if (x !== undefined) scope.add(scope.builder.plain('floor', x.id), true, x.bound + 1);
  },
  exp: real(
    'exp',
    (scope, x) => small(scope, x),
    ({ bound }) => Math.exp(bound),
  ),
  expm1: real(
    'expm1',
    (scope, x) => small(scope, x),
    ({ bound }) => Math.exp(bound),
  ),
  log: real(
    'log',
    (scope, x) => above(scope, x, 0.5),
    ({ bound }) => Math.max(1, Math.log(bound + 1)),
  ),
  log1p: real(
    'log1p',
    (scope, x) => above(scope, x, 0),
    ({ bound }) => Math.log1p(bound),
  ),
  sin: real(
    'sin',
    (_scope, x) => x,
    () => 1,
  ),
  cos: real(
    'cos',
    (_scope, x) => x,
    () => 1,
  ),
  sqrt: real(
    'sqrt',
    (scope, x) => above(scope, x, 0.25),
    ({ bound }) => Math.sqrt(bound),
  ),
  tanh: real(
    'tanh',
    (_scope, x) => x,
    () => 1,
  ),
  logistic: real(
    'logistic',
    (_scope, x) => x,
    () => 1,
  ),
  erf: real(
    'erf',
    (_scope, x) => x,
    () => 1,
  ),
  add: binary('add', (a, b) => a + b),
  sub: binary('sub', (a, b) => a + b),
  mul: binary('mul', (a, b) => a * b),
  div: (scope) => {
    const x = scope.find(({ dtype }) => dtype === 'f32');
    if (x === undefined) return;
    const y = above(scope, scope.alike(x), 0.5);
    scope.add(scope.builder.plain('div', x.id, y.id), false, 2 * x.bound);
  },
  max: binary('max', Math.max),
  min: binary('min', Math.max),
  eq: compare('eq'),
  lt: compare('lt'),
  le: compare('le'),
  and: logical('and'),
  or: logical('or'),
  not: (scope) => {
    const x = scope.find(({ dtype }) => dtype === 'bool');
    if (x !== undefined) scope.add(scope.builder.plain('not', x.id), true, 1);
  },
  select: (scope) => {
    const p = scope.find(({ dtype }) => dtype === 'bool');
    if (p === undefined) return;
    const dtype = scope.tape.pick<DType>(['f32', 'i32', 'bool']);
    const model: Value = { ...p, dtype };
    const [a, b] = [scope.alike(model), scope.alike(model)];
    scope.add(scope.builder.plain('select', p.id, a.id, b.id), a.exact && b.exact, Math.max(a.bound, b.bound));
  },
  convert: (scope) => {
    const x = scope.find(({ dtype, exact }) => exact && dtype !== 'u32');
    if (x === undefined) return;
    const to = scope.tape.pick<DType>(['f32', 'i32', 'bool']);
    const from = to === 'i32' && x.dtype === 'f32' && scope.tape.once(2) ? (quarter(scope) ?? x) : x;
    scope.add(scope.builder.one('convert', [from.id], { to }), true, to === 'bool' ? 1 : from.bound);
  },
  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  reverse,
  gather,
  scatter_add: scatter,
  reduce_sum: reduceStep('reduce_sum'),
  reduce_max: reduceStep('reduce_max'),
  argmax: (scope) => {
    const x = scope.find(
      ({ dtype, exact, shape }) => (dtype === 'f32' || dtype === 'i32') && exact && shape.length > 0,
    );
    if (x === undefined) return;
    const axis = scope.tape.below(x.shape.length);
    const size = scope.size(x.shape[axis] as number | string);
    if (size > 0) scope.add(scope.builder.one('argmax', [x.id], { axis }), true, size);
  },
  dot,
  random_bits: (scope) => {
    const { tape, builder } = scope;
    const key = scope.find(({ dtype, shape }) => dtype === 'u32' && shape.length === 1 && shape[0] === 2);
    const high = scope.find(({ dtype }) => dtype === 'u32');
    if (key === undefined || high === undefined) return;
    const low = scope.alike(high);
    const bits = tape.pick([24, 1, 8, 31, 32]);
    const made = scope.add(builder.one('random_bits', [key.id, high.id, low.id], { bits }), true, 2 ** bits);
    const half = builder.fill('u32', made.shape, bits === 1 ? 1 : 2 ** (bits - 1));
    scope.add(builder.plain('lt', made.id, half), true, 1);
  },
  scan: scanStep,
  while: whileStep,
  call: callStep,
};

function unary(op: 'neg' | 'abs', bound: (x: Value) => number): Step {
  return (scope) => {
    const x = scope.find(({ dtype }) => dtype === 'f32' || dtype === 'i32');
    if (x !== undefined) scope.add(scope.builder.plain(op, x.id), x.exact, bound(x));
  };
}

function exactUnary(op: 'sign', bound: number): Step {
  return (scope) => {
    const x = scope.find(({ dtype, exact }) => exact && (dtype === 'f32' || dtype === 'i32'));
    if (x !== undefined) scope.add(scope.builder.plain(op, x.id), true, bound);
  };
}

type RealOp = 'exp' | 'expm1' | 'log' | 'log1p' | 'sin' | 'cos' | 'sqrt' | 'tanh' | 'logistic' | 'erf';

/** A function of f32 whose operand is first brought into its domain. */
function real(op: RealOp, prepare: (scope: Scope, x: Value) => Value, bound: (x: Value) => number): Step {
  return (scope) => {
    const found = scope.find(({ dtype }) => dtype === 'f32');
    if (found === undefined) return;
    const x = prepare(scope, limited(scope, found));
    scope.add(scope.builder.plain(op, x.id), false, bound(x));
  };
}

/** Exact floats may be large; functions are fed values of a few units. */
function limited(scope: Scope, x: Value): Value {
  if (x.bound <= 8) return x;
  const scaled = scope.builder.plain('mul', x.id, scope.builder.fill('f32', x.shape, 4 / x.bound));
  return scope.describe(scaled, false, 4);
}

function small(scope: Scope, x: Value): Value {
  if (x.bound <= 2) return x;
  return scope.describe(scope.builder.plain('mul', x.id, scope.builder.fill('f32', x.shape, 2 / x.bound)), false, 2);
}

/** |x| + least. */
function above(scope: Scope, x: Value, least: number): Value {
  const magnitude = scope.builder.plain('abs', x.id);
  const moved = scope.builder.plain('add', magnitude, scope.builder.fill('f32', x.shape, least));
  return scope.describe(moved, false, x.bound + least);
}

/** An exact float moved a quarter off its integers, where floor and convert do not jump. */
function quarter(scope: Scope): Value | undefined {
  const x = scope.find(({ dtype, exact }) => dtype === 'f32' && exact);
  if (x === undefined) return undefined;
  const half = scope.builder.plain('mul', x.id, scope.builder.fill('f32', x.shape, 0.5));
  const moved = scope.builder.plain('add', half, scope.builder.fill('f32', x.shape, 0.25));
  return scope.describe(moved, false, x.bound);
}

function binary(op: 'add' | 'sub' | 'mul' | 'max' | 'min', bound: (a: number, b: number) => number): Step {
  return (scope) => {
    const comparing = op === 'max' || op === 'min';
    const x = scope.find(({ dtype }) => dtype !== 'bool' && !(comparing && dtype === 'u32'));
    if (x === undefined) return;
    const y = scope.alike(x);
    const made = scope.builder.plain(op, x.id, y.id);
    scope.add(made, x.exact && y.exact, bound(x.bound, y.bound));
  };
}

function compare(op: 'eq' | 'lt' | 'le'): Step {
  return (scope) => {
    const x = scope.find(({ exact, dtype }) => exact && (op === 'eq' || dtype !== 'bool'));
    if (x === undefined) return;
    const y = scope.alike(x, ({ exact }) => exact);
    scope.add(scope.builder.plain(op, x.id, y.id), true, 1);
  };
}

function logical(op: 'and' | 'or'): Step {
  return (scope) => {
    const x = scope.find(({ dtype }) => dtype === 'bool');
    if (x !== undefined) scope.add(scope.builder.plain(op, x.id, scope.alike(x).id), true, 1);
  };
}
