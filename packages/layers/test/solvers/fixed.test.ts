/** Fixed-step solvers: their order on a linear system, what they leave alone, and gradients. */
import type { Tensor } from '@rheo/core';
import { exp, gradient, mul, neg, reduceSum, sin, square, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Tableau } from '../../src/index.ts';
import {
  derivativeOf,
  dormandPrince,
  euler,
  heun,
  midpoint,
  rk4,
  solveFixed,
  solveSemiImplicit,
} from '../../src/index.ts';
import { distance } from '../run-model.ts';
import { compute, exact, initial, linearSystem } from './exact-system.ts';

const tableaux: readonly Tableau[] = [euler, midpoint, heun, rk4, dormandPrince];
const y0 = { shape: [2, 3], data: initial.flat() };
const end = { shape: [2, 1], data: [2, 0.7] };
const start = { shape: [2, 1], data: [0, 0] };

function errorOf(tableau: Tableau, steps: number): number {
  const [y = []] = compute(
    (y, start, elapsed) => solveFixed(tableau, linearSystem, y as Tensor, { start, elapsed: elapsed as Tensor, steps }),
    y0,
    start,
    end,
  );
  return distance(y, [...exact(0, 2), ...exact(1, 0.7)]);
}

describe('a tableau', () => {
  it.each(tableaux.map((tableau) => [tableau.name, tableau] as const))('%s is consistent', (_name, tableau) => {
    const total = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
    expect(total(tableau.weights)).toBeCloseTo(1, 14);
    expect(tableau.stages.length).toBe(tableau.weights.length);
    tableau.stages.forEach((row, index) => {
      expect(total(row)).toBeCloseTo(Number(tableau.nodes[index]), 13);
    });
  });

  it('of Dormand and Prince: its errors cancel and its interpolant ends in its weights', () => {
    expect(dormandPrince.errors.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 15);
    dormandPrince.interpolant.forEach((row, index) => {
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(Number(dormandPrince.weights[index]), 12);
    });
  });
});

describe('the order', () => {
  it.each(tableaux.map((tableau) => [tableau.name, tableau] as const))('of %s', (_name, tableau) => {
    const order = Math.log2(errorOf(tableau, 16) / errorOf(tableau, 32));
    expect(order).toBeGreaterThan(tableau.order - 0.25);
    expect(order).toBeLessThan(tableau.order + 0.4);
  });

  it('of the semi-implicit step is 1', () => {
    // y' = 3 − 2 y
    const error = (steps: number): number => {
      const [y = []] = compute(
        (y) =>
          solveSemiImplicit(
            (_t, at: Tensor) => ({ source: mul(exp(mul(at, 0)), 3), rate: mul(exp(mul(at, 0)), 2) }),
            y as Tensor,
            { elapsed: 1, steps },
          ),
        { shape: [1, 1], data: [0.2] },
      );
      return Math.abs(Number(y[0]) - (1.5 - 1.3 * Math.exp(-2)));
    };
    expect(Math.log2(error(32) / error(64))).toBeCloseTo(1, 1);
  });
});

const leaky = (_t: unknown, y: Tensor) => ({ source: sin(y), rate: exp(neg(square(y))) });

describe('fixed steps', () => {
  it('solve trees, and times per unit', () => {
    const [a = [], b = []] = compute(
      (y, elapsed) => {
        const tree = solveFixed(
          rk4,
          (_t, { p, q }: { p: Tensor; q: Tensor }) => ({ p: neg(q), q: p }),
          { p: y, q: mul(y, 0) } as never,
          {
            elapsed: elapsed as Tensor,
            steps: 20,
          },
        );
        return [(tree as { p: Tensor }).p, (tree as { q: Tensor }).q];
      },
      { shape: [1, 2], data: [1, 1] },
      { shape: [1, 2], data: [1, 0.5] },
    );
    expect(distance(a, [Math.cos(1), Math.cos(0.5)])).toBeLessThan(1e-6);
    expect(distance(b, [Math.sin(1), Math.sin(0.5)])).toBeLessThan(1e-6);
  });

  it('leave y alone over no time, and go back where they came from', () => {
    const [still, back] = compute(
      (y) => [
        solveSemiImplicit(leaky, y as Tensor, { elapsed: 0, steps: 3 }),
        solveFixed(rk4, linearSystem, solveFixed(rk4, linearSystem, y as Tensor, { elapsed: 1, steps: 40 }), {
          start: 1,
          elapsed: -1,
          steps: 40,
        }),
      ],
      y0,
    );
    expect(still).toEqual(y0.data);
    expect(distance(back ?? [], y0.data)).toBeLessThan(1e-5);
  });

  it.each([0, 1.5, -1, Number.NaN])('refuse %d steps', (steps) => {
    expect(() => compute((y) => solveFixed(euler, linearSystem, y as Tensor, { elapsed: 1, steps }), y0)).toThrow(
      /@rheo\/layers.*steps/,
    );
  });

  const solvers: readonly (readonly [string, (y: Tensor, elapsed: Tensor, weight: Tensor) => Tensor])[] = [
    ...tableaux.map(
      (tableau) =>
        [
          tableau.name,
          (y: Tensor, elapsed: Tensor, weight: Tensor) =>
            solveFixed(tableau, (t, at) => sin(mul(derivativeOf(leaky)(t, at), weight)), y, { elapsed, steps: 3 }),
        ] as const,
    ),
    [
      'semi-implicit',
      (y, elapsed, weight) =>
        solveSemiImplicit((t, at) => ({ ...leaky(t, at), source: mul(sin(at), weight) }), y, { elapsed, steps: 3 }),
    ],
  ];
  it.each(solvers)('%s: gradients equal differences', (_name, solve) => {
    const inputs = [
      [0.3, -0.8, 1.1, 0.2],
      [0.7, 0],
      [0.9, -1.2],
    ].map((data) => Float64Array.from(data));
    const { program } = trace(
      (y: Tensor, elapsed: Tensor, weight: Tensor) => reduceSum(square(solve(y, elapsed, weight))),
      [[2, 2], [2, 1], [2]].map((shape) => ({ dtype: 'f32', shape })),
    );
    const [, ...found] = evaluate(gradient(program, { of: 0, wrt: [0, 1, 2] }), inputs);
    inputs.forEach((data, input) => {
      data.forEach((x, at) => {
        data[at] = x + 1e-5;
        const above = Number(evaluate(program, inputs)[0]?.[0]);
        data[at] = x - 1e-5;
        const below = Number(evaluate(program, inputs)[0]?.[0]);
        data[at] = x;
        expect(Math.abs(Number(found[input]?.[at]) - (above - below) / 2e-5)).toBeLessThan(1e-8);
      });
    });
  });
});
