/**
 * The shape rule of every op: from operand types and attributes to result types, or a typed error.
 *
 * The table is total by type. A rule checks everything that the op's exact meaning asks for (dtypes, ranks, axes,
 * sizes, nested signatures), so that builder, parser and verifier share one truth. Values are never looked at.
 */

import { RheoError } from './errors.ts';
import type { Attributes, Op } from './ops.ts';
import type { Fail } from './shape-checks.ts';
import { arity, checkAxis, checkedSize, checkShape, dimAt, staticDim } from './shape-checks.ts';
import { inferCall, inferScan, inferWhile } from './shape-rules-control.ts';
import {
  inferBroadcast,
  inferConcat,
  inferDot,
  inferGather,
  inferReshape,
  inferScatterAdd,
} from './shape-rules-movement.ts';
import type { DType, Shape, TensorType } from './types.ts';
import { formatType, isFloat, sameShape } from './types.ts';

/** The shape rule of one op. */
export type ShapeRule<K extends Op> = (
  operands: readonly TensorType[],
  attributes: Attributes[K],
  fail: Fail,
) => TensorType[];

const floats: readonly DType[] = ['f32', 'f64'];
const signed: readonly DType[] = ['f32', 'f64', 'i32'];
const numeric: readonly DType[] = ['f32', 'f64', 'i32', 'u32'];
const bools: readonly DType[] = ['bool'];
const any: readonly DType[] = ['f32', 'f64', 'i32', 'u32', 'bool'];

/** Shape rules of all ops. */
export const shapeRules: { readonly [K in Op]: ShapeRule<K> } = {
  constant: (operands, { dtype, shape, value }, fail) => {
    arity(operands, 0, fail);
    const count = shape.reduce((product, dim) => product * checkedSize(dim, fail), 1);
    if (value.length !== count) fail('attribute', `${value.length} values for ${count} elements`);
    const wrong = value.find((x) => !holds(dtype, x));
    if (wrong !== undefined) fail('attribute', `${wrong} is not ${dtype}`);
    return [{ dtype, shape }];
  },
  iota: (operands, { dtype, shape, axis }, fail) => {
    arity(operands, 0, fail);
    if (dtype === 'bool') fail('dtype', 'iota has no bool form');
    checkShape(shape, fail);
    checkAxis(axis, shape, fail);
    return [{ dtype, shape }];
  },
  dimension: (operands, { name }, fail) => {
    arity(operands, 0, fail);
    checkShape([name], fail);
    return [{ dtype: 'i32', shape: [] }];
  },
  neg: unary(signed),
  abs: unary(signed),
  sign: unary(signed),
  floor: unary(floats),
  exp: unary(floats),
  expm1: unary(floats),
  log: unary(floats),
  log1p: unary(floats),
  sin: unary(floats),
  cos: unary(floats),
  sqrt: unary(floats),
  tanh: unary(floats),
  logistic: unary(floats),
  erf: unary(floats),
  add: binary(numeric),
  sub: binary(numeric),
  mul: binary(numeric),
  div: binary(floats),
  max: binary(signed),
  min: binary(signed),
  eq: compare(any),
  lt: compare(numeric),
  le: compare(numeric),
  and: compare(bools),
  or: compare(bools),
  not: unary(bools),
  select: (operands, _attributes, fail) => {
    arity(operands, 3, fail);
    const [p, a, b] = operands as [TensorType, TensorType, TensorType];
    if (p.dtype !== 'bool') fail('dtype', 'the first operand must be bool');
    // A u32 chosen by a float comparison could not be computed on the host beside the device.
    if (a.dtype === 'u32') fail('dtype', 'u32 cannot be selected', 'Compare first and select a converted value');
    if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape) || !sameShape(p.shape, a.shape)) {
      fail('shape', 'operands must have one shape, and both choices one dtype', 'Insert broadcast or convert');
    }
    return [a];
  },
  convert: (operands, { to }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    if (to === 'u32') fail('dtype', 'nothing converts to u32', 'Take u32 from a parameter, constant or iota');
    return [{ dtype: to, shape: x.shape }];
  },
  reshape: inferReshape,
  transpose: (operands, { permutation }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    const seen = new Set(permutation);
    if (permutation.length !== x.shape.length || seen.size !== permutation.length) {
      fail('attribute', `permutation [${permutation}] does not name each of ${x.shape.length} axes once`);
    }
    return [{ dtype: x.dtype, shape: permutation.map((axis) => dimAt(x.shape, axis, fail)) }];
  },
  broadcast: inferBroadcast,
  slice: (operands, { axis, start, limit }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    const size = staticDim(x.shape, axis, fail);
    if (!Number.isInteger(start) || !Number.isInteger(limit) || start < 0 || limit < start || limit > size) {
      fail('attribute', `range ${start}…${limit} is not within 0…${size}`);
    }
    return [{ dtype: x.dtype, shape: withDim(x.shape, axis, limit - start) }];
  },
  pad: (operands, { axis, low, high }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    const size = staticDim(x.shape, axis, fail);
    return [
      {
        dtype: x.dtype,
        shape: withDim(x.shape, axis, checkedSize(checkedSize(low, fail) + size + checkedSize(high, fail), fail)),
      },
    ];
  },
  concat: inferConcat,
  reverse: (operands, { axis }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    checkAxis(axis, x.shape, fail);
    return [x];
  },
  gather: inferGather,
  scatter_add: inferScatterAdd,
  reduce_sum: (operands, { axes }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    if (!signed.includes(x.dtype)) fail('dtype', `takes ${signed.join(', ')}`);
    return [{ dtype: x.dtype, shape: withoutAxes(x.shape, axes, fail) }];
  },
  reduce_max: (operands, { axes }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    if (!signed.includes(x.dtype)) fail('dtype', `takes ${signed.join(', ')}`);
    for (const axis of axes)
      if (dimAt(x.shape, axis, fail) === 0) fail('shape', 'the maximum of nothing does not exist');
    return [{ dtype: x.dtype, shape: withoutAxes(x.shape, axes, fail) }];
  },
  argmax: (operands, { axis }, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    if (!signed.includes(x.dtype)) fail('dtype', `takes ${signed.join(', ')}`);
    if (dimAt(x.shape, axis, fail) === 0) fail('shape', 'the maximum of nothing does not exist');
    return [{ dtype: 'i32', shape: withoutAxes(x.shape, [axis], fail) }];
  },
  dot: inferDot,
  random_bits: (operands, { bits }, fail) => {
    arity(operands, 3, fail);
    const [key, high, low] = operands as [TensorType, TensorType, TensorType];
    if (!operands.every((operand) => operand.dtype === 'u32')) fail('dtype', 'key and counters must be u32');
    if (!sameShape(key.shape, [2])) fail('shape', 'the key must be u32[2]');
    if (!sameShape(high.shape, low.shape)) fail('shape', 'both counters must have one shape');
    if (!Number.isInteger(bits) || bits < 1 || bits > 32) fail('attribute', `bits must be 1 … 32, not ${bits}`);
    return [high];
  },
  scan: inferScan,
  while: inferWhile,
  call: inferCall,
};

/** Result types of an op, or a `RheoError` that names op, layer, types and rule. */
export function inferTypes<K extends Op>(
  op: K,
  operands: readonly TensorType[],
  attributes: Attributes[K],
  layer?: string,
): TensorType[] {
  const fail: Fail = (code, what, remedy) => {
    throw new RheoError(code, { from: '@rheo/ir', op, what, layer, shapes: operands.map(formatType), remedy });
  };
  return shapeRules[op](operands, attributes, fail);
}

function unary(
  allowed: readonly DType[],
): (operands: readonly TensorType[], attributes: object, fail: Fail) => TensorType[] {
  return (operands, _attributes, fail) => {
    arity(operands, 1, fail);
    const [x] = operands as [TensorType];
    if (!allowed.includes(x.dtype)) fail('dtype', `takes ${allowed.join(', ')}`);
    return [x];
  };
}

function binary(
  allowed: readonly DType[],
): (operands: readonly TensorType[], attributes: object, fail: Fail) => TensorType[] {
  return (operands, _attributes, fail) => {
    arity(operands, 2, fail);
    const [a, b] = operands as [TensorType, TensorType];
    if (!allowed.includes(a.dtype)) fail('dtype', `takes ${allowed.join(', ')}`);
    if (a.dtype !== b.dtype) fail('dtype', 'both operands must have one dtype', 'Insert convert');
    if (!sameShape(a.shape, b.shape)) fail('shape', 'both operands must have one shape', 'Insert broadcast');
    return [a];
  };
}

function compare(
  allowed: readonly DType[],
): (operands: readonly TensorType[], attributes: object, fail: Fail) => TensorType[] {
  const rule = binary(allowed);
  return (operands, attributes, fail) =>
    rule(operands, attributes, fail).map(({ shape }) => ({ dtype: 'bool', shape }));
}

/** True if an element type has this value; floats have all. */
function holds(dtype: DType, x: number): boolean {
  if (isFloat(dtype)) return true;
  return x === (dtype === 'i32' ? x | 0 : dtype === 'u32' ? x >>> 0 : x & 1);
}

function withDim(shape: Shape, axis: number, dim: number): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

function withoutAxes(shape: Shape, axes: readonly number[], fail: Fail): Shape {
  if (new Set(axes).size !== axes.length) fail('attribute', `axes [${axes}] name one twice`);
  for (const axis of axes) checkAxis(axis, shape, fail);
  return shape.filter((_, axis) => !axes.includes(axis));
}
