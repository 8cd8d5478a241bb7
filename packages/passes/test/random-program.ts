/**
 * Random small Programs for tests: a tape of numbers decides each step, so fast-check can shrink them.
 *
 * Values stay bounded and nothing jumps on a computed float, so that two orders of summation agree closely. Scans are
 * nested up to twice, with consts, several carries, xs, ys and reversed time; whiles count to a small number.
 */

import type { Dim, Op, Program, Shape, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import fc from 'fast-check';

/** Sizes that random Programs give to their named dimensions. */
export const dims = { batch: 3 };

/** Random Programs of f32, i32 and bool values; `named` allows the dimension "batch". */
export const programs: fc.Arbitrary<Program> = fc
  .array(fc.nat({ max: 997 }), { minLength: 40, maxLength: 320, size: 'max' })
  .map((tape) => generate(tape));

/** Random inputs for a Program, told by a seed. */
export function inputsFor(program: Program, seed: number, bound: Readonly<Record<string, number>> = dims): number[][] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return program.params.map(({ type }) => {
    const count = type.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : (bound[dim] ?? 1)), 1);
    return Array.from({ length: count }, () => {
      const x = next();
      if (type.dtype === 'bool') return Number(x < 0.5);
      return type.dtype === 'f32' || type.dtype === 'f64' ? Math.round((2 * x - 1) * 1000) / 1000 : Math.floor(x * 5);
    });
  });
}

class Tape {
  readonly #cells: readonly number[];
  #at = 0;
  constructor(cells: readonly number[]) {
    this.#cells = cells;
  }
  get left(): number {
    return this.#cells.length - this.#at;
  }
  below(limit: number): number {
    return (this.#cells[this.#at++] ?? 0) % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const sizes: readonly Dim[] = [1, 2, 3, 4, 2, 3, 'batch'];

function generate(cells: readonly number[]): Program {
  const tape = new Tape(cells);
  const b = new ProgramBuilder();
  const values: ValueId[] = [];
  for (let i = 0; i < 3; i++) values.push(b.param({ dtype: 'f32', shape: shapeFrom(tape) }));
  values.push(b.param({ dtype: 'i32', shape: shapeFrom(tape) }));
  grow(b, tape, values, 2, 40);
  const results = new Set<ValueId>();
  for (let i = 0; i < 8; i++) results.add(values[Math.max(0, values.length - 1 - i * 2)] as ValueId);
  return b.build([...results]);
}

function shapeFrom(tape: Tape): Shape {
  return Array.from({ length: tape.below(4) }, () => tape.pick(sizes));
}

function grow(b: ProgramBuilder, tape: Tape, values: ValueId[], depth: number, most: number): void {
  for (let i = 0; i < most && tape.left > 0; i++) {
    const made = step(b, tape, values, depth);
    values.push(...made);
  }
}

function step(b: ProgramBuilder, tape: Tape, values: readonly ValueId[], depth: number): readonly ValueId[] {
  const x = tape.pick(values);
  const { dtype, shape } = b.type(x);
  const rank = shape.length;
  const static_ = shape.flatMap((dim, axis) => (typeof dim === 'number' ? [axis] : []));
  const kind = tape.below(depth > 0 ? 22 : 20);
  if (dtype === 'bool') return [b.plain(tape.pick(['not'] as const), x)];
  switch (kind) {
    case 0:
    case 1:
      if (dtype !== 'f32') return [b.plain(tape.pick(['neg', 'abs', 'sign'] as const), x)];
      return [b.plain(tape.pick(['neg', 'tanh', 'logistic', 'sin', 'cos', 'abs'] as const), x)];
    case 2:
    case 3:
    case 4: {
      const y = alike(b, tape, values, x);
      const op = tape.pick<Op>(['add', 'sub', 'mul', 'add', 'mul', 'max', 'min']);
      const made = b.plain(op as 'add', x, y);
      return dtype === 'f32' && op === 'mul' ? [b.plain('sin', made)] : [made];
    }
    case 5:
      return [b.plain(tape.pick(['add', 'mul', 'sub'] as const), x, b.fill(dtype, shape, tape.pick([0, 1, -1, 2])))];
    case 6: {
      const axis = tape.below(rank + 1);
      const wide = [...shape.slice(0, axis), tape.pick(sizes), ...shape.slice(axis)];
      if (rank > 3) return [];
      return [
        b.broadcast(
          x,
          wide,
          wide.map((_, i) => i).filter((i) => i !== axis),
        ),
      ];
    }
    case 7:
      return rank === 0 ? [] : [b.one('reduce_sum', [x], { axes: [tape.below(rank)] })];
    case 8: {
      if (static_.length === 0) return [];
      const axis = tape.pick(static_);
      const size = shape[axis] as number;
      const start = tape.below(size + 1);
      return [b.one('slice', [x], { axis, start, limit: start + tape.below(size - start + 1) })];
    }
    case 9: {
      if (static_.length === 0) return [];
      const axis = tape.pick(static_);
      if ((shape[axis] as number) > 6) return [];
      return [b.one('pad', [x], { axis, low: tape.below(3), high: tape.below(3) })];
    }
    case 10: {
      if (static_.length === 0) return [];
      const axis = tape.pick(static_);
      if ((shape[axis] as number) > 6) return [];
      return [b.one('concat', [x, alike(b, tape, values, x)], { axis })];
    }
    case 11: {
      const permutation = shape.map((_, i) => i);
      const turn = tape.below(rank + 1);
      return [b.one('transpose', [x], { permutation: [...permutation.slice(turn), ...permutation.slice(0, turn)] })];
    }
    case 12:
      return rank === 0 ? [] : [b.one('reverse', [x], { axis: tape.below(rank) })];
    case 13:
      return [b.one('reshape', [x], { shape: tape.below(2) === 0 ? [1, ...shape] : squeezed(shape) })];
    case 14: {
      if (dtype !== 'f32' || rank === 0) return [];
      const axis = tape.below(rank);
      const y = values.find((id) => b.type(id).dtype === 'f32' && b.type(id).shape.includes(shape[axis] as Dim)) ?? x;
      const other = b.type(y).shape.indexOf(shape[axis] as Dim);
      if (rank + b.type(y).shape.length > 6) return [];
      return [b.plain('tanh', b.one('dot', [x, y], { contract: [[axis], [other]], batch: [[], []] }))];
    }
    case 15: {
      if (dtype !== 'i32') return [b.one('convert', [x], { to: 'f32' })];
      const p = b.plain('lt', x, b.fill('i32', shape, tape.below(3)));
      const a = alike(b, tape, values, x);
      return [p, b.plain('select', p, x, a), b.one('convert', [p], { to: 'f32' })];
    }
    case 16: {
      if (rank === 0 || shape.length > 3) return [];
      const axis = tape.below(rank);
      if (shape[axis] === 0) return [];
      const index = values.find((id) => b.type(id).dtype === 'i32' && b.type(id).shape.length <= 1);
      return index === undefined ? [] : [b.one('gather', [x, index], { axis })];
    }
    case 17: {
      const index = values.find((id) => b.type(id).dtype === 'i32' && b.type(id).shape.length === 1);
      const axis = index === undefined ? -1 : shape.indexOf(b.type(index).shape[0] as Dim);
      return index === undefined || axis < 0 ? [] : [b.one('scatter_add', [x, index], { axis, size: 3 })];
    }
    case 18:
      return [
        b.one('iota', [], { dtype: 'i32', shape: [...shape, 3].slice(0, 3), axis: tape.below(Math.min(rank + 1, 3)) }),
      ];
    case 19:
      return [b.constant(dtype, [], [tape.below(4) - 1])];
    case 20:
      return tape.below(6) === 0 ? count(b, x, tape) : scan(b, tape, values, depth);
    default:
      return scan(b, tape, values, depth);
  }
}

function squeezed(shape: Shape): Shape {
  return shape.filter((dim) => dim !== 1);
}

/** Another value of the type of x; a repeated number if there is none. */
function alike(b: ProgramBuilder, tape: Tape, values: readonly ValueId[], x: ValueId): ValueId {
  const { dtype, shape } = b.type(x);
  const fitting = values.filter((id) => {
    const type = b.type(id);
    return type.dtype === dtype && type.shape.join() === shape.join();
  });
  return fitting.length > 0 && tape.below(4) > 0 ? tape.pick(fitting) : b.fill(dtype, shape, tape.below(3));
}

function scan(b: ProgramBuilder, tape: Tape, values: readonly ValueId[], depth: number): ValueId[] {
  const length = tape.pick<Dim>([3, 2, 3, 'batch', 1, 0]);
  const consts = [tape.pick(values), tape.pick(values)];
  const carries = [tape.pick(values), tape.pick(values)].filter((id) => b.type(id).dtype !== 'bool');
  const xs = values.filter((id) => b.type(id).shape[0] === length).slice(-3);
  const inner = new ProgramBuilder();
  const given: ValueId[] = [];
  for (const id of [...consts, ...carries]) given.push(inner.param(b.type(id)));
  for (const id of xs) given.push(inner.param({ dtype: b.type(id).dtype, shape: b.type(id).shape.slice(1) }));
  const own = [...given];
  grow(inner, tape, own, depth - 1, 4 + tape.below(12));
  const next = carries.map((_, i) => {
    const carry = given[consts.length + i] as ValueId;
    const { dtype, shape } = inner.type(carry);
    const found = own.filter((id) => inner.type(id).dtype === dtype && inner.type(id).shape.join() === shape.join());
    const chosen = tape.pick(found);
    if (dtype !== 'f32' || tape.below(2) === 0) return chosen;
    return inner.plain('add', carry, tape.below(2) === 0 ? chosen : inner.plain('sin', chosen));
  });
  const ys = own.filter((id) => id >= given.length).slice(-3);
  const [first] = tape.below(3) === 0 ? given : [];
  const body = inner.build([...next, ...ys, ...(first === undefined ? [] : [first])]);
  const operands = [...consts, ...carries, ...xs];
  return b.emit('scan', operands, {
    body,
    length,
    reverse: tape.below(2) === 1,
    consts: consts.length,
    carries: carries.length,
  });
}

/** A while that halves a value a few times. */
function count(b: ProgramBuilder, x: ValueId, tape: Tape): ValueId[] {
  const { dtype, shape } = b.type(x);
  if (dtype !== 'f32') return [];
  const steps = tape.below(4);
  const cond = new ProgramBuilder();
  const i = cond.param({ dtype: 'i32', shape: [] });
  cond.param({ dtype, shape });
  const body = new ProgramBuilder();
  const j = body.param({ dtype: 'i32', shape: [] });
  const y = body.param({ dtype, shape });
  const next = body.plain('add', j, body.constant('i32', [], [1]));
  const half = body.plain('mul', y, body.fill('f32', shape, 0.5));
  const start = b.constant('i32', [], [0]);
  return b.emit('while', [start, x], {
    cond: cond.build([cond.plain('lt', i, cond.constant('i32', [], [steps]))]),
    body: body.build([next, half]),
    consts: 0,
  });
}
