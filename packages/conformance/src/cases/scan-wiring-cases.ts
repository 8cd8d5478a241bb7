/**
 * Cases of how values go in and out of a scan: consts, carries, xs and ys connected in every way.
 */

import type { Tensor } from '@rheo/core';
import {
  add,
  dot,
  iota,
  matmul,
  mul,
  reduceSum,
  reshape,
  scan,
  scatterAdd,
  sin,
  slice,
  sub,
  tanh,
  transpose,
  zeros,
} from '@rheo/core';
import type { TracedCase, TraceFn } from './traced-case.ts';
import { f32, flat, i32, tracedCase } from './traced-case.ts';

/** `scan/cumulative`, `scan/reverse`, `scan/carries-swapped` … */
export function scanWiringCases(): TracedCase[] {
  const list: Readonly<Record<string, readonly [Parameters<typeof tracedCase>[2], TraceFn]>> = {
    cumulative: [[f32(3), f32(5, 3)], (h, xs) => scan((c, x) => [add(c, x), add(c, x)], h as Tensor, xs as Tensor)],
    reverse: [
      [f32(3), f32(5, 3)],
      (h, xs) => scan((c, x) => [add(mul(c, 0.5), x), c], h as Tensor, xs as Tensor, { reverse: true }),
    ],
    'no-xs': [[f32(3)], (h) => scan((c) => [sin(c), c], h as Tensor, [], { length: 4 })],
    'no-xs-reverse': [[f32(3)], (h) => scan((c) => [sin(c), c], h as Tensor, [], { length: 4, reverse: true })],
    'no-carries': [[f32(5, 3)], (xs) => [scan((_c, x) => [[], tanh(x)], [], xs as Tensor)[1]]],
    'no-carries-reverse': [
      [f32(5, 3)],
      (xs) => [scan((_c, x) => [[], tanh(x)], [], xs as Tensor, { reverse: true })[1]],
    ],
    'no-ys': [[f32(3), f32(5, 3)], (h, xs) => [scan((c, x) => [tanh(add(c, x)), []], h as Tensor, xs as Tensor)[0]]],
    'scalar-carry': [[f32(), f32(6)], (h, xs) => scan((c, x) => [tanh(add(c, x)), c], h as Tensor, xs as Tensor)],
    'carries-swapped': [
      [f32(3), f32(3), f32(4, 3)],
      (a, b, xs) =>
        flat(scan(([p, q], x) => [[q as Tensor, p as Tensor], add(p as Tensor, x)], [a, b] as Tensor[], xs as Tensor)),
    ],
    'carries-swapped-odd': [
      [f32(3), f32(3), f32(5, 3)],
      (a, b, xs) =>
        flat(scan(([p, q], x) => [[add(q as Tensor, x), p as Tensor], q as Tensor], [a, b] as Tensor[], xs as Tensor)),
    ],
    'carries-rotated': [
      [f32(3), f32(3), f32(3)],
      (a, b, c) =>
        flat(
          scan(([p, q, r]) => [[q, r, p] as Tensor[], [p, q] as Tensor[]], [a, b, c] as Tensor[], [], { length: 7 }),
        ),
    ],
    fibonacci: [
      [f32(3), f32(3)],
      (a, b) =>
        flat(
          scan(([p, q]) => [[q, sin(add(p as Tensor, q as Tensor))] as Tensor[], p as Tensor], [a, b] as Tensor[], [], {
            length: 6,
          }),
        ),
    ],
    'carry-unchanged': [
      [f32(3), f32(3), f32(4, 3)],
      (a, b, xs) =>
        flat(
          scan(
            ([p, q], x) => [[p, add(q as Tensor, mul(p as Tensor, x))] as Tensor[], p as Tensor],
            [a, b] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'carry-replaced-by-x': [[f32(3), f32(4, 3)], (h, xs) => scan((c, x) => [x, c], h as Tensor, xs as Tensor)],
    'carry-replaced-by-const': [
      [f32(3), f32(3)],
      (h, k) => scan((c) => [k as Tensor, c], h as Tensor, [], { length: 3 }),
    ],
    'carry-replaced-by-constant': [[f32(3)], (h) => scan((c) => [zeros([3]), c], h as Tensor, [], { length: 3 })],
    'one-value-for-two-carries': [
      [f32(3), f32(3), f32(4, 3)],
      (a, b, xs) =>
        flat(
          scan(
            ([p, q], x) => {
              const next = tanh(add(add(p as Tensor, q as Tensor), x));
              return [
                [next, next],
                [q as Tensor, next],
              ];
            },
            [a, b] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'one-start-for-two-carries': [
      [f32(3), f32(4, 3)],
      (a, xs) =>
        flat(scan(([p, q], x) => [[add(p as Tensor, x), sub(q as Tensor, x)], []], [a, a] as Tensor[], xs as Tensor)),
    ],
    'start-used-after': [
      [f32(3), f32(4, 3)],
      (h, xs) => {
        const [last, ys] = scan((c, x) => [add(c, x), c], h as Tensor, xs as Tensor);
        return [add(last, h as Tensor), ys, h as Tensor];
      },
    ],
    'xs-used-after': [
      [f32(3), f32(4, 3)],
      (h, xs) => {
        const [last, ys] = scan((c, x) => [tanh(add(c, x)), mul(c, x)], h as Tensor, xs as Tensor);
        return [last, add(ys, xs as Tensor), xs as Tensor];
      },
    ],
    'ys-are-carry-and-x': [
      [f32(3), f32(4, 3)],
      (h, xs) => flat(scan((c, x) => [add(c, x), [c, x, x, c]], h as Tensor, xs as Tensor)),
    ],
    'ys-are-const': [
      [f32(3), f32(2), f32(4, 3)],
      (h, k, xs) => flat(scan((c, x) => [add(c, x), [k as Tensor, k as Tensor]], h as Tensor, xs as Tensor)),
    ],
    'ys-are-constant': [
      [f32(3), f32(4, 3)],
      (h, xs) => flat(scan((c, x) => [add(c, x), [iota([5]), zeros([])]], h as Tensor, xs as Tensor)),
    ],
    'ys-twice': [
      [f32(3), f32(4, 3)],
      (h, xs) =>
        flat(
          scan(
            (c, x) => {
              const next = tanh(add(c, x));
              return [next, [next, next]];
            },
            h as Tensor,
            xs as Tensor,
          ),
        ),
    ],
    'ys-are-views': [
      [f32(3, 4), f32(5, 3, 4)],
      (h, xs) =>
        flat(
          scan(
            (c, x) => {
              const next = tanh(add(c, x));
              return [next, [transpose(next), slice(next, { axis: 1, start: 1, limit: 3 }), reshape(next, [12])]];
            },
            h as Tensor,
            xs as Tensor,
          ),
        ),
    ],
    'xs-twice': [
      [f32(3), f32(4, 3)],
      (h, xs) =>
        flat(scan((c, [x, y]) => [add(c, mul(x as Tensor, y as Tensor)), []], h as Tensor, [xs, xs] as Tensor[])),
    ],
    'xs-are-views': [
      [f32(3), f32(3, 4), f32(6, 3)],
      (h, xs, more) =>
        flat(
          scan((c, [x, y]) => [tanh(add(c, mul(x as Tensor, y as Tensor))), c], h as Tensor, [
            transpose(xs as Tensor),
            slice(more as Tensor, { axis: 0, start: 1, limit: 5 }),
          ]),
        ),
    ],
    accumulator: [
      [f32(3), f32(5, 3)],
      (h, xs) =>
        flat(
          scan(
            ([c, s], x) => [[tanh(add(c as Tensor, x)), add(s as Tensor, mul(c as Tensor, x))], []],
            [h, zeros([3])] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'accumulator-of-dot': [
      [f32(2, 3), f32(4, 2, 3)],
      (h, xs) =>
        flat(
          scan(
            ([c, s], x) => [
              [
                tanh(add(c as Tensor, x)),
                add(s as Tensor, dot(c as Tensor, x, { contract: [[0], [0]], batch: [[], []] })),
              ],
              [],
            ],
            [h, zeros([3, 3])] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'accumulator-of-sum': [
      [f32(2, 3), f32(4, 2, 3)],
      (h, xs) =>
        flat(
          scan(
            ([c, s], x) => [[tanh(add(c as Tensor, x)), add(reduceSum(mul(c as Tensor, x), 0), s as Tensor)], []],
            [h, zeros([3])] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'accumulator-of-scatter': [
      [f32(3), i32(5, 3)],
      (h, xs) =>
        flat(
          scan(
            ([c, s], x) => [
              [sin(add(c as Tensor, 1)), add(s as Tensor, scatterAdd(c as Tensor, x, { axis: 0, size: 4 }))],
              [],
            ],
            [h, zeros([4])] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'accumulator-read': [
      [f32(3), f32(5, 3)],
      (h, xs) =>
        flat(
          scan(
            ([c, s], x) => [[tanh(add(c as Tensor, x)), add(s as Tensor, c as Tensor)], s as Tensor],
            [h, zeros([3])] as Tensor[],
            xs as Tensor,
          ),
        ),
    ],
    'invariant-work': [
      [f32(2, 3), f32(3, 3), f32(4, 2, 3)],
      (h, w, xs) =>
        scan((c, x) => [tanh(add(matmul(c, tanh(mul(w as Tensor, 0.5))), x)), c], h as Tensor, xs as Tensor),
    ],
    'streamed-work': [
      [f32(2, 3), f32(3, 3), f32(4, 2, 3)],
      (h, w, xs) =>
        scan((c, x) => [tanh(add(c, matmul(x, w as Tensor))), matmul(c, w as Tensor)], h as Tensor, xs as Tensor),
    ],
  };
  return Object.entries(list).map(([name, [types, fn]]) =>
    tracedCase('control', `scan/${name}`, types, (...inputs) => fn(...inputs)),
  );
}
