/**
 * Cases of the elementwise ops: every op and dtype over many shapes, and through views of its operands and result.
 */

import type { DType, Op, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Example } from '../example.ts';
import type { Random } from '../random-source.ts';
import { dataFor, drawFor, fewShapes, shapeName, shapes, toleranceFor } from './domains.ts';
import type { View } from './views.ts';
import { plainView, viewAfter, viewNames, views } from './views.ts';

/** Cases of one elementwise op: `op/add/f32/3x5`, `view/add/f32/reversed`. */
export function elementwiseCases(op: Op, dtypes: readonly DType[], arity: number): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  for (const dtype of dtypes) {
    if (dtype === 'f64') {
      const some = fewShapes.slice(1, 4);
      cases.push(
        exampleCase('op', `op/${op}/f64`, (random) => some.map((shape) => example(op, dtype, arity, shape, random))),
      );
      continue;
    }
    for (const shape of dtype === 'f32' ? shapes : fewShapes) {
      cases.push(
        exampleCase('op', `op/${op}/${dtype}/${shapeName(shape)}`, (random) =>
          example(op, dtype, arity, shape, random),
        ),
      );
    }
  }
  const [first] = dtypes;
  if (first === undefined) return cases;
  for (const name of viewNames) {
    cases.push(
      exampleCase('view', `view/${op}/${first}/${name}`, (random) =>
        [
          [3, 5],
          [2, 4, 3],
        ].map((shape) => example(op, first, arity, shape, random, name)),
      ),
    );
  }
  return cases;
}

function example(
  op: Op,
  dtype: DType,
  arity: number,
  shape: readonly number[],
  random: Random,
  view?: (typeof viewNames)[number],
): Example {
  const b = new ProgramBuilder();
  const operands = Array.from({ length: arity }, (_, index) => {
    const own = op === 'select' && index === 0 ? 'bool' : dtype;
    // One operand is seen through the view, the others as they are: kernels must mix strides.
    const chosen: View = view !== undefined && index === arity - 1 ? views[view] : plainView;
    const from = chosen.from(shape);
    return { id: b.param({ dtype: own, shape: from }), own, from, chosen, draw: drawFor(op, own, index) };
  });
  const seen = operands.map(({ id, chosen }) => chosen.apply(b, id, shape));
  const result = b.one(op as 'add', seen, {});
  const results: ValueId[] = [result];
  if (view !== undefined) results.push(viewAfter(b, result));
  const inputs = operands.map(({ own, from, draw }) => dataFor(random, own, from, draw));
  return { program: b.build(results), inputs, tolerance: toleranceFor(op) };
}
