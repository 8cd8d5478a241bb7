/** Adaptive steps: accuracy, dense output, rows that do not see one another, bounds, and gradients. */
import { wasm } from '@rheo/backend-wasm';
import type { Tensor } from '@rheo/core';
import { compile, gradient, mul, neg, reduceSum, sin, square, sub, trace } from '@rheo/core';
import { evaluate, isRheoError } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { AdaptiveOptions, AdaptiveTableau } from '../../src/index.ts';
import { requireFinished, solveAdaptive, solveAt } from '../../src/index.ts';
import { distance } from '../run-model.ts';
import { compute, exact, initial, linearSystem } from './exact-system.ts';

const y0 = { shape: [2, 3], data: initial.flat() };
const tight: AdaptiveOptions = { rtol: 1e-9, atol: 1e-11, maxSteps: 120 };

function run(elapsed: readonly number[], options: AdaptiveOptions, y = y0): number[][] {
  return compute(
    (y, elapsed) => {
      const {
        y: end,
        finished,
        taken,
        refused,
      } = solveAdaptive(linearSystem, y as Tensor, { elapsed: elapsed as Tensor }, options);
      return [end, finished, taken, refused];
    },
    y,
    { shape: [elapsed.length, 1], data: elapsed },
  );
}

describe('adaptive steps', () => {
  it('reach the exact solution, as exactly as they are asked to', () => {
    const wanted = [...exact(0, 3), ...exact(1, 0.5)];
    for (const [rtol, bound] of [
      [1e-3, 5e-3],
      [1e-6, 5e-6],
      [1e-9, 5e-9],
    ] as const) {
      const [y = [], finished, taken = []] = run([3, 0.5], { rtol, atol: rtol / 100, maxSteps: 120 });
      expect(finished).toEqual([1, 1]);
      expect(distance(y, wanted)).toBeLessThan(bound);
      // The long interval takes more steps than the short one.
      expect(Number(taken[0])).toBeGreaterThan(Number(taken[1]));
    }
  });

  it('leave y alone over no time', () => {
    const [y = [], finished] = run([0, 0], {});
    expect(y).toEqual(y0.data);
    expect(finished).toEqual([1, 1]);
  });

  it('give a row what it has alone, whatever rows are beside it', () => {
    const both = run([3, 0.5], { maxSteps: 40 });
    [3, 0.5].forEach((elapsed, row) => {
      const alone = run([elapsed], { maxSteps: 40 }, { shape: [1, 3], data: [...(initial[row] ?? [])] });
      expect(both[0]?.slice(row * 3, row * 3 + 3)).toEqual(alone[0]);
      expect(both[2]?.[row]).toBe(alone[2]?.[0]);
    });
  });

  it('are the same in a while loop', () => {
    expect(run([3, 0.5], { ...tight, loop: 'while' })).toEqual(run([3, 0.5], tight));
  });

  it('report rows that do not finish', () => {
    const [y = [], finished = []] = run([30, 0.1], { rtol: 1e-8, maxSteps: 8 });
    expect(finished).toEqual([0, 1]);
    expect(distance(y.slice(3), exact(1, 0.1))).toBeLessThan(1e-5);
    let found: unknown;
    try {
      requireFinished(finished, 'row test');
    } catch (error) {
      found = error;
    }
    expect(isRheoError(found) && found.code).toBe('value');
    expect(String(found)).toMatch(/1 of 2 rows \(0\).*row test.*Raise maxSteps/);
    expect(() => requireFinished([1, true])).not.toThrow();
  });

  it('refuse steps that fail, and go on with shorter ones', () => {
    // Stiff for its first step: y' = −200 (y − sin t).
    const [y = [], finished, , refused = []] = compute(
      (y) => {
        const f = (t: Tensor | number, at: Tensor) => mul(sub(at, typeof t === 'number' ? Math.sin(t) : sin(t)), -200);
        const { y: end, finished, taken, refused } = solveAdaptive(f, y as Tensor, { elapsed: 1 }, { maxSteps: 200 });
        return [end, finished, taken, refused];
      },
      { shape: [1, 1], data: [0] },
    );
    expect(finished).toEqual([1]);
    expect(Number(refused[0])).toBeGreaterThan(0);
    expect(Number(y[0])).toBeCloseTo(Math.sin(1), 2);
  });

  it('report a row that blows up', () => {
    // y' = y² is infinite at t = 1.
    const [, finished] = compute(
      (y) => {
        const solution = solveAdaptive((_t, at: Tensor) => square(at), y as Tensor, { elapsed: 2 }, { maxSteps: 60 });
        return [solution.y, solution.finished];
      },
      { shape: [2, 1], data: [1, 0.1] },
    );
    expect(finished).toEqual([0, 1]);
  });

  it.each([{ maxSteps: 0 }, { rtol: -1 }, { rtol: 0, atol: 0 }, { atol: Number.NaN }, { loop: 'for' as never }])(
    'refuse %j',
    (options) => {
      expect(() => run([1, 1], options)).toThrow(/@rheo\/layers: an adaptive solver cannot/);
    },
  );
});

describe('dense output', () => {
  const times = [0, 0.4, 0.41, 1.3, 2, 3];

  it('is exact at every time, for rows with times of their own', () => {
    const own = times.flatMap((t) => [t, t / 2]);
    const [ys = [], finished] = compute(
      (y, times) => {
        const solution = solveAt(linearSystem, y as Tensor, times as Tensor, { ...tight, rtol: 1e-8, maxSteps: 60 });
        return [solution.y, solution.finished];
      },
      y0,
      { shape: [times.length, 2], data: own },
    );
    expect(finished).toEqual([1, 1]);
    times.forEach((t, index) => {
      expect(distance(ys.slice(index * 6, index * 6 + 6), [...exact(0, t), ...exact(1, t / 2)])).toBeLessThan(1e-7);
    });
    expect(ys.slice(0, 6)).toEqual(y0.data);
  });

  it('has order 4 between the ends of steps', () => {
    // One step of each size, read at 40 % of it.
    const error = (h: number): number => {
      const loose: AdaptiveOptions = { rtol: 1e9, atol: 1e9, maxSteps: 2 };
      const [ys = []] = compute((y, times) => solveAt(linearSystem, y as Tensor, times as Tensor, loose).y, y0, {
        shape: [3],
        data: [0, 0.4 * h, h],
      });
      return distance(ys.slice(6, 12), [...exact(0, 0.4 * h), ...exact(1, 0.4 * h)]);
    };
    // The error of one step is of one order more.
    expect(Math.log2(error(0.2) / error(0.1))).toBeGreaterThan(4.7);
  });

  it('shares times, and reports rows that do not reach theirs', () => {
    const [, finished] = compute(
      (y, times) => {
        const { y: ys, finished } = solveAt(linearSystem, y as Tensor, times as Tensor, { rtol: 1e-9, maxSteps: 2 });
        return [ys, finished];
      },
      y0,
      { shape: [2], data: [0, 50] },
    );
    expect(finished).toEqual([0, 0]);
  });
});

describe('gradients through adaptive steps', () => {
  const cases: readonly (readonly [string, (y: Tensor, elapsed: Tensor, weight: Tensor) => Tensor])[] = [
    [
      'at the end',
      (y, elapsed, weight) =>
        solveAdaptive((_t, at: Tensor) => sub(sin(mul(at, weight)), at), y, { elapsed }, { ...tight, maxSteps: 60 }).y,
    ],
    [
      'with time in the equation',
      (y, elapsed, weight) =>
        solveAdaptive(
          (t, at: Tensor) => sub(mul(weight, sin(t as Tensor)), at),
          y,
          { start: 0.3, elapsed },
          { ...tight, maxSteps: 60 },
        ).y,
    ],
  ];
  it.each(cases)('%s equal differences', (_name, solve) => {
    const inputs = [
      [0.3, -0.8, 1.1, 0.2],
      [0.7, 1.4],
      [0.9, -1.2],
    ].map((data) => Float64Array.from(data));
    const { program } = trace(
      (y: Tensor, elapsed: Tensor, weight: Tensor) => reduceSum(square(solve(y, elapsed, weight))),
      [[2, 2], [2, 1], [2]].map((shape) => ({ dtype: 'f32', shape })),
    );
    const [, ...found] = evaluate(gradient(program, { of: 0, wrt: [0, 1, 2] }), inputs);
    inputs.forEach((data, input) => {
      data.forEach((x, at) => {
        data[at] = x + 1e-4;
        const above = Number(evaluate(program, inputs)[0]?.[0]);
        data[at] = x - 1e-4;
        const below = Number(evaluate(program, inputs)[0]?.[0]);
        data[at] = x;
        expect(Math.abs(Number(found[input]?.[at]) - (above - below) / 2e-4), `${input}/${at}`).toBeLessThan(4e-7);
      });
    });
  });

  it('are finite over no time', () => {
    const { program } = trace(
      (y: Tensor, elapsed: Tensor) => reduceSum(solveAdaptive((_t, at: Tensor) => neg(at), y, { elapsed }).y),
      [
        [2, 1],
        [2, 1],
      ].map((shape) => ({ dtype: 'f32', shape })),
    );
    const [, byY, byTime] = evaluate(gradient(program, { of: 0, wrt: [0, 1] }), [
      [0, 2],
      [0, 0],
    ]);
    expect(Array.from(byY ?? [])).toEqual([1, 1]);
    expect(distance(byTime ?? [], [0, -2])).toBeLessThan(1e-14);
  });

  it('refuse the while loop', () => {
    const { program } = trace(
      (y: Tensor) => reduceSum(solveAdaptive((_t, at: Tensor) => neg(at), y, { elapsed: 1 }, { loop: 'while' }).y),
      [{ dtype: 'f32', shape: [1, 1] }],
    );
    expect(() => gradient(program, { of: 0, wrt: [0] })).toThrow(/while/);
  });
});

it('takes other adaptive tableaux', () => {
  // Heun with Euler inside, order 2(1); slopes at both ends are all the interpolant has.
  const heunEuler: AdaptiveTableau = {
    name: 'heun-euler',
    order: 2,
    nodes: [0, 1, 1],
    stages: [[], [1], [1 / 2, 1 / 2]],
    weights: [1 / 2, 1 / 2, 0],
    errors: [-1 / 2, 1 / 2, 0],
    errorOrder: 2,
    interpolant: [
      [1, -1 / 2],
      [0, 1 / 2],
      [0, 0],
    ],
  };
  const [y = [], finished] = run([1, 0.5], { tableau: heunEuler, rtol: 1e-4, atol: 1e-6, maxSteps: 300 });
  expect(finished).toEqual([1, 1]);
  expect(distance(y, [...exact(0, 1), ...exact(1, 0.5)])).toBeLessThan(1e-3);
});

it('runs on wasm: values, dense output, flags and gradients', async () => {
  const backend = await wasm();
  const types = [
    [2, 3],
    [4, 2],
    [2, 1],
  ].map((shape) => ({ dtype: 'f32' as const, shape }));
  const inputs = [initial.flat(), [0, 0, 0.5, 0.1, 1, 0.2, 2, 0.3], [1.5, 40]];
  for (const loop of ['scan', 'while'] as const) {
    const { program } = trace((y: Tensor, times: Tensor, elapsed: Tensor) => {
      const dense = solveAt(linearSystem, y, times, { loop, rtol: 1e-4, maxSteps: 8 });
      const end = solveAdaptive(linearSystem, y, { elapsed }, { loop, rtol: 1e-4, maxSteps: 24 });
      return [reduceSum(square(dense.y)), dense.y, dense.finished, end.y, end.finished];
    }, types);
    const whole = loop === 'scan' ? gradient(program, { of: 0, wrt: [0, 1] }) : program;
    const executable = await compile(backend, whole);
    const handles = inputs.map((data, index) =>
      backend.upload(Float32Array.from(data), types[index] as (typeof types)[0]),
    );
    const found = executable.run(handles).map((result) => Array.from(backend.readSync(result), Number));
    const wanted = evaluate(whole, inputs).map((data) => Array.from(data, Number));
    expect(found[2]).toEqual([1, 1]);
    expect(found[4]).toEqual([1, 0]);
    expect(distance(found[1] ?? [], wanted[1] ?? [])).toBeLessThan(1e-4);
    expect(distance((found[3] ?? []).slice(0, 3), exact(0, 1.5))).toBeLessThan(1e-3);
    found.slice(5).forEach((data, index) => {
      expect(distance(data, wanted[5 + index] ?? [])).toBeLessThan(2e-3);
    });
  }
  await backend.dispose();
});
