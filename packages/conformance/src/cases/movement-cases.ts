/**
 * Cases of the ops that move elements: each over all dtypes that it takes, every axis, and sizes down to nothing.
 */

import type { ProgramBuilder as Builder, DType, Op, Shape, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import type { Random } from '../random-source.ts';
import { roundedTolerance } from '../tolerance.ts';
import { anyData, shapeName } from './domains.ts';

const every: readonly DType[] = ['f32', 'i32', 'u32', 'bool', 'f64'];

/** A variant: shapes of the parameters, and what is done with them. */
interface Variant {
  readonly name: string;
  readonly from: readonly (readonly number[])[];
  apply(b: Builder, ids: readonly ValueId[]): ValueId;
}

/** Cases of a movement op: `op/slice/f32/3x5-axis1-1-4`. */
export function movementCases(op: keyof typeof variants): ConformanceCase[] {
  return every.flatMap((dtype) => {
    const list = variants[op]();
    if (dtype === 'f64') {
      return [
        exampleCase('op', `op/${op}/f64`, (random) =>
          list.slice(0, 3).map((variant) => example(variant, dtype, random)),
        ),
      ];
    }
    const some = dtype === 'f32' ? list : list.filter((_, index) => index % 3 === 0);
    return some.map((variant) =>
      exampleCase('op', `op/${op}/${dtype}/${variant.name}`, (random) => example(variant, dtype, random)),
    );
  });
}

function example({ from, apply }: Variant, dtype: DType, random: Random): Example {
  const b = new ProgramBuilder();
  const ids = from.map((shape) => b.param({ dtype, shape }));
  const result = apply(b, ids);
  // Moved alone, and moved on the way into arithmetic.
  const used = dtype === 'bool' ? b.plain('not', result) : b.plain('add', result, result);
  return {
    program: b.build([result, used]),
    inputs: from.map((shape) => anyData(random, dtype, shape)),
    tolerance: roundedTolerance,
  };
}

function one<K extends Op>(
  op: K,
  shape: readonly number[],
  name: string,
  attributes: Parameters<typeof ProgramBuilder.prototype.one<K>>[2],
): Variant {
  return { name: `${shapeName(shape)}-${name}`, from: [shape], apply: (b, ids) => b.one(op, ids, attributes) };
}

const variants = {
  reshape: (): Variant[] =>
    (
      [
        [[], [1, 1]],
        [[1], []],
        [[12], [3, 4]],
        [
          [3, 4],
          [4, 3],
        ],
        [
          [2, 3, 4],
          [6, 4],
        ],
        [
          [2, 3, 4],
          [2, 12],
        ],
        [[24], [2, 1, 3, 4]],
        [[0], [3, 0]],
        [
          [2, 1, 5, 1],
          [1, 10],
        ],
      ] as const
    ).map(([from, to]) => one('reshape', from, `to-${shapeName(to)}`, { shape: to as Shape })),
  transpose: (): Variant[] =>
    (
      [
        [[], []],
        [[5], [0]],
        [
          [3, 5],
          [1, 0],
        ],
        [
          [4, 8],
          [1, 0],
        ],
        [
          [1, 7],
          [1, 0],
        ],
        [
          [2, 3, 4],
          [2, 0, 1],
        ],
        [
          [2, 3, 4],
          [1, 0, 2],
        ],
        [
          [2, 3, 4],
          [2, 1, 0],
        ],
        [
          [2, 3, 4, 5],
          [3, 1, 0, 2],
        ],
        [
          [2, 1, 3, 2, 3],
          [4, 2, 0, 3, 1],
        ],
        [
          [0, 3],
          [1, 0],
        ],
      ] as const
    ).map(([from, permutation]) => one('transpose', from, `by-${permutation.join('') || 'nothing'}`, { permutation })),
  broadcast: (): Variant[] =>
    (
      [
        [[], [], []],
        [[], [7], []],
        [[], [3, 5], []],
        [[5], [3, 5], [1]],
        [[3], [3, 5], [0]],
        [[1], [1, 5], [0]],
        [
          [3, 5],
          [2, 3, 5],
          [1, 2],
        ],
        [
          [2, 5],
          [2, 3, 5],
          [0, 2],
        ],
        [
          [2, 3],
          [2, 3, 5],
          [0, 1],
        ],
        [[4], [2, 3, 4, 2, 2], [2]],
        [[3], [0, 3], [1]],
        [[0], [2, 0], [1]],
      ] as const
    ).map(([from, shape, axes]) =>
      one('broadcast', from, `to-${shapeName(shape)}-at-${axes.join('')}`, { shape, axes }),
    ),
  slice: (): Variant[] =>
    (
      [
        [[7], 0, 0, 7],
        [[7], 0, 2, 5],
        [[7], 0, 3, 3],
        [[17], 0, 1, 14],
        [[3, 5], 0, 1, 3],
        [[3, 5], 1, 1, 4],
        [[4, 8], 1, 4, 8],
        [[2, 3, 4], 1, 1, 2],
        [[2, 3, 4], 2, 3, 4],
        [[0, 3], 1, 1, 2],
        [[2, 1, 2, 3, 5], 3, 1, 3],
      ] as const
    ).map(([from, axis, start, limit]) => one('slice', from, `axis${axis}-${start}-${limit}`, { axis, start, limit })),
  pad: (): Variant[] =>
    (
      [
        [[7], 0, 0, 0],
        [[7], 0, 2, 1],
        [[0], 0, 2, 1],
        [[3, 5], 0, 1, 3],
        [[3, 5], 1, 3, 0],
        [[4, 8], 1, 0, 4],
        [[2, 3, 4], 1, 1, 2],
        [[2, 1, 2, 3, 5], 2, 1, 1],
        [[0, 3], 1, 1, 2],
      ] as const
    ).map(([from, axis, low, high]) => one('pad', from, `axis${axis}-${low}-${high}`, { axis, low, high })),
  concat: (): Variant[] => {
    const join = (axis: number, ...from: readonly (readonly number[])[]): Variant => ({
      name: `${from.map(shapeName).join('+')}-axis${axis}`,
      from,
      apply: (b, ids) => b.one('concat', ids, { axis }),
    });
    return [
      join(0, [3]),
      join(0, [3], [5]),
      join(0, [0], [5], [0]),
      join(0, [0], [0]),
      join(1, [3, 5], [3, 2], [3, 1]),
      join(0, [3, 5], [2, 5]),
      join(1, [2, 3, 4], [2, 1, 4]),
      join(2, [2, 3, 4], [2, 3, 8]),
      join(0, [1, 4], [1, 4], [1, 4], [1, 4], [1, 4]),
      join(1, [0, 3], [0, 2]),
      {
        name: 'views-of-one',
        from: [[4, 6]],
        apply: (b, [x]) => {
          const turned = b.one('reverse', [x as ValueId], { axis: 1 });
          const cut = b.one('slice', [turned], { axis: 1, start: 1, limit: 4 });
          return b.one('concat', [cut, x as ValueId, turned, cut], { axis: 1 });
        },
      },
    ];
  },
  reverse: (): Variant[] =>
    (
      [
        [[1], 0],
        [[7], 0],
        [[8], 0],
        [[17], 0],
        [[0], 0],
        [[3, 5], 0],
        [[3, 5], 1],
        [[2, 3, 4], 1],
        [[2, 3, 4], 2],
        [[2, 1, 2, 3, 5], 4],
      ] as const
    ).map(([from, axis]) => one('reverse', from, `axis${axis}`, { axis })),
};
