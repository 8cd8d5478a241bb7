/**
 * Cases of dot: all patterns of batch, contracted and free axes, operands seen through views, empty sums, sizes on both
 * sides of register blocks, and what products are fused with.
 */

import type { DType, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import type { Random } from '../random-source.ts';
import { programTolerance, sumTolerance } from '../tolerance.ts';
import { dataFor } from './domains.ts';
import { views } from './views.ts';

interface Pattern {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly contract: readonly [readonly number[], readonly number[]];
  readonly batch?: readonly [readonly number[], readonly number[]];
}

const none = [[], []] as const;

const patterns: Readonly<Record<string, Pattern>> = {
  'vector-vector': { left: [7], right: [7], contract: [[0], [0]] },
  'vector-matrix': { left: [7], right: [7, 5], contract: [[0], [0]] },
  'matrix-vector': { left: [5, 7], right: [7], contract: [[1], [0]] },
  'matrix-matrix': { left: [3, 7], right: [7, 5], contract: [[1], [0]] },
  'right-transposed': { left: [3, 7], right: [5, 7], contract: [[1], [1]] },
  'left-transposed': { left: [7, 3], right: [7, 5], contract: [[0], [0]] },
  'both-transposed': { left: [7, 3], right: [5, 7], contract: [[0], [1]] },
  outer: { left: [3], right: [5], contract: none },
  'outer-matrices': { left: [3, 2], right: [5, 4], contract: none },
  'scalar-scalar': { left: [], right: [], contract: none },
  'scalar-matrix': { left: [], right: [3, 5], contract: none },
  'matrix-scalar': { left: [3, 5], right: [], contract: none },
  'two-contracted': {
    left: [4, 3, 6],
    right: [4, 3, 5],
    contract: [
      [0, 1],
      [0, 1],
    ],
  },
  'two-contracted-crossed': {
    left: [4, 3, 6],
    right: [3, 5, 4],
    contract: [
      [0, 1],
      [2, 0],
    ],
  },
  'two-contracted-apart': {
    left: [4, 6, 3],
    right: [4, 3, 5],
    contract: [
      [0, 2],
      [0, 1],
    ],
  },
  'all-contracted': {
    left: [3, 5],
    right: [3, 5],
    contract: [
      [0, 1],
      [0, 1],
    ],
  },
  'all-contracted-crossed': {
    left: [3, 5],
    right: [5, 3],
    contract: [
      [0, 1],
      [1, 0],
    ],
  },
  'two-free-left': { left: [2, 3, 7], right: [7, 5], contract: [[2], [0]] },
  'two-free-left-middle': { left: [2, 7, 3], right: [7, 5], contract: [[1], [0]] },
  'two-free-right': { left: [3, 7], right: [2, 7, 5], contract: [[1], [1]] },
  'free-both': { left: [2, 7, 3], right: [2, 5, 7], contract: [[1], [2]] },
  batch: { left: [4, 3, 7], right: [4, 7, 5], contract: [[2], [1]], batch: [[0], [0]] },
  'batch-inside': { left: [3, 4, 7], right: [7, 4, 5], contract: [[2], [0]], batch: [[1], [1]] },
  'batch-last': { left: [3, 7, 4], right: [7, 5, 4], contract: [[1], [0]], batch: [[2], [2]] },
  'batch-mixed': { left: [4, 3, 7], right: [7, 5, 4], contract: [[2], [0]], batch: [[0], [2]] },
  'two-batch': {
    left: [2, 4, 3, 7],
    right: [2, 4, 7, 5],
    contract: [[3], [2]],
    batch: [
      [0, 1],
      [0, 1],
    ],
  },
  'two-batch-crossed': {
    left: [2, 4, 3, 7],
    right: [4, 2, 7, 5],
    contract: [[3], [2]],
    batch: [
      [0, 1],
      [1, 0],
    ],
  },
  'two-batch-swapped': {
    left: [2, 4, 3, 7],
    right: [2, 4, 7, 5],
    contract: [[3], [2]],
    batch: [
      [1, 0],
      [1, 0],
    ],
  },
  'batch-only': {
    left: [4, 3],
    right: [4, 3],
    contract: none,
    batch: [
      [0, 1],
      [0, 1],
    ],
  },
  'batch-vector-vector': { left: [4, 7], right: [4, 7], contract: [[1], [1]], batch: [[0], [0]] },
  'batch-matrix-vector': { left: [4, 3, 7], right: [4, 7], contract: [[2], [1]], batch: [[0], [0]] },
  'batch-outer': { left: [4, 3], right: [4, 5], contract: none, batch: [[0], [0]] },
  'empty-contraction': { left: [3, 0], right: [0, 5], contract: [[1], [0]] },
  'empty-rows': { left: [0, 7], right: [7, 5], contract: [[1], [0]] },
  'empty-columns': { left: [3, 7], right: [7, 0], contract: [[1], [0]] },
  'empty-batch': { left: [0, 3, 7], right: [0, 7, 5], contract: [[2], [1]], batch: [[0], [0]] },
  'all-ones': { left: [1, 1], right: [1, 1], contract: [[1], [0]] },
};

const rows = [1, 2, 3, 4, 5, 8, 9, 17];
const columns = [1, 3, 4, 7, 8, 9, 16, 17, 33];
const depths = [1, 2, 4, 5, 15, 16, 33];

/** `dot/pattern/batch/f32`, `dot/size/3x7x5`, `dot/view/transposed`, `dot/fused/bias-tanh`. */
export function dotCases(): ConformanceCase[] {
  return [...patternCases(), ...sizeCases(), ...viewCases(), ...fusedCases()];
}

function patternCases(): ConformanceCase[] {
  return (['f32', 'f64'] as const).flatMap((dtype) =>
    Object.entries(patterns).map(([name, pattern]) =>
      exampleCase('dot', `dot/pattern/${name}/${dtype}`, (random) => example(pattern, dtype, random)),
    ),
  );
}

function sizeCases(): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const m of rows) {
    for (const n of columns) {
      cases.push(
        exampleCase('dot', `dot/size/${m}xKx${n}`, (random) =>
          // The depths take turns, so that every row and column size meets several.
          [0, 3].map((turn) => {
            const k = depths[(m + n + turn) % depths.length] as number;
            return example({ left: [m, k], right: [k, n], contract: [[1], [0]] }, 'f32', random);
          }),
        ),
      );
    }
  }
  for (const k of [...depths, 64, 100, 257, 300]) {
    cases.push(
      exampleCase('dot', `dot/size/9x${k}x20`, (random) => [
        example({ left: [9, k], right: [k, 20], contract: [[1], [0]] }, 'f32', random),
        example({ left: [9, k], right: [20, k], contract: [[1], [1]] }, 'f32', random),
        example({ left: [k, 9], right: [k, 20], contract: [[0], [0]] }, 'f32', random),
      ]),
    );
  }
  for (const [m, k, n] of [
    [32, 64, 128],
    [65, 33, 130],
    [1, 128, 256],
    [130, 70, 1],
  ] as const) {
    cases.push(
      exampleCase('dot', `dot/size/${m}x${k}x${n}`, (random) =>
        example({ left: [m, k], right: [k, n], contract: [[1], [0]] }, 'f32', random),
      ),
    );
  }
  return cases;
}

function viewCases(): ConformanceCase[] {
  const made = Object.entries(views).map(([name, view]) =>
    exampleCase('dot', `dot/view/${name}`, (random) => {
      const examples: Example[] = [];
      for (const side of [0, 1]) {
        const b = new ProgramBuilder();
        const shapes = [
          [5, 7],
          [7, 9],
        ] as const;
        const from = shapes.map((shape, index) => (index === side ? view.from(shape) : shape));
        const params = from.map((shape) => b.param({ dtype: 'f32', shape }));
        const [l, r] = params.map((id, index) =>
          index === side ? view.apply(b, id, shapes[index] as readonly number[]) : id,
        ) as [ValueId, ValueId];
        const product = b.one('dot', [l, r], { contract: [[1], [0]], batch: [[], []] });
        const turned = b.one('transpose', [product], { permutation: [1, 0] });
        const back = b.one('reverse', [turned], { axis: 0 });
        const inputs = from.map((shape) => dataFor(random, 'f32', shape, unit));
        examples.push({ program: b.build([product, back]), inputs, tolerance: sumTolerance });
      }
      return examples;
    }),
  );
  return made;
}

/** What layers put around products: a compiler may fuse all of it. */
function fusedCases(): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  const add = (
    name: string,
    from: readonly (readonly number[])[],
    make: (b: ProgramBuilder, ids: ValueId[]) => ValueId[],
  ): void => {
    cases.push(
      exampleCase('dot', `dot/fused/${name}`, (random) => {
        const b = new ProgramBuilder();
        const ids = from.map((shape) => b.param({ dtype: 'f32', shape }));
        const program = b.build(make(b, ids));
        const inputs = from.map((shape) => dataFor(random, 'f32', shape, unit));
        return { program, inputs, tolerance: programTolerance };
      }),
    );
  };
  const plain = { contract: [[1], [0]], batch: [[], []] } as const;
  const product = (b: ProgramBuilder, l: ValueId, r: ValueId): ValueId => b.one('dot', [l, r], plain);
  const bias = (b: ProgramBuilder, x: ValueId, c: ValueId): ValueId =>
    b.plain('add', x, b.broadcast(c, b.type(x).shape, [1]));
  const weights = [[5, 7], [7, 9], [9]] as const;
  add('bias-tanh', weights, (b, [x, w, c]) => [
    b.plain('tanh', bias(b, product(b, x as ValueId, w as ValueId), c as ValueId)),
  ]);
  add('bias-row', [[5, 7], [7, 9], [5]], (b, [x, w, c]) => {
    const y = product(b, x as ValueId, w as ValueId);
    return [b.plain('add', y, b.broadcast(c as ValueId, b.type(y).shape, [0]))];
  });
  add('used-twice', weights, (b, [x, w, c]) => {
    const y = product(b, x as ValueId, w as ValueId);
    return [b.plain('tanh', y), bias(b, y, c as ValueId), y];
  });
  add(
    'chain',
    [
      [5, 7],
      [7, 9],
      [9, 4],
    ],
    (b, [x, w, v]) => [product(b, b.plain('tanh', product(b, x as ValueId, w as ValueId)), v as ValueId)],
  );
  add(
    'shared-operand',
    [
      [5, 7],
      [7, 9],
      [7, 9],
    ],
    (b, [x, w, v]) => {
      const f = b.plain('tanh', product(b, x as ValueId, w as ValueId));
      const g = b.plain('logistic', product(b, x as ValueId, v as ValueId));
      return [b.plain('mul', f, g)];
    },
  );
  add(
    'sum-of-two',
    [
      [5, 7],
      [7, 9],
      [5, 3],
      [3, 9],
    ],
    (b, [x, w, h, u]) => [
      b.plain('tanh', b.plain('add', product(b, x as ValueId, w as ValueId), product(b, h as ValueId, u as ValueId))),
    ],
  );
  add(
    'joined-operand',
    [
      [5, 3],
      [5, 4],
      [7, 9],
    ],
    (b, [x, h, w]) => [product(b, b.one('concat', [x as ValueId, h as ValueId], { axis: 1 }), w as ValueId)],
  );
  add(
    'joined-weights',
    [
      [5, 7],
      [7, 3],
      [7, 6],
    ],
    (b, [x, w, v]) => {
      const y = product(b, x as ValueId, b.one('concat', [w as ValueId, v as ValueId], { axis: 1 }));
      const cut = (start: number, limit: number): ValueId => b.one('slice', [y], { axis: 1, start, limit });
      return [b.plain('tanh', cut(0, 3)), b.plain('mul', cut(3, 6), cut(6, 9))];
    },
  );
  add('square', [[6, 6]], (b, [x]) => [product(b, x as ValueId, x as ValueId)]);
  add('gram', [[5, 7]], (b, [x]) => [
    b.one('dot', [x as ValueId, x as ValueId], { contract: [[0], [0]], batch: [[], []] }),
  ]);
  add('reduced', weights, (b, [x, w]) => {
    const y = b.plain('tanh', product(b, x as ValueId, w as ValueId));
    return [b.one('reduce_sum', [y], { axes: [0, 1] }), b.one('reduce_sum', [y], { axes: [0] })];
  });
  add(
    'scaled-operand',
    [
      [5, 7],
      [7, 9],
    ],
    (b, [x, w]) => {
      const scaled = b.plain('mul', x as ValueId, b.fill('f32', [5, 7], 0.666));
      return [product(b, scaled, b.plain('neg', w as ValueId))];
    },
  );
  add('constant-weights', [[5, 4]], (b, [x]) => {
    const w = b.constant('f32', [4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.5]);
    return [product(b, x as ValueId, w)];
  });
  return cases;
}

function example({ left, right, contract, batch = none }: Pattern, dtype: DType, random: Random): Example {
  const b = new ProgramBuilder();
  const l = b.param({ dtype, shape: left });
  const r = b.param({ dtype, shape: right });
  const program = b.build([b.one('dot', [l, r], { contract, batch })]);
  const inputs = [dataFor(random, dtype, left, unit), dataFor(random, dtype, right, unit)];
  return { program, inputs, tolerance: sumTolerance };
}

function unit(random: Random): number {
  return 2 * random.uniform() - 1;
}
