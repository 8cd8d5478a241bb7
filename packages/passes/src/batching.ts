/**
 * Batching: an instruction or a Program for many values at once, by a leading axis on any of its operands.
 *
 * The table of rules is total over the ops. A rule is called with at least one batched operand; most ops take the
 * axis along, and where indices, keys or trip counts differ per element, a scan over the axis runs the op as it is.
 * What depends on no batched value is computed once and stays without the axis.
 */

import type { Attributes, Dim, Instruction, Op, Program, RuleTable, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { at, copy } from './rebuild.ts';

/** A value, with or without the leading axis. */
export interface Batched {
  readonly id: ValueId;
  readonly batched: boolean;
}

/** Emits an op whose operands are batched in part. */
export type BatchingRule<K extends Op> = (
  builder: ProgramBuilder,
  operands: readonly Batched[],
  attributes: Attributes[K],
  size: Dim,
) => Batched[];

/** Emits an instruction for operands of which some have a leading axis of `size`. */
export function batchInstruction(
  builder: ProgramBuilder,
  instruction: Instruction,
  operands: readonly Batched[],
  size: Dim,
): Batched[] {
  if (!operands.some(({ batched }) => batched)) {
    const plain = operands.map(({ id }) => id);
    return copy(builder, instruction, plain).map((id) => ({ id, batched: false }));
  }
  const outer = builder.metadata;
  builder.metadata = instruction.metadata;
  const rule = batchingRules[instruction.op] as BatchingRule<Op>;
  const results = rule(builder, operands, instruction.attributes as Attributes[Op], size);
  builder.metadata = outer;
  return results;
}

/** Emits the instructions of a Program for operands of which some have a leading axis; gives its results. */
export function batchInline(
  builder: ProgramBuilder,
  program: Program,
  operands: readonly Batched[],
  size: Dim,
): Batched[] {
  const map: Batched[] = [...operands];
  for (const instruction of program.instructions) {
    const mapped = instruction.operands.map((id) => at(map, id));
    map.push(...batchInstruction(builder, instruction, mapped, size));
  }
  return program.results.map((id) => at(map, id));
}

/**
 * The Program over a leading axis of `size`: parameters with `batched` true gain it, and so do all results.
 * `batch(p, …)` on stacked inputs equals p on each of them, stacked.
 */
export function batch(program: Program, batched: readonly boolean[], size: Dim): Program {
  const builder = new ProgramBuilder();
  const operands = program.params.map(({ type, name }, i) => {
    const { dtype, shape } = type;
    const flag = batched[i] === true;
    return { id: builder.param({ dtype, shape: flag ? [size, ...shape] : shape }, name), batched: flag };
  });
  const results = batchInline(builder, program, operands, size);
  return builder.build(results.map((result) => materialise(builder, result, size)));
}

/** The batching rules of all ops. */
export const batchingRules: RuleTable<{ [K in Op]: BatchingRule<K> }> = {
  constant: source('constant'),
  iota: source('iota'),
  dimension: source('dimension'),
  neg: elementwise('neg'),
  abs: elementwise('abs'),
  sign: elementwise('sign'),
  floor: elementwise('floor'),
  exp: elementwise('exp'),
  expm1: elementwise('expm1'),
  log: elementwise('log'),
  log1p: elementwise('log1p'),
  sin: elementwise('sin'),
  cos: elementwise('cos'),
  sqrt: elementwise('sqrt'),
  tanh: elementwise('tanh'),
  logistic: elementwise('logistic'),
  erf: elementwise('erf'),
  add: elementwise('add'),
  sub: elementwise('sub'),
  mul: elementwise('mul'),
  div: elementwise('div'),
  max: elementwise('max'),
  min: elementwise('min'),
  eq: elementwise('eq'),
  lt: elementwise('lt'),
  le: elementwise('le'),
  and: elementwise('and'),
  or: elementwise('or'),
  not: elementwise('not'),
  select: elementwise('select'),
  convert: elementwise('convert'),
  reshape: shifted('reshape', ({ shape }, size) => ({ shape: [size, ...shape] })),
  transpose: shifted('transpose', ({ permutation }) => ({ permutation: [0, ...up(permutation)] })),
  broadcast: shifted('broadcast', ({ shape, axes }, size) => ({ shape: [size, ...shape], axes: [0, ...up(axes)] })),
  slice: shifted('slice', (attributes) => ({ ...attributes, axis: attributes.axis + 1 })),
  pad: shifted('pad', (attributes) => ({ ...attributes, axis: attributes.axis + 1 })),
  concat: shifted('concat', ({ axis }) => ({ axis: axis + 1 })),
  reverse: shifted('reverse', ({ axis }) => ({ axis: axis + 1 })),
  gather: (builder, operands, attributes, size) => {
    const [x, index] = pair(operands);
    const { axis } = attributes;
    if (x.batched && index.batched) return eachInTurn(builder, 'gather', operands, attributes, size);
    if (x.batched) return one(builder.one('gather', [x.id, index.id], { axis: axis + 1 }));
    return one(toFront(builder, builder.one('gather', [x.id, index.id], { axis }), axis));
  },
  scatter_add: (builder, operands, attributes, size) => {
    const [updates, index] = pair(operands);
    if (index.batched) return eachInTurn(builder, 'scatter_add', operands, attributes, size);
    return one(
      builder.one('scatter_add', [updates.id, index.id], { axis: attributes.axis + 1, size: attributes.size }),
    );
  },
  reduce_sum: shifted('reduce_sum', ({ axes }) => ({ axes: up(axes) })),
  reduce_max: shifted('reduce_max', ({ axes }) => ({ axes: up(axes) })),
  argmax: shifted('argmax', ({ axis }) => ({ axis: axis + 1 })),
  dot: (builder, operands, { contract, batch }) => {
    const [left, right] = pair(operands);
    const both = left.batched && right.batched;
    const moved = ({ batched }: Batched, axes: readonly number[]): number[] => (batched ? up(axes) : [...axes]);
    const lead = both ? [0] : [];
    const id = builder.one('dot', [left.id, right.id], {
      contract: [moved(left, contract[0]), moved(right, contract[1])],
      batch: [
        [...lead, ...moved(left, batch[0])],
        [...lead, ...moved(right, batch[1])],
      ],
    });
    const frees = builder.type(left.id).shape.length - contract[0].length - batch[0].length;
    return one(both ? id : toFront(builder, id, batch[0].length + (left.batched ? 0 : frees)));
  },
  random_bits: (builder, operands, attributes, size) => {
    const [key, ...counters] = operands;
    if (key === undefined || key.batched) return eachInTurn(builder, 'random_bits', operands, attributes, size);
    const ids = counters.map((counter) => materialise(builder, counter, size));
    return one(builder.one('random_bits', [key.id, ...ids], attributes));
  },
  scan: batchScan,
  while: (builder, operands, attributes, size) => eachInTurn(builder, 'while', operands, attributes, size),
  call: (builder, operands, attributes, size) => {
    const { body, name, gradient } = attributes;
    if (typeof gradient === 'string') {
      const flags = operands.map(({ batched }) => batched);
      const ids = operands.map(({ id }) => id);
      return all(builder.emit('call', ids, { body: batchProgram(body, flags, size), name, gradient }));
    }
    const every = (program: Program): Program =>
      batchProgram(
        program,
        program.params.map(() => true),
        size,
      );
    const ids = operands.map((operand) => materialise(builder, operand, size));
    const both = { forward: every(gradient.forward), backward: every(gradient.backward) };
    return all(builder.emit('call', ids, { body: every(body), name, gradient: both }));
  },
};

/** The value with the leading axis, repeated along it if it had none. */
export function materialise(builder: ProgramBuilder, { id, batched }: Batched, size: Dim): ValueId {
  if (batched) return id;
  const { shape } = builder.type(id);
  return builder.broadcast(id, [size, ...shape], up(shape.map((_, axis) => axis)));
}

function source<K extends Op>(op: K): BatchingRule<K> {
  return (builder, _operands, attributes) => [{ id: builder.one(op, [], attributes), batched: false }];
}

function elementwise<K extends Op>(op: K): BatchingRule<K> {
  return shifted(op, (attributes) => attributes);
}

function shifted<K extends Op>(
  op: K,
  change: (attributes: Attributes[K], size: Dim) => Attributes[K],
): BatchingRule<K> {
  return (builder, operands, attributes, size) => {
    const ids = operands.map((operand) => materialise(builder, operand, size));
    return one(builder.one(op, ids, change(attributes, size)));
  };
}

/** Carries are batched if they start or become so; time stays in front of the batch inside the loop. */
function batchScan(
  builder: ProgramBuilder,
  operands: readonly Batched[],
  attributes: Attributes['scan'],
  size: Dim,
): Batched[] {
  const { body, length, reverse, consts, carries } = attributes;
  const flags = operands.map(({ batched }) => batched);
  for (;;) {
    const trial = batchBody(body, flags, size);
    const grown = trial.flags.slice(0, carries).map((flag, i) => flag && flags[consts + i] !== true);
    if (!grown.includes(true)) break;
    grown.forEach((flag, i) => {
      if (flag) flags[consts + i] = true;
    });
  }
  const { program, flags: results } = batchBody(body, flags, size, (i) => i < carries && flags[consts + i] === true);
  const ids = operands.map((operand, i) => {
    if (i < consts || !flags[i]) return operand.id;
    if (i < consts + carries) return materialise(builder, operand, size);
    return swapped(builder, operand.id);
  });
  const outputs = builder.emit('scan', ids, { body: program, length, reverse, consts, carries });
  return outputs.map((id, i) => {
    const batched = results[i] === true;
    return { id: batched && i >= carries ? swapped(builder, id) : id, batched };
  });
}

/** The batched body, and which of its results have the axis; those that `force` names always have it. */
function batchBody(
  body: Program,
  flags: readonly boolean[],
  size: Dim,
  force: (result: number) => boolean = () => false,
): { readonly program: Program; readonly flags: readonly boolean[] } {
  const builder = new ProgramBuilder();
  const params = declare(builder, body, flags, size);
  const results = batchInline(builder, body, params, size).map((result, i) =>
    force(i) ? { id: materialise(builder, result, size), batched: true } : result,
  );
  return { program: builder.build(results.map(({ id }) => id)), flags: results.map(({ batched }) => batched) };
}

/** The Program over a leading axis, with all results batched. */
function batchProgram(program: Program, flags: readonly boolean[], size: Dim): Program {
  return batchBody(program, flags, size, () => true).program;
}

function declare(builder: ProgramBuilder, program: Program, flags: readonly boolean[], size: Dim): Batched[] {
  return program.params.map(({ type, name }, i) => {
    const batched = flags[i] === true;
    const shape = batched ? [size, ...type.shape] : type.shape;
    return { id: builder.param({ dtype: type.dtype, shape }, name), batched };
  });
}

/** Runs an op once per element of the axis, in a scan. */
function eachInTurn<K extends Op>(
  builder: ProgramBuilder,
  op: K,
  operands: readonly Batched[],
  attributes: Attributes[K],
  size: Dim,
): Batched[] {
  const inner = new ProgramBuilder();
  const order = [...operands.keys()].sort((a, b) => Number(at(operands, a).batched) - Number(at(operands, b).batched));
  const params: ValueId[] = [];
  for (const i of order) {
    const { id, batched } = at(operands, i);
    const { dtype, shape } = builder.type(id);
    params[i] = inner.param({ dtype, shape: batched ? shape.slice(1) : shape });
  }
  const results = inner.emit(op, params, attributes);
  const ids = builder.emit(
    'scan',
    order.map((i) => at(operands, i).id),
    {
      body: inner.build(results),
      length: size,
      reverse: false,
      consts: operands.filter(({ batched }) => !batched).length,
      carries: 0,
    },
  );
  return all(ids);
}

function swapped(builder: ProgramBuilder, id: ValueId): ValueId {
  const rank = builder.type(id).shape.length;
  return builder.one('transpose', [id], { permutation: Array.from({ length: rank }, (_, i) => (i < 2 ? 1 - i : i)) });
}

function toFront(builder: ProgramBuilder, id: ValueId, axis: number): ValueId {
  if (axis === 0) return id;
  const rest = builder
    .type(id)
    .shape.map((_, i) => i)
    .filter((i) => i !== axis);
  return builder.one('transpose', [id], { permutation: [axis, ...rest] });
}

function up(axes: readonly number[]): number[] {
  return axes.map((axis) => axis + 1);
}

function pair(operands: readonly Batched[]): readonly [Batched, Batched] {
  return [at(operands, 0), at(operands, 1)];
}

function one(id: ValueId): Batched[] {
  return [{ id, batched: true }];
}

function all(ids: readonly ValueId[]): Batched[] {
  return ids.map((id) => ({ id, batched: true }));
}
