/**
 * Every op of the language as nodes: one table, total by type. What it calls `decomposed` is expanded before.
 *
 * Loops are here because their bodies are Programs: `scan` becomes Scan, `while` becomes Loop. Results of a body and
 * of the model go through Identity, as engines have returned zeros for what leaves a graph under the name it came in.
 */

import type { Instruction, InstructionOf, Op, Program, RuleTable, TensorType, ValueId } from '@rheo/ir';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { innerType, tensorProto } from './element-types.ts';
import { argmax, broadcast, gather, iota, pad, reduceMax, reduceSum, scatterAdd, slice } from './emit-arrays.ts';
import { dot } from './emit-dot.ts';
import { convert, logistic, ordered, plain, select } from './emit-elementwise.ts';
import { randomBits } from './emit-random-bits.ts';
import type { Value } from './graph-scope.ts';
import { GraphScope, valueInfo } from './graph-scope.ts';

type Emitter<K extends Op> = (
  scope: GraphScope,
  operands: readonly Value[],
  instruction: InstructionOf<K>,
) => readonly Value[];

type Single = (scope: GraphScope, operands: readonly Value[], type: TensorType) => Value;

/** An op of one result that needs no attributes. */
function single(emit: Single): (scope: GraphScope, operands: readonly Value[], i: Instruction) => readonly Value[] {
  return (scope, operands, { types }) => [emit(scope, operands, types[0] as TensorType)];
}

/** An op of one result, by name of the value that it gives. */
function named<K extends Op>(
  emit: (
    scope: GraphScope,
    operands: readonly [Value, Value],
    instruction: InstructionOf<K>,
    type: TensorType,
  ) => string,
): Emitter<K> {
  return (scope, operands, instruction) => {
    const type = instruction.types[0] as TensorType;
    return [scope.value(type, emit(scope, operands as readonly [Value, Value], instruction, type))];
  };
}

/** How every op is written. */
export const emitters: RuleTable<{ [K in Op]: Emitter<K> | 'decomposed' }> = {
  constant: (scope, _operands, { attributes: { shape, value }, types, metadata }) => {
    const type = types[0] as TensorType;
    const [first = 0] = value;
    if (shape.length > 0 && value.every((x) => Object.is(x, first))) return [scope.fill(type, first)];
    const base = metadata?.name ?? (shape.length === 0 ? `${type.dtype}_${first}` : `constant_${shape.join('x')}`);
    return [scope.value(type, scope.constant(innerType[type.dtype], shape, value, base))];
  },
  iota: (scope, _operands, { attributes, types }) => [iota(scope, attributes, types[0] as TensorType)],
  dimension: named((scope, _operands, { attributes }) => scope.size(attributes.name)),
  neg: single(plain('Neg')),
  abs: single(plain('Abs')),
  sign: 'decomposed',
  floor: single(plain('Floor')),
  exp: single(plain('Exp')),
  expm1: 'decomposed',
  log: single(plain('Log')),
  log1p: 'decomposed',
  sin: single(plain('Sin')),
  cos: single(plain('Cos')),
  sqrt: single(plain('Sqrt')),
  tanh: single(plain('Tanh')),
  logistic: single(logistic),
  erf: single(plain('Erf')),
  add: single(plain('Add')),
  sub: single(plain('Sub')),
  mul: single(plain('Mul')),
  div: single(plain('Div')),
  max: single(ordered('Max')),
  min: single(ordered('Min')),
  eq: single(plain('Equal')),
  lt: single(ordered('Less')),
  le: single(ordered('LessOrEqual')),
  and: single(plain('And')),
  or: single(plain('Or')),
  not: single(plain('Not')),
  select: single(select),
  convert: single(convert),
  reshape: named((scope, [x], _instruction, type) => scope.one('Reshape', [scope.read(x), scope.shape(type.shape)])),
  transpose: named((scope, [x], { attributes }) =>
    attributes.permutation.length === 0
      ? scope.read(x)
      : scope.one('Transpose', [scope.read(x)], { perm: attributes.permutation }),
  ),
  broadcast: (scope, operands, { attributes, types }) => [
    broadcast(scope, operands[0] as Value, attributes, types[0] as TensorType),
  ],
  slice: named((scope, [x], { attributes: { axis, start, limit } }) => slice(scope, x, [start, limit, axis, 1])),
  pad: named((scope, [x], { attributes }, type) => pad(scope, x, attributes, type)),
  concat: named((scope, operands, { attributes: { axis } }) => {
    const parts = operands.filter(({ type }) => !isEmpty(type)).map((part) => scope.read(part));
    return parts.length === 1 ? (parts[0] as string) : scope.one('Concat', parts, { axis });
  }),
  reverse: named((scope, [x], { attributes: { axis } }) => slice(scope, x, [-1, -(2 ** 31), axis, -1])),
  gather: named((scope, [x, index], { attributes }) => gather(scope, x, index, attributes)),
  scatter_add: named((scope, [updates, index], { attributes }, type) =>
    scatterAdd(scope, updates, index, attributes, type),
  ),
  reduce_sum: named((scope, [x], { attributes }) => reduceSum(scope, x, attributes.axes)),
  reduce_max: (scope, operands, { attributes, types }) => [
    reduceMax(scope, operands[0] as Value, attributes.axes, types[0] as TensorType),
  ],
  argmax: named((scope, [x], { attributes }) => argmax(scope, x, attributes.axis)),
  dot: named((scope, operands, { attributes }, type) => dot(scope, operands, attributes, type)),
  random_bits: named((scope, operands, { attributes }, type) =>
    randomBits(scope, operands as readonly Value[] as readonly [Value, Value, Value], attributes, type),
  ),
  scan: emitScan,
  while: emitWhile,
  call: 'decomposed',
};

/** Emits a Program into a graph; `operands` are its parameters. */
export function emitProgram(scope: GraphScope, program: Program, operands: readonly Value[]): Value[] {
  const values: Value[] = [...operands];
  const at = (id: ValueId): Value => values[id] as Value;
  for (const instruction of program.instructions) {
    scope.model.metadata = instruction.metadata;
    values.push(...emit(scope, instruction, instruction.operands.map(at)));
  }
  return program.results.map(at);
}

function emit(scope: GraphScope, instruction: Instruction, operands: readonly Value[]): readonly Value[] {
  const { op, types } = instruction;
  const [type] = types;
  if (op !== 'scan' && op !== 'while' && type !== undefined) {
    if (isEmpty(type)) return [scope.fill(type, 0)];
    // Sums and copies of nothing are zeros; engines differ in what they do there.
    const none = op === 'concat' ? false : operands.some((operand) => isEmpty(operand.type));
    if (none && (op === 'reduce_sum' || op === 'dot' || op === 'scatter_add' || op === 'pad')) {
      return [scope.fill(type, 0)];
    }
  }
  const emitter = emitters[op] as Emitter<Op> | 'decomposed';
  if (emitter === 'decomposed') throw new Error(`${op} was not expanded`);
  return emitter(scope, operands, instruction as InstructionOf<Op>);
}

function isEmpty({ shape }: TensorType): boolean {
  return shape.some((dim) => dim === 0);
}

function emitScan(scope: GraphScope, operands: readonly Value[], instruction: InstructionOf<'scan'>): readonly Value[] {
  const { body, length, reverse, consts, carries } = instruction.attributes;
  const { types } = instruction;
  const initial = operands.slice(consts, consts + carries);
  if (length === 0) {
    return types.map((type, index) => (index < carries ? (initial[index] as Value) : scope.fill(type, 0)));
  }
  const streams = operands.slice(consts + carries).map((x) => scope.read(x));
  const inner = new GraphScope(scope.model);
  const names = body.params.slice(consts).map(({ name }, index) => inner.unique(name || `step_${index}`));
  const params = body.params.slice(consts).map(({ type }, index) => inner.value(type, names[index] as string));
  const inputs = params.map(({ type, small }) => valueInfo(small, innerType[type.dtype], type.shape));
  if (streams.length === 0) {
    // Scan takes its length from what it walks over.
    const value = { tensor: tensorProto('', DataType.BOOL, [1], [0]) };
    streams.push(scope.one('ConstantOfShape', [scope.shape([length])], { value }));
    inputs.push(valueInfo(inner.unique('unused'), DataType.BOOL, []));
  }
  const start = initial.map((carry) => scope.read(carry));
  const results = leave(inner, emitProgram(inner, body, [...operands.slice(0, consts), ...params]));
  scope.model.metadata = instruction.metadata;
  const directions = reverse
    ? {
        scan_input_directions: streams.map(() => 1),
        ...(types.length > carries ? { scan_output_directions: types.slice(carries).map(() => 1) } : {}),
      }
    : {};
  const output = scope.node(
    'Scan',
    [...start, ...streams],
    {
      body: { graph: inner.proto(inner.unique('scan_body'), inputs, results, false) },
      num_scan_inputs: streams.length,
      ...directions,
    },
    types.length,
  );
  return types.map((type, index) => scope.value(type, output[index] as string));
}

function emitWhile(
  scope: GraphScope,
  operands: readonly Value[],
  instruction: InstructionOf<'while'>,
): readonly Value[] {
  const { cond, body, consts } = instruction.attributes;
  const fixed = operands.slice(0, consts);
  const initial = operands.slice(consts);
  const start = initial.map((carry) => scope.read(carry));
  const [first] = emitProgram(scope, cond, operands);
  const inner = new GraphScope(scope.model);
  const names = initial.map((_, index) => inner.unique(`carry_${index}`));
  const params = initial.map(({ type }, index) => inner.value(type, names[index] as string));
  const next = emitProgram(inner, body, [...fixed, ...params]);
  const [again] = emitProgram(inner, cond, [...fixed, ...next]);
  const results = leave(inner, [again as Value, ...next]);
  const inputs = [
    valueInfo(inner.unique('iteration'), DataType.INT64, []),
    valueInfo(inner.unique('condition'), DataType.BOOL, []),
    ...params.map(({ type, small }) => valueInfo(small, innerType[type.dtype], type.shape)),
  ];
  scope.model.metadata = instruction.metadata;
  const output = scope.node(
    'Loop',
    ['', scope.read(first as Value), ...start],
    { body: { graph: inner.proto(inner.unique('loop_body'), inputs, results, false) } },
    initial.length,
  );
  return instruction.types.map((type, index) => scope.value(type, output[index] as string));
}

/** Results of a body, each under a name of its own. */
function leave(inner: GraphScope, results: readonly Value[]): ReturnType<typeof valueInfo>[] {
  return results.map((value) => {
    const name = inner.one('Identity', [inner.read(value)]);
    return valueInfo(name, innerType[value.type.dtype], value.type.shape);
  });
}
