/**
 * Cases of what a scan's body may hold: every kind of op, carries of every dtype, small cells.
 */

import type { Tensor } from '@rheo/core';
import {
  add,
  concat,
  convert,
  dot,
  eq,
  gather,
  iota,
  logistic,
  lt,
  matmul,
  mul,
  not,
  randomBits,
  reduceSum,
  reshape,
  scan,
  scatterAdd,
  select,
  slice,
  sub,
  tanh,
} from '@rheo/core';
import type { TracedCase } from './traced-case.ts';
import { bool, f32, flat, i32, tracedCase, u32 } from './traced-case.ts';

/** `scan/carry-i32`, `scan/dropout`, `scan/cell` … */
export function scanBodyCases(): TracedCase[] {
  return [
    tracedCase('control', 'scan/carry-i32', [i32(3), i32(5, 3)], (h, xs) =>
      scan((c, x) => [add(c, x), c], h as Tensor, xs as Tensor),
    ),
    tracedCase('control', 'scan/carry-bool', [bool(3), f32(5, 3)], (h, xs) =>
      scan((c, x) => [select(lt(x, 0), not(c), c), c], h as Tensor, xs as Tensor),
    ),
    tracedCase('control', 'scan/carry-u32', [u32(3), u32(5, 3)], (h, xs) =>
      scan((c, x) => [add(c, x), mul(c, x)], h as Tensor, xs as Tensor),
    ),
    tracedCase('control', 'scan/carry-counter', [i32(), f32(3), f32(5, 3)], (start, h, xs) =>
      flat(
        scan(
          ([t, c], x) => [
            [add(t as Tensor, 1), add(c as Tensor, mul(x, convert(t as Tensor, 'f32')))],
            select(eq(t as Tensor, 2), t as Tensor, 7),
          ],
          [start, h] as Tensor[],
          xs as Tensor,
        ),
      ),
    ),
    tracedCase('control', 'scan/lengths-held', [i32(3), f32(3, 2), f32(5, 3, 2)], (lengths, h, xs) =>
      flat(
        scan(
          (c, [x, t]) => {
            const alive = lt(t as Tensor, lengths as Tensor);
            const next = tanh(add(c, x as Tensor));
            return [select(reshape(alive, [3, 1]), next, c), next];
          },
          h as Tensor,
          [xs, iota([5])] as Tensor[],
        ),
      ),
    ),
    tracedCase('control', 'scan/gather-scatter', [f32(2, 5), i32(7), i32(7), f32(4, 2, 5)], (h, from, to, xs) =>
      scan(
        (c, x) => {
          const edges = logistic(gather(c, from as Tensor, 1));
          return [tanh(add(scatterAdd(edges, to as Tensor, { axis: 1, size: 5 }), x)), c];
        },
        h as Tensor,
        xs as Tensor,
      ),
    ),
    tracedCase('control', 'scan/dropout', [u32(2), f32(3, 4), f32(5, 3, 4)], (key, h, xs) =>
      scan(
        (c, [x, t]) => {
          const row = iota([3, 4], 0, 'u32');
          const column = iota([3, 4], 1, 'u32');
          const bits = randomBits(key as Tensor, t as Tensor, add(mul(row, 4), column), 24);
          const kept = lt(bits, Math.round(0.7 * 2 ** 24));
          return [select(kept, tanh(add(c, x as Tensor)), 0), c];
        },
        h as Tensor,
        [xs as Tensor, iota([5], 0, 'u32')],
      ),
    ),
    tracedCase(
      'control',
      'scan/cell',
      [f32(4, 3), f32(4, 3), f32(3), f32(3, 12), f32(12), f32(6, 4, 2), f32(5, 3)],
      (h, d, b1, wo, bo, xs, w1) =>
        scan(
          (c, x) => {
            const z = concat([x, c], 1);
            const k = tanh(add(matmul(z, w1 as Tensor), b1 as Tensor));
            const o = add(matmul(k, wo as Tensor), bo as Tensor);
            const part = (i: number): Tensor => slice(o, { axis: 1, start: 3 * i, limit: 3 * i + 3 });
            const g = logistic(add(mul(part(2), d as Tensor), part(3)));
            const next = add(mul(tanh(part(0)), sub(1, g)), mul(g, tanh(part(1))));
            return [next, next];
          },
          h as Tensor,
          xs as Tensor,
        ),
    ),
    tracedCase('control', 'scan/one-row-product', [f32(1, 8), f32(8, 8), f32(5, 1, 8)], (h, w, xs) =>
      scan((c, x) => [tanh(add(matmul(c, w as Tensor), x)), c], h as Tensor, xs as Tensor),
    ),
    tracedCase('control', 'scan/vector-product', [f32(7), f32(7, 7), f32(5, 7)], (h, w, xs) =>
      scan((c, x) => [tanh(add(matmul(c, w as Tensor), x)), c], h as Tensor, xs as Tensor),
    ),
    tracedCase('control', 'scan/transposed-weights', [f32(3, 5), f32(5, 5), f32(4, 3, 5)], (h, w, xs) =>
      scan(
        (c, x) => [tanh(add(dot(c, w as Tensor, { contract: [[1], [1]], batch: [[], []] }), x)), c],
        h as Tensor,
        xs as Tensor,
      ),
    ),
    tracedCase('control', 'scan/synapses', [f32(2, 5), f32(5, 5), f32(5, 5), f32(4, 2, 5)], (h, w, mu, xs) =>
      scan(
        (c, x) => {
          const gate = logistic(sub(reshape(c, [2, 5, 1]), mu as Tensor));
          return [tanh(add(reduceSum(mul(gate, w as Tensor), 1), x)), c];
        },
        h as Tensor,
        xs as Tensor,
      ),
    ),
  ];
}
