/** The theory of scalar cells: the bound on random ones, and exact solutions against integration. */
import type { Tensor } from '@rheo/core';
import { logistic, mul, neg, trace } from '@rheo/core';
import { evaluate } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { LtcCellConstants } from '../src/index.ts';
import { closedFormBound, closedFormLtc, exactLtc, exactPieces, ltcFlow, pieceIntegral } from '../src/index.ts';
import { distance } from './run-model.ts';

const count = 10_000;
const pieces = 6;

/** Reproducible uniform numbers (Park and Miller's generator). */
let seed = 4711;
function draw(n: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length: n }, () => {
    seed = (seed * 48271) % 2147483647;
    return low + ((high - low) * seed) / 2147483647;
  });
}

const cells = {
  start: draw(count, -3, 3),
  target: draw(count, -3, 3),
  wTau: draw(count, 0.1, 2).map((x) => x ** 3 / 2),
  slope: draw(count, 0.5, 8),
  input: draw(pieces * count, -4, 4),
  lengths: draw(pieces * count, 0, 1.5),
};
const column = (table: Float64Array, i: number): number[] =>
  Array.from({ length: pieces }, (_, k) => Number(table[k * count + i]));
const time = cells.start.map((_, i) => column(cells.lengths, i).reduce((a, b) => a + b, 0));
const last = cells.input.slice((pieces - 1) * count);

type Given = { readonly [K in keyof typeof cells]: Tensor } & { readonly time: Tensor; readonly last: Tensor };

/** Evaluates in double on all cells. */
function onAllCells(fn: (given: Given, cell: LtcCellConstants) => Tensor): Float64Array {
  const data = { ...cells, time, last };
  const types = Object.fromEntries(
    Object.entries(data).map(([name, { length }]) => [
      name,
      { dtype: 'f32' as const, shape: length === count ? [count] : [pieces, count] },
    ]),
  );
  const { program } = trace((given) => fn(given as Given, given as Given), [types]);
  return Float64Array.from((evaluate(program, Object.values(data))[0] ?? []) as ArrayLike<number>);
}

const f = (slope: Tensor, input: Tensor): Tensor => logistic(mul(slope, input));
const published = onAllCells((g, cell) =>
  exactLtc(g.start, g.time, pieceIntegral(f(g.slope, g.input), g.lengths), cell),
);

describe('a scalar LTC', () => {
  it('is within the bound of its closed form on 10,000 random cells and inputs, and comes near it', () => {
    const approximation = onAllCells((g, cell) =>
      closedFormLtc(g.start, g.time, f(g.slope, g.last), f(g.slope, neg(g.last)), cell),
    );
    const bound = onAllCells((g, cell) => closedFormBound(g.start, g.time, cell));
    let nearest = 0;
    published.forEach((x, i) => {
      const share = Math.abs(x - Number(approximation[i])) / Number(bound[i]);
      expect(share, `cell ${i}`).toBeLessThanOrEqual(1 + 1e-9);
      nearest = Math.max(nearest, share);
    });
    expect(nearest).toBeGreaterThan(0.5);
  });

  it.each([
    ['eq. 1, whose leak pulls to 0', 0],
    ['the published solution, whose leak pulls to A', 1],
  ] as const)('has the exact solution of %s, to 1e-9', (_name, toTarget) => {
    const exact = onAllCells((g, cell) =>
      exactPieces(g.start, f(g.slope, g.input), g.lengths, toTarget === 1 ? { ...cell, rest: g.target } : cell),
    );
    if (toTarget === 1) expect(distance(exact, published)).toBeLessThan(1e-12);
    for (let i = 0; i < 200; i++) {
      const [w, a, slope] = [cells.wTau, cells.target, cells.slope].map((values) => Number(values[i])) as [
        number,
        number,
        number,
      ];
      let x = Number(cells.start[i]);
      column(cells.input, i).forEach((input, k) => {
        const open = 1 / (1 + Math.exp(-slope * input));
        x = rungeKutta((y) => -(w + open) * y + a * open + toTarget * w * a, x, column(cells.lengths, i)[k] ?? 0);
      });
      expect(Math.abs(x - Number(exact[i])), `cell ${i}`).toBeLessThan(1e-9);
    }
  });

  it('has the flow of eq. 1', () => {
    const flow = onAllCells((g, cell) => ltcFlow(g.start, f(g.slope, g.last), cell));
    const wanted = flow.map((_, i) => {
      const open = 1 / (1 + Math.exp(-Number(cells.slope[i]) * Number(last[i])));
      return -(Number(cells.wTau[i]) + open) * Number(cells.start[i]) + Number(cells.target[i]) * open;
    });
    expect(distance(flow, wanted)).toBeLessThan(1e-12);
  });
});

/** x after `length`, by 400 steps of the classical method: an error below 1e-12 here. */
function rungeKutta(slope: (x: number) => number, start: number, length: number): number {
  const h = length / 400;
  let x = start;
  for (let step = 0; step < 400; step++) {
    const k1 = slope(x);
    const k2 = slope(x + (h / 2) * k1);
    const k3 = slope(x + (h / 2) * k2);
    x += (h / 6) * (k1 + 2 * k2 + 2 * k3 + slope(x + h * k3));
  }
  return x;
}
