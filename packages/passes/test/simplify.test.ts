/** Each rule of simplification, before and after; both sides must also mean the same. */

import type { Program, ValueId } from '@rheo/ir';
import { ProgramBuilder, print } from '@rheo/ir';
import { commonSubexpressions, deadCode, simplify } from '@rheo/passes';
import { describe, expect, test } from 'vitest';
import { expectSameMeaning } from './same-meaning.ts';

/** x [4,6], y [4,6], m [6,5], s [], i i32[3], p bool[4,6], r [batch,6]. */
interface Given {
  readonly x: ValueId;
  readonly y: ValueId;
  readonly m: ValueId;
  readonly s: ValueId;
  readonly i: ValueId;
  readonly p: ValueId;
  readonly r: ValueId;
}

type Make = (b: ProgramBuilder, given: Given) => ValueId | readonly ValueId[];

function build(make: Make): Program {
  const b = new ProgramBuilder();
  const given = {
    x: b.param({ dtype: 'f32', shape: [4, 6] }),
    y: b.param({ dtype: 'f32', shape: [4, 6] }),
    m: b.param({ dtype: 'f32', shape: [6, 5] }),
    s: b.param({ dtype: 'f32', shape: [] }),
    i: b.param({ dtype: 'i32', shape: [3] }),
    p: b.param({ dtype: 'bool', shape: [4, 6] }),
    r: b.param({ dtype: 'f32', shape: ['batch', 6] }),
  };
  const made = make(b, given);
  return b.build(typeof made === 'number' ? [made] : made);
}

const fill = (b: ProgramBuilder, value: number, shape: readonly number[] = [4, 6]): ValueId =>
  b.fill('f32', shape, value);
const slice = (b: ProgramBuilder, x: ValueId, axis: number, start: number, limit: number): ValueId =>
  b.one('slice', [x], { axis, start, limit });
const pad = (b: ProgramBuilder, x: ValueId, axis: number, low: number, high: number): ValueId =>
  b.one('pad', [x], { axis, low, high });
const dot = (b: ProgramBuilder, l: ValueId, r: ValueId, contract: [number[], number[]]): ValueId =>
  b.one('dot', [l, r], { contract, batch: [[], []] });
const turn = (b: ProgramBuilder, x: ValueId, permutation: number[]): ValueId =>
  b.one('transpose', [x], { permutation });

const rules: readonly (readonly [name: string, before: Make, after: Make])[] = [
  ['add(0, x)', (b, { x }) => b.plain('add', fill(b, 0), x), (_, { x }) => x],
  ['add(x, x)', (b, { x }) => b.plain('add', x, x), (b, { x }) => b.plain('mul', x, fill(b, 2))],
  ['add(x, neg y)', (b, { x, y }) => b.plain('add', x, b.plain('neg', y)), (b, { x, y }) => b.plain('sub', x, y)],
  ['sub(x, 0)', (b, { x }) => b.plain('sub', x, fill(b, 0)), (_, { x }) => x],
  ['sub(x, neg y)', (b, { x, y }) => b.plain('sub', x, b.plain('neg', y)), (b, { x, y }) => b.plain('add', x, y)],
  ['mul(1, x)', (b, { x }) => b.plain('mul', fill(b, 1), x), (_, { x }) => x],
  ['mul(-1, x)', (b, { x }) => b.plain('mul', fill(b, -1), x), (b, { x }) => b.plain('neg', x)],
  [
    'numbers meet in products',
    (b, { x, y }) => b.plain('mul', b.plain('mul', b.plain('mul', x, fill(b, 2)), y), fill(b, 3)),
    (b, { x, y }) => b.plain('mul', b.plain('mul', x, fill(b, 6)), y),
  ],
  ['div(x, 1)', (b, { x }) => b.plain('div', x, fill(b, 1)), (_, { x }) => x],
  ['div(x, 4)', (b, { x }) => b.plain('div', x, fill(b, 4)), (b, { x }) => b.plain('mul', x, fill(b, 0.25))],
  ['div(x, 3) stays', (b, { x }) => b.plain('div', x, fill(b, 3)), (b, { x }) => b.plain('div', x, fill(b, 3))],
  ['neg(neg x)', (b, { x }) => b.plain('neg', b.plain('neg', x)), (_, { x }) => x],
  ['neg(sub(x, y))', (b, { x, y }) => b.plain('neg', b.plain('sub', x, y)), (b, { x, y }) => b.plain('sub', y, x)],
  ['mul(0, x) stays', (b, { x }) => b.plain('mul', x, fill(b, 0)), (b, { x }) => b.plain('mul', x, fill(b, 0))],
  ['sub(x, x) stays', (b, { x }) => b.plain('sub', x, x), (b, { x }) => b.plain('sub', x, x)],
  ['select of equals', (b, { x, p }) => b.plain('select', p, x, x), (_, { x }) => x],
  ['select on a constant', (b, { x, y }) => b.plain('select', b.fill('bool', [4, 6], 0), x, y), (_, { y }) => y],
  [
    'select on a not',
    (b, { x, y, p }) => b.plain('select', b.plain('not', p), x, y),
    (b, { x, y, p }) => b.plain('select', p, y, x),
  ],
  ['convert to itself', (b, { x }) => b.one('convert', [x], { to: 'f32' }), (_, { x }) => x],
  ['and(true, p)', (b, { p }) => b.plain('and', b.fill('bool', [4, 6], 1), p), (_, { p }) => p],
  ['or(p, true)', (b, { p }) => b.plain('or', p, b.fill('bool', [4, 6], 1)), (b) => b.fill('bool', [4, 6], 1)],
  [
    'work before repetition',
    (b, { s }) => b.plain('exp', b.plain('mul', b.broadcast(s, [4, 6], []), fill(b, 3))),
    (b, { s }) => b.broadcast(b.plain('exp', b.plain('mul', s, b.constant('f32', [], [3]))), [4, 6], []),
  ],
  [
    'reshape twice',
    (b, { x }) => b.one('reshape', [b.one('reshape', [x], { shape: [24] })], { shape: [4, 6] }),
    (_, { x }) => x,
  ],
  ['transpose twice', (b, { x }) => turn(b, turn(b, x, [1, 0]), [1, 0]), (_, { x }) => x],
  ['reverse twice', (b, { x }) => b.one('reverse', [b.one('reverse', [x], { axis: 1 })], { axis: 1 }), (_, { x }) => x],
  [
    'broadcast twice',
    (b, { s }) => b.broadcast(b.broadcast(s, [4], []), [4, 6], [0]),
    (b, { s }) => b.broadcast(s, [4, 6], []),
  ],
  [
    'transpose of broadcast',
    (b, { x }) => turn(b, b.broadcast(x, [2, 4, 6], [1, 2]), [1, 0, 2]),
    (b, { x }) => b.broadcast(x, [4, 2, 6], [0, 2]),
  ],
  ['slice of slice', (b, { x }) => slice(b, slice(b, x, 1, 1, 5), 1, 1, 3), (b, { x }) => slice(b, x, 1, 2, 4)],
  ['whole slice', (b, { x }) => slice(b, x, 1, 0, 6), (_, { x }) => x],
  [
    'slice of concat',
    (b, { x, y }) => slice(b, b.one('concat', [x, y], { axis: 1 }), 1, 7, 9),
    (b, { y }) => slice(b, y, 1, 1, 3),
  ],
  ['slice of pad, inside', (b, { x }) => slice(b, pad(b, x, 1, 2, 2), 1, 3, 6), (b, { x }) => slice(b, x, 1, 1, 4)],
  ['slice of pad, outside', (b, { x }) => slice(b, pad(b, x, 1, 2, 2), 1, 0, 2), (b) => fill(b, 0, [4, 2])],
  [
    'slice of broadcast',
    (b, { s }) => slice(b, b.broadcast(s, [4, 6], []), 1, 0, 2),
    (b, { s }) => b.broadcast(s, [4, 2], []),
  ],
  [
    'slice of a product',
    (b, { x, m }) => slice(b, dot(b, x, m, [[1], [0]]), 1, 1, 3),
    (b, { x, m }) => dot(b, x, slice(b, m, 1, 1, 3), [[1], [0]]),
  ],
  [
    'slices of a product that is read twice stay',
    (b, { x, m }) => {
      const product = dot(b, x, m, [[1], [0]]);
      return [slice(b, product, 1, 0, 2), slice(b, product, 1, 2, 5)];
    },
    (b, { x, m }) => {
      const product = dot(b, x, m, [[1], [0]]);
      return [slice(b, product, 1, 0, 2), slice(b, product, 1, 2, 5)];
    },
  ],
  ['pad by nothing', (b, { x }) => pad(b, x, 0, 0, 0), (_, { x }) => x],
  ['pad twice', (b, { x }) => pad(b, pad(b, x, 0, 1, 0), 0, 1, 3), (b, { x }) => pad(b, x, 0, 2, 3)],
  ['concat of one', (b, { x }) => b.one('concat', [x], { axis: 0 }), (_, { x }) => x],
  [
    'concat of neighbouring slices',
    (b, { x }) => b.one('concat', [slice(b, x, 1, 0, 2), slice(b, x, 1, 2, 5)], { axis: 1 }),
    (b, { x }) => slice(b, x, 1, 0, 5),
  ],
  [
    'sum of disjoint pads',
    (b, { x, y, m }) => {
      const [p, q] = [pad(b, x, 1, 0, 12), pad(b, y, 1, 12, 0)];
      const zero = fill(b, 0, [4, 18]);
      return b.plain('add', b.plain('add', b.plain('add', zero, p), q), pad(b, dot(b, x, m, [[1], [0]]), 1, 6, 7));
    },
    (b, { x, y, m }) => {
      const product = dot(b, x, m, [[1], [0]]);
      const first = b.one('concat', [x, product], { axis: 1 });
      return b.plain('add', pad(b, first, 1, 0, 7), pad(b, y, 1, 12, 0));
    },
  ],
  [
    'sum of pads that fill the whole',
    (b, { x, y }) => b.plain('add', pad(b, y, 1, 6, 0), pad(b, x, 1, 0, 6)),
    (b, { x, y }) => b.one('concat', [x, y], { axis: 1 }),
  ],
  [
    'sum of overlapping pads stays',
    (b, { x, y }) => b.plain('add', pad(b, x, 1, 0, 2), pad(b, y, 1, 2, 0)),
    (b, { x, y }) => b.plain('add', pad(b, x, 1, 0, 2), pad(b, y, 1, 2, 0)),
  ],
  [
    'reduce of reduce',
    (b, { x }) => b.one('reduce_sum', [b.one('reduce_sum', [x], { axes: [1] })], { axes: [0] }),
    (b, { x }) => b.one('reduce_sum', [x], { axes: [0, 1] }),
  ],
  [
    'reduce of broadcast',
    (b, { s }) => b.one('reduce_sum', [b.broadcast(s, [4, 6], [])], { axes: [0, 1] }),
    (b, { s }) => b.plain('mul', s, b.constant('f32', [], [24])),
  ],
  [
    'reduce over a named axis stays',
    (b, { s }) => b.one('reduce_sum', [b.broadcast(s, ['batch'], [])], { axes: [0] }),
    (b, { s }) => b.one('reduce_sum', [b.broadcast(s, ['batch'], [])], { axes: [0] }),
  ],
  [
    'maximum of broadcast',
    (b, { s }) => b.one('reduce_max', [b.broadcast(s, [4, 6], [])], { axes: [0, 1] }),
    (_, { s }) => s,
  ],
  ['empty sum', (b, { x }) => b.one('reduce_sum', [slice(b, x, 0, 2, 2)], { axes: [0] }), (b) => fill(b, 0, [6])],
  [
    'sum over a transpose',
    (b, { x }) => b.one('reduce_sum', [turn(b, x, [1, 0])], { axes: [0] }),
    (b, { x }) => b.one('reduce_sum', [x], { axes: [1] }),
  ],
  [
    'product of a transpose',
    (b, { x, m }) => dot(b, turn(b, x, [1, 0]), m, [[0], [0]]),
    (b, { x, m }) => dot(b, x, m, [[1], [0]]),
  ],
  [
    'transpose of a product',
    (b, { x, m }) => turn(b, dot(b, x, m, [[1], [0]]), [1, 0]),
    (b, { x, m }) => dot(b, m, x, [[0], [1]]),
  ],
  [
    'scatter of zeros',
    (b, { i }) => b.one('scatter_add', [fill(b, 0, [3, 2]), i], { axis: 0, size: 5 }),
    (b) => fill(b, 0, [5, 2]),
  ],
  ['a constant of one number', (b) => b.constant('f32', [2], [7, 7]), (b) => fill(b, 7, [2])],
  ['named axes', (b, { r }) => b.plain('add', b.fill('f32', ['batch', 6], 0), r), (_, { r }) => r],
];

describe('simplify', () => {
  test.each(rules)('%s', (_name, before, after) => {
    const program = build(before);
    const simple = deadCode(simplify(program));
    expectSameMeaning(program, simple);
    expect(print(normal(simple))).toBe(print(normal(build(after))));
  });

  test('changes nothing when there is nothing to do', () => {
    const program = build((b, { x, m }) => dot(b, x, m, [[1], [0]]));
    expect(simplify(program)).toBe(program);
  });
});

/** Equal values once, in the order in which results need them. */
function normal(program: Program): Program {
  const shared = commonSubexpressions(program);
  const b = new ProgramBuilder();
  const map = new Map<ValueId, ValueId>();
  shared.params.forEach(({ type }, id) => {
    map.set(id, b.param(type));
  });
  const visit = (id: ValueId): ValueId => {
    const known = map.get(id);
    if (known !== undefined) return known;
    const found = shared.instructions.find((instruction) => instruction.id === id);
    if (found === undefined) throw new Error('only single results here');
    const made = b.one(found.op as 'add', found.operands.map(visit), found.attributes as never);
    map.set(id, made);
    return made;
  };
  return b.build(shared.results.map(visit));
}
