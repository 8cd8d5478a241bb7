/**
 * Elementwise ops as ONNX nodes, with what engines get wrong lowered around.
 *
 * u32 is INT32 of the same bits in here; its order is that of signed integers once the highest bit is flipped.
 */

import type { TensorType } from '@rheo/ir';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { innerType } from './element-types.ts';
import type { GraphScope, Value } from './graph-scope.ts';

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

/** A node of the same operands. */
export function plain(opType: string): (scope: GraphScope, operands: readonly Value[], type: TensorType) => Value {
  return (scope, operands, type) => scope.elementwise(opType, operands, type);
}

/** max, min, lt or le, by the order of unsigned integers for u32. */
export function ordered(opType: string): (scope: GraphScope, operands: readonly Value[], type: TensorType) => Value {
  return (scope, operands, type) => {
    if (operands[0]?.type.dtype !== 'u32') return scope.elementwise(opType, operands, type);
    const found = scope.elementwise(
      opType,
      operands.map((value) => flipped(scope, value)),
      type,
    );
    return type.dtype === 'u32' ? flipped(scope, found) : found;
  };
}

/** The value with its highest bit flipped. */
export function flipped(scope: GraphScope, value: Value): Value {
  const small = scope.one('Add', [value.full ?? value.small, scope.scalar('i32', lowest)]);
  return value.full === undefined ? scope.spread(value.type, small) : scope.value(value.type, small);
}

/** 1 / (1 + exp(−x)): the Sigmoid of engines is off by a factor where it is small. */
export function logistic(scope: GraphScope, [x]: readonly Value[], type: TensorType): Value {
  const one = scope.scalar(type.dtype, 1);
  const power = scope.one('Exp', [scope.one('Neg', [scope.read(x as Value)])]);
  return scope.value(type, scope.one('Div', [one, scope.one('Add', [one, power])]));
}

/** Where; bool, which it has no kernel for, by logic. */
export function select(scope: GraphScope, operands: readonly Value[], type: TensorType): Value {
  if (type.dtype !== 'bool') return scope.elementwise('Where', operands, type);
  const [p, a, b] = operands.map((value) => scope.read(value)) as [string, string, string];
  const chosen = scope.one('And', [p, a]);
  return scope.value(type, scope.one('Or', [chosen, scope.one('And', [scope.one('Not', [p]), b])]));
}

/** Cast, with what it leaves open made definite: NaN, and numbers beyond the range of i32. */
export function convert(scope: GraphScope, [x]: readonly Value[], type: TensorType): Value {
  const { type: source } = x as Value;
  const name = scope.read(x as Value);
  const cast = (from: string, to: DataType): string => scope.one('Cast', [from], { to });
  const done = (result: string): Value => scope.value(type, result);
  if (source.dtype === type.dtype) return done(name);
  if (source.dtype === 'u32' && type.dtype === 'i32') {
    const beyond = scope.one('Less', [name, scope.scalar('i32', 0)]);
    return done(scope.one('Where', [beyond, scope.scalar('i32', highest), name]));
  }
  if (source.dtype === 'u32' && type.dtype !== 'bool')
    return done(cast(cast(name, DataType.UINT32), innerType[type.dtype]));
  if ((source.dtype === 'f32' || source.dtype === 'f64') && type.dtype === 'i32') {
    const { dtype } = source;
    const number = scope.one('Where', [scope.one('IsNaN', [name]), scope.scalar(dtype, 0), name]);
    // The largest float32 below 2^31; what is above it is put in by hand.
    const inside = scope.one('Clip', [number, scope.scalar(dtype, lowest), scope.scalar(dtype, 2147483520)]);
    const above = scope.one('GreaterOrEqual', [number, scope.scalar(dtype, 2 ** 31)]);
    return done(scope.one('Where', [above, scope.scalar('i32', highest), cast(inside, DataType.INT32)]));
  }
  return done(cast(name, innerType[type.dtype]));
}
