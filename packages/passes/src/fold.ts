/**
 * Computes at compile time what depends on small constants only.
 *
 * Arithmetic is done in double, as f32 constants are kept in double and rounded once by the backend; ops that jump
 * (floor, comparisons, conversions) are left alone where that rounding could decide. Results have at most
 * `maxElements` elements; reductions, products and loops are not evaluated.
 */

import type { Attributes, Op, Program, TensorType, ValueId } from '@rheo/ir';
import { elementCount, isStatic } from '@rheo/ir';
import type { Rewriter, Rule, Rules } from './rewriter.ts';
import { rewrite } from './rewriter.ts';

/** Constants are folded up to this number of elements. */
export const maxElements = 256;

type Scalar = (a: number, b: number, c: number) => number;

const smooth: { readonly [K in Op]?: Scalar } = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  logistic: (a) => 1 / (1 + Math.exp(-a)),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  not: (a) => 1 - a,
  select: (p, a, b) => (p ? a : b),
};

const jumping: { readonly [K in Op]?: Scalar } = {
  floor: Math.floor,
  eq: (a, b) => Number(a === b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
};

/** The Program with work on small constants done. */
export function fold(program: Program): Program {
  return rewrite(program, foldRules);
}

/** Rules of `fold`, for one walk together with others. */
export const foldRules: Rules = {
  ...Object.fromEntries(Object.keys({ ...smooth, ...jumping }).map((op) => [op, [elementwise(op as Op)]])),
  mul: [elementwise('mul')],
  convert: [
    (graph, operands, { to }) => {
      const { dtype } = typeOf(graph, operands);
      return map(graph, operands, { dtype: to }, (a) => converted(a, dtype, to), dtype === 'f32' && to !== 'f64');
    },
  ],
  reshape: [
    (graph, [x], { shape }) => {
      const value = constantOf(graph, x);
      return value === undefined || !isStatic(shape) ? undefined : graph.constant(value.dtype, shape, value.value);
    },
  ],
  slice: [move((_graph, _x, { axis, start }, index) => withAxis(index, axis, (i) => i + start))],
  reverse: [move((graph, x, { axis }, index) => withAxis(index, axis, (i) => (graph.dim(x, axis) as number) - 1 - i))],
  transpose: [
    move((_graph, _x, { permutation }, index) => {
      const from: number[] = [];
      permutation.forEach((axis, i) => {
        from[axis] = index[i] as number;
      });
      return from;
    }),
  ],
};

function elementwise(op: Op): (graph: Rewriter, operands: readonly ValueId[]) => ValueId | undefined {
  return (graph, operands) => {
    const { dtype } = typeOf(graph, operands);
    const result = op === 'eq' || op === 'lt' || op === 'le' ? 'bool' : undefined;
    const product: Scalar = dtype === 'i32' || dtype === 'u32' ? Math.imul : (a, b) => a * b;
    const compute = op === 'mul' ? product : (smooth[op] ?? jumping[op]);
    if (compute === undefined) return undefined;
    return map(graph, operands, result === undefined ? {} : { dtype: result }, compute, op in jumping);
  };
}

/** Applies a function to constants of one shape; undefined unless all are small constants. */
function map(
  graph: Rewriter,
  operands: readonly ValueId[],
  change: Partial<TensorType>,
  compute: Scalar,
  jumps: boolean,
): ValueId | undefined {
  const [a, b, c] = operands.map((id) => constantOf(graph, id));
  const first = b ?? a;
  if (a === undefined || first === undefined || (operands.length > 1 && b === undefined)) return undefined;
  if (operands.length > 2 && c === undefined) return undefined;
  if (jumps && [a, b].some((x) => x?.dtype === 'f32' && x.value.some((v) => !Object.is(Math.fround(v), v)))) {
    return undefined;
  }
  const dtype = change.dtype ?? first.dtype;
  const value = a.value.map((x, i) => wrapped(compute(x, b?.value[i] ?? 0, c?.value[i] ?? 0), dtype));
  return graph.constant(dtype, first.shape, value);
}

function wrapped(x: number, dtype: TensorType['dtype']): number {
  if (dtype === 'i32') return x | 0;
  return dtype === 'u32' ? x >>> 0 : x;
}

function converted(x: number, from: TensorType['dtype'], to: TensorType['dtype']): number {
  if (to === 'bool') return Number(x !== 0);
  if (to !== 'i32' || from === 'u32') return x;
  return Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1)) + 0;
}

/** Folds an op that moves elements: `source` says from which index of the operand each element comes. */
function move<K extends 'slice' | 'reverse' | 'transpose'>(
  source: (graph: Rewriter, x: ValueId, attributes: Attributes[K], index: number[]) => number[],
): Rule<K> {
  return (graph, [x], attributes) => {
    const found = constantOf(graph, x);
    if (found === undefined || x === undefined) return undefined;
    const shape = movedShape(found.shape, attributes);
    const count = elementCount(shape);
    const value: number[] = [];
    for (let flat = 0; flat < count; flat++) {
      const index: number[] = [];
      for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
        const size = shape[axis] as number;
        index[axis] = rest % size;
        rest = Math.floor(rest / size);
      }
      const offset = source(graph, x, attributes, index).reduce(
        (sum, i, axis) => sum * (found.shape[axis] ?? 1) + i,
        0,
      );
      value.push(found.value[offset] as number);
    }
    return graph.constant(found.dtype, shape, value);
  };
}

function movedShape(shape: readonly number[], attributes: object): readonly number[] {
  if ('permutation' in attributes) {
    return (attributes as Attributes['transpose']).permutation.map((axis) => shape[axis] as number);
  }
  if (!('limit' in attributes)) return shape;
  const { axis, start, limit } = attributes as Attributes['slice'];
  return shape.map((dim, i) => (i === axis ? limit - start : dim));
}

function withAxis(index: number[], axis: number, change: (i: number) => number): number[] {
  return index.map((i, at) => (at === axis ? change(i) : i));
}

function constantOf(graph: Rewriter, id: ValueId | undefined): Attributes['constant'] | undefined {
  const found = graph.is(id, 'constant')?.attributes;
  return found !== undefined && found.value.length <= maxElements ? found : undefined;
}

function typeOf(graph: Rewriter, operands: readonly ValueId[]): TensorType {
  return graph.type(operands[0] as ValueId);
}
