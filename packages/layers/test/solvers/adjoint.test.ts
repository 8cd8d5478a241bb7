/** The adjoint: the values of the adaptive solver, and a gradient near the one through its steps. */
import { wasm } from '@rheo/backend-wasm';
import type { Tensor } from '@rheo/core';
import { add, compile, constant, gradient, matmul, mul, neg, reduceSum, sin, square, tanh, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { AdaptiveOptions } from '../../src/index.ts';
import { solveAdaptive, solveAdjoint } from '../../src/index.ts';
import { distance, numbers } from '../run-model.ts';

type Parameters = { readonly kernel: Tensor; readonly drive: Tensor };
type Point = { readonly a: Tensor; readonly b: Tensor };

const f = (t: Tensor, { a, b }: Point, { kernel, drive }: Parameters): Point => ({
  a: tanh(add(matmul(a, kernel), mul(sin(t), drive))),
  b: neg(mul(b, a)),
});
const types = [[2, 3], [2, 3], [3, 3], [3], [2, 1], [2, 1]].map((shape) => ({ dtype: 'f32' as const, shape }));
const inputs = [numbers(6, 1), numbers(6, 2), numbers(9, 3), numbers(3, 4), [0.2, -0.4], [1.3, 0.4]].map((data) =>
  Float64Array.from(data),
);

function loss(how: 'adjoint' | 'steps', options: AdaptiveOptions) {
  const { program } = trace((...given: Tensor[]) => {
    const [a, b, kernel, drive, start, elapsed] = given as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const interval = { start, elapsed };
    const { y } =
      how === 'adjoint'
        ? solveAdjoint(f, { kernel, drive }, { a, b }, interval, options)
        : solveAdaptive((t, at: Point) => f(t as Tensor, at, { kernel, drive }), { a, b }, interval, options);
    return add(reduceSum(square(y.a)), reduceSum(sin(y.b)));
  }, types);
  return { program, back: gradient(program, { of: 0, wrt: [0, 1, 2, 3, 4, 5] }) };
}

describe('solveAdjoint', () => {
  it('has the gradient of the solution: by y, parameters, start and elapsed', () => {
    const tight = { rtol: 1e-9, atol: 1e-11, maxSteps: 100 };
    const [value, ...adjoint] = evaluate(loss('adjoint', tight).back, inputs);
    const [other, ...steps] = evaluate(loss('steps', tight).back, inputs);
    expect(value).toEqual(other);
    adjoint.forEach((found, index) => {
      expect(distance(found, steps[index] ?? []), String(index)).toBeLessThan(1e-7);
      expect(Math.max(...Array.from(found, Math.abs))).toBeGreaterThan(1e-3);
    });
  });

  it('equals differences', () => {
    const { program, back } = loss('adjoint', { rtol: 1e-12, atol: 1e-13, maxSteps: 800 });
    const [, ...found] = evaluate(back, inputs);
    for (const [input, at] of [
      [0, 1],
      [1, 4],
      [2, 5],
      [3, 0],
      [4, 1],
      [5, 0],
    ] as const) {
      const near = (by: number): number => {
        const moved = inputs.map((data) => data.slice());
        const data = moved[input] as Float64Array;
        data[at] = Number(data[at]) + by;
        return Number(evaluate(program, moved)[0]?.[0]);
      };
      expect(Number(found[input]?.[at])).toBeCloseTo((near(1e-4) - near(-1e-4)) / 2e-4, 5);
    }
  });

  it('runs on wasm', async () => {
    const backend = await wasm();
    const { back } = loss('adjoint', { rtol: 1e-4, atol: 1e-6 });
    const executable = await compile(backend, back);
    const handles = inputs.map((data, index) =>
      backend.upload(Float32Array.from(data), types[index] as (typeof types)[0]),
    );
    const results = executable.run(handles);
    const wanted = evaluate(back, inputs);
    for (const [index, result] of results.entries()) {
      expect(distance((await backend.read(result)) as Float32Array, wanted[index] ?? [])).toBeLessThan(1e-2);
    }
    await backend.dispose();
  });

  it('is NaN where the way back does not finish, and never a wrong number', () => {
    const [, ...found] = evaluate(loss('adjoint', { rtol: 1e-9, maxSteps: 2 }).back, inputs);
    expect(found.every((data) => Array.from(data).every(Number.isNaN))).toBe(true);
  });

  it('takes shared times, and refuses captured tensors', () => {
    const { program } = trace(
      (y: Tensor, p: Tensor) =>
        reduceSum(
          solveAdjoint((_t, at: Tensor, k: Tensor) => mul(neg(at), k), p, y, { elapsed: constant(0.7) }, { rtol: 1e-8 })
            .y,
        ),
      [[2, 1], []].map((shape) => ({ dtype: 'f32' as const, shape })),
    );
    const [, byY, byP] = evaluate(gradient(program, { of: 0, wrt: [0, 1] }), [[1, 2], [1.5]]);
    expect(distance(byY ?? [], [Math.exp(-1.05), Math.exp(-1.05)])).toBeLessThan(1e-6);
    expect(distance(byP ?? [], [-0.7 * 3 * Math.exp(-1.05)])).toBeLessThan(1e-5);
    expect(() =>
      trace(
        (y: Tensor, p: Tensor) => solveAdjoint((_t, at: Tensor) => mul(at, p), {}, y, { elapsed: 1 }).y,
        [[2, 1], []].map((shape) => ({ dtype: 'f32' as const, shape })),
      ),
    ).toThrow(/@rheo\/core/);
  });
});
