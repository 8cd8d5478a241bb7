/**
 * Cases of reductions: every subset of axes, sizes around vector widths, nothing to sum, ties.
 */

import type { DType } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { roundedTolerance, sumTolerance } from '../tolerance.ts';
import { anyData, dataFor, shapeName, smallInteger } from './domains.ts';

const dtypes: readonly DType[] = ['f32', 'i32', 'f64'];

const shapes: readonly (readonly number[])[] = [
  [],
  [1],
  [4],
  [7],
  [17],
  [64],
  [3, 5],
  [4, 8],
  [1, 9],
  [2, 3, 4],
  [5, 1, 3],
  [2, 3, 2, 5],
  [33, 65],
];

const emptyShapes: readonly (readonly number[])[] = [[0], [0, 3], [3, 0], [2, 0, 3]];

/** `op/reduce_sum/f32/2x3x4-02`. */
export function reduceSumCases(): ConformanceCase[] {
  return dtypes.flatMap((dtype) =>
    [...shapes, ...emptyShapes].flatMap((shape) =>
      (dtype === 'f32' || shape.length < 3 ? subsets(shape.length) : [[1]]).map((axes) =>
        exampleCase('op', `op/reduce_sum/${dtype}/${nameOf(shape, axes)}`, (random) => {
          const b = new ProgramBuilder();
          const x = b.param({ dtype, shape });
          const program = b.build([b.one('reduce_sum', [x], { axes })]);
          return { program, inputs: [anyData(random, dtype, shape)], tolerance: sumTolerance };
        }),
      ),
    ),
  );
}

/** `op/reduce_max/f32/2x3x4-02`. Nothing is reduced over an empty axis, but others may be empty. */
export function reduceMaxCases(): ConformanceCase[] {
  return dtypes.flatMap((dtype) =>
    [...shapes, ...emptyShapes].flatMap((shape) =>
      subsets(shape.length)
        .filter((axes) => axes.every((axis) => shape[axis] !== 0))
        .filter((axes) => dtype === 'f32' || axes.length < 2)
        .map((axes) =>
          exampleCase('op', `op/reduce_max/${dtype}/${nameOf(shape, axes)}`, (random) => {
            const b = new ProgramBuilder();
            const x = b.param({ dtype, shape });
            const program = b.build([b.one('reduce_max', [x], { axes })]);
            // All below zero, so that a start at 0 shows.
            const inputs = [
              anyData(random, dtype, shape),
              dataFor(random, dtype, shape, (r) => -1 - Math.abs(smallInteger(r))),
            ];
            return inputs.map((data) => ({ program, inputs: [data], tolerance: roundedTolerance }));
          }),
        ),
    ),
  );
}

/** `op/argmax/f32/2x3x4-1`: with few different values, so that there are ties. */
export function argmaxCases(): ConformanceCase[] {
  return dtypes.flatMap((dtype) =>
    [...shapes, [0, 3], [3, 0]].flatMap((shape) =>
      shape
        .map((_, axis) => axis)
        .filter((axis) => shape[axis] !== 0)
        .map((axis) =>
          exampleCase('op', `op/argmax/${dtype}/${nameOf(shape, [axis])}`, (random) => {
            const b = new ProgramBuilder();
            const x = b.param({ dtype, shape });
            const program = b.build([b.one('argmax', [x], { axis })]);
            const few = dataFor(random, dtype, shape, (r) => r.below(3) - 4);
            const equal = dataFor(random, dtype, shape, () => -2);
            const many = anyData(random, dtype, shape);
            return [few, equal, many].map((data) => ({ program, inputs: [data], tolerance: roundedTolerance }));
          }),
        ),
    ),
  );
}

function subsets(rank: number): number[][] {
  return Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_, axis) => axis).filter((axis) => (bits >> axis) & 1),
  );
}

function nameOf(shape: readonly number[], axes: readonly number[]): string {
  return `${shapeName(shape)}-${axes.join('') || 'none'}`;
}
