/**
 * Cases of gather and scatter_add: every axis, indices of several ranks, out of range (they clamp), repeated, none.
 */

import type { DType, TensorData } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import type { Random } from '../random-source.ts';
import { fillWith } from '../random-source.ts';
import { roundedTolerance, sumTolerance } from '../tolerance.ts';
import { anyData, shapeName } from './domains.ts';

/** Shape of the indexed tensor, axis, shape of the indices. */
const patterns: readonly (readonly [shape: readonly number[], axis: number, index: readonly number[]])[] = [
  [[5], 0, []],
  [[5], 0, [7]],
  [[1], 0, [3]],
  [[5], 0, [0]],
  [[5], 0, [2, 3]],
  [[4, 3], 0, []],
  [[4, 3], 0, [6]],
  [[4, 3], 1, [5]],
  [[4, 8], 0, [4]],
  [[4, 3], 1, []],
  [[4, 3], 0, [2, 2]],
  [[2, 5, 4], 1, [3]],
  [[2, 5, 4], 1, [2, 3]],
  [[2, 5, 4], 2, [9]],
  [[0, 5], 1, [3]],
  [[3, 17], 1, [20]],
];

type IndexKind = 'within' | 'outside' | 'repeated' | 'extreme';

const kinds: readonly IndexKind[] = ['within', 'outside', 'repeated', 'extreme'];

/** `op/gather/f32/4x3-axis1-5-outside`. */
export function gatherCases(): ConformanceCase[] {
  return indexCases('gather', ['f32', 'i32', 'bool', 'f64']);
}

/** `op/scatter_add/f32/4x3-axis1-5-repeated`. */
export function scatterCases(): ConformanceCase[] {
  return indexCases('scatter_add', ['f32', 'i32', 'f64']);
}

function indexCases(op: 'gather' | 'scatter_add', dtypes: readonly DType[]): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const dtype of dtypes) {
    for (const [number, pattern] of patterns.entries()) {
      const [shape, axis, index] = pattern;
      if (dtype !== 'f32' && number % 4 !== 1) continue;
      for (const kind of dtype === 'f32' ? kinds : kinds.slice(1, 2)) {
        const name = `${shapeName(shape)}-axis${axis}-${shapeName(index)}-${kind}`;
        cases.push(
          exampleCase('op', `op/${op}/${dtype}/${name}`, (random) => [
            example(op, dtype, shape, axis, index, kind, random, false),
            ...(dtype === 'f32' && kind !== 'extreme'
              ? [example(op, dtype, shape, axis, index, kind, random, true)]
              : []),
          ]),
        );
      }
    }
  }
  return cases;
}

function example(
  op: 'gather' | 'scatter_add',
  dtype: DType,
  shape: readonly number[],
  axis: number,
  index: readonly number[],
  kind: IndexKind,
  random: Random,
  constant: boolean,
): Example {
  const size = shape[axis] as number;
  const b = new ProgramBuilder();
  const moved = [...shape.slice(0, axis), ...index, ...shape.slice(axis + 1)];
  const from = op === 'gather' ? shape : moved;
  const x = b.param({ dtype, shape: from });
  const values = indices(random, kind, size, index);
  const at = constant ? b.constant('i32', index, [...values]) : b.param({ dtype: 'i32', shape: index });
  const result = op === 'gather' ? b.one(op, [x, at], { axis }) : b.one(op, [x, at], { axis, size });
  const data = anyData(random, dtype, from);
  return {
    program: b.build([result]),
    inputs: constant ? [data] : [data, values],
    tolerance: op === 'gather' ? roundedTolerance : sumTolerance,
  };
}

function indices(random: Random, kind: IndexKind, size: number, shape: readonly number[]): TensorData {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return fillWith('i32', count, () => {
    switch (kind) {
      case 'within':
        return random.below(size);
      case 'outside':
        return random.below(3 * size) - size;
      case 'repeated':
        return random.below(Math.min(size, 2));
      case 'extreme':
        return [-(2 ** 31), 2 ** 31 - 1, -1, size, 0][random.below(5)] as number;
    }
  });
}
