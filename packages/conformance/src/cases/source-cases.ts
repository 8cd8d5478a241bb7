/**
 * Cases of the ops without operands, of convert and of random_bits.
 */

import type { DType, ValueId } from '@rheo/ir';
import { ProgramBuilder } from '@rheo/ir';
import { exampleCase } from '../check-example.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { roundedTolerance } from '../tolerance.ts';
import { anyData, dataFor, drawFor, fewShapes, shapeName, shapes } from './domains.ts';

const every: readonly DType[] = ['f32', 'i32', 'u32', 'bool', 'f64'];

const literals: { readonly [D in DType]: readonly number[] } = {
  f32: [0.1, -2.5, 1e-30, 3e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 16777217],
  f64: [0.1, -2.5, 1e-300, 1e300, Number.NaN, Number.POSITIVE_INFINITY, -0],
  i32: [0, -1, 7, 2 ** 31 - 1, -(2 ** 31)],
  u32: [0, 1, 7, 2 ** 32 - 1, 2 ** 31],
  bool: [0, 1, 1],
};

/** `op/constant/f32/3x5`: returned, and used in arithmetic; as large as 2,000 elements. */
export function constantCases(): ConformanceCase[] {
  return every.flatMap((dtype) =>
    [...(dtype === 'f64' ? [[7]] : fewShapes), ...(dtype === 'f32' ? [[40, 50], [1], [4]] : [])].map((shape) =>
      exampleCase('op', `op/constant/${dtype}/${shapeName(shape)}`, (random) => {
        const count = shape.reduce((product, dim) => product * dim, 1);
        const b = new ProgramBuilder();
        const x = b.param({ dtype, shape });
        const list = literals[dtype];
        const value = Array.from({ length: count }, (_, i) => list[i % list.length] as number);
        const c = b.constant(dtype, shape, value);
        const equal = b.plain('eq', x, c);
        // Twice as a result: results may not share memory with each other or with the Program.
        return {
          program: b.build([c, equal, c]),
          inputs: [anyData(random, dtype, shape)],
          tolerance: roundedTolerance,
        };
      }),
    ),
  );
}

/** `op/iota/i32/3x5-axis1`. */
export function iotaCases(): ConformanceCase[] {
  return (['i32', 'f32', 'u32', 'f64'] as const).flatMap((dtype) =>
    shapes
      .filter((shape) => shape.length > 0 && (dtype !== 'f64' || shape.length === 3))
      .flatMap((shape) =>
        shape.map((_, axis) =>
          exampleCase('op', `op/iota/${dtype}/${shapeName(shape)}-axis${axis}`, (random) => {
            const b = new ProgramBuilder();
            const x = b.param({ dtype, shape });
            const index = b.one('iota', [], { dtype, shape, axis });
            const program = b.build([index, b.plain('add', x, index)]);
            return { program, inputs: [anyData(random, dtype, shape)], tolerance: roundedTolerance };
          }),
        ),
      ),
  );
}

/** `op/dimension/…`: the size behind a name, in shapes, arithmetic and scans. */
export function dimensionCases(): ConformanceCase[] {
  return [1, 3, 8, 0].map((batch) =>
    exampleCase('op', `op/dimension/${batch}`, (random) => {
      const b = new ProgramBuilder();
      const x = b.param({ dtype: 'f32', shape: ['batch', 5] });
      const size = b.one('dimension', [], { name: 'batch' });
      const count = b.one('convert', [size], { to: 'f32' });
      const sum = b.one('reduce_sum', [x], { axes: [0] });
      const scaled = b.plain('mul', sum, b.broadcast(count, [5], []));
      const twice = b.plain('add', x, b.broadcast(scaled, ['batch', 5], [1]));
      return { program: b.build([size, scaled, twice]), inputs: [anyData(random, 'f32', [batch, 5])], dims: { batch } };
    }),
  );
}

/** `op/convert/f32-i32/3x5`, over all pairs that the language has. */
export function convertCases(): ConformanceCase[] {
  return every.flatMap((from) =>
    every
      .filter((to) => to !== 'u32')
      .flatMap((to) =>
        (from === 'f64' || to === 'f64' ? [[7]] : fewShapes).map((shape) =>
          exampleCase('op', `op/convert/${from}-${to}/${shapeName(shape)}`, (random) => {
            const b = new ProgramBuilder();
            const x = b.param({ dtype: from, shape });
            const program = b.build([b.one('convert', [x], { to })]);
            // i32 beyond 2^24 has more digits than float32; small ones here, the rest under special/.
            const draw = drawFor('convert', from, 0);
            const inputs = [
              dataFor(random, from, shape, from === 'u32' || from === 'i32' ? (r) => r.below(2 ** 24) : draw),
            ];
            return { program, inputs, tolerance: roundedTolerance };
          }),
        ),
      ),
  );
}

/** `op/random_bits/…`: the published vectors of Threefry-2x32-20 (Random123), shapes, keys, and every width. */
export function randomBitsCases(): ConformanceCase[] {
  const known = [
    { key: [0, 0], counter: [0, 0] },
    { key: [0xffffffff, 0xffffffff], counter: [0xffffffff, 0xffffffff] },
    { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3] },
  ];
  const cases = known.map(({ key, counter }, index) =>
    exampleCase('op', `op/random_bits/known-${index + 1}`, () => {
      const b = new ProgramBuilder();
      const k = b.param({ dtype: 'u32', shape: [2] });
      const [high, low] = [b.param({ dtype: 'u32', shape: [] }), b.param({ dtype: 'u32', shape: [] })];
      const program = b.build([b.one('random_bits', [k, high, low], { bits: 32 })]);
      const [h, l] = counter as [number, number];
      return { program, inputs: [Uint32Array.from(key), Uint32Array.of(h), Uint32Array.of(l)] };
    }),
  );
  for (const shape of shapes) {
    cases.push(
      exampleCase('op', `op/random_bits/${shapeName(shape)}`, (random) => {
        const b = new ProgramBuilder();
        const k = b.param({ dtype: 'u32', shape: [2] });
        const [high, low] = [b.param({ dtype: 'u32', shape }), b.param({ dtype: 'u32', shape })];
        const bits = [1, 8, 24, 31, 32].map((width) => b.one('random_bits', [k, high, low], { bits: width }));
        const mask = b.plain('lt', bits[2] as ValueId, b.fill('u32', shape, Math.round(0.7 * 2 ** 24)));
        const as = b.one('convert', [mask], { to: 'f32' });
        const word = (): number => random.below(2 ** 32);
        return {
          program: b.build([...bits, mask, as]),
          inputs: [[2], shape, shape].map((of) => dataFor(random, 'u32', of, word)),
        };
      }),
    );
  }
  cases.push(
    exampleCase('op', 'op/random_bits/derived-keys', (random) => {
      const b = new ProgramBuilder();
      const k = b.param({ dtype: 'u32', shape: [2] });
      const step = b.param({ dtype: 'u32', shape: [] });
      const index = b.one('iota', [], { dtype: 'u32', shape: [2], axis: 0 });
      const derived = b.one('random_bits', [k, b.broadcast(step, [2], []), index], { bits: 32 });
      const row = b.one('iota', [], { dtype: 'u32', shape: [3, 7], axis: 0 });
      const column = b.one('iota', [], { dtype: 'u32', shape: [3, 7], axis: 1 });
      const low = b.plain('add', b.plain('mul', row, b.fill('u32', [3, 7], 7)), column);
      const bits = b.one('random_bits', [derived, b.broadcast(step, [3, 7], []), low], { bits: 24 });
      return {
        program: b.build([derived, bits]),
        inputs: [dataFor(random, 'u32', [2], (r) => r.below(2 ** 32)), Uint32Array.of(17)],
      };
    }),
  );
  return cases;
}
