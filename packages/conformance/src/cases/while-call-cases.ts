/**
 * Cases of while and call.
 */

import type { Tensor } from '@rheo/core';
import {
  add,
  call,
  convert,
  customGradient,
  lt,
  mul,
  reduceSum,
  scan,
  sin,
  stopGradient,
  tanh,
  whileLoop,
  zeros,
} from '@rheo/core';
import type { TracedCase } from './traced-case.ts';
import { f32, i32, tracedCase } from './traced-case.ts';

/** `while/…` */
export function whileCases(): TracedCase[] {
  const below =
    (limit: Tensor | number) =>
    ([i]: Tensor[]): Tensor =>
      lt(i as Tensor, limit);
  const counted = (limit: Tensor | number, x: Tensor): Tensor[] =>
    whileLoop(below(limit), ([i, y]) => [add(i as Tensor, 1), sin(add(y as Tensor, 0.5))], [
      convert(reduceSum(zeros([1])), 'i32'),
      x,
    ]) as Tensor[];
  return [
    ...[0, 1, 5].map((limit) =>
      tracedCase('control', `while/count-${limit}`, [f32(3)], (x) => counted(limit, x as Tensor)),
    ),
    tracedCase('control', 'while/limit-from-input', [i32(), f32(3)], (limit, x) =>
      counted(limit as Tensor, x as Tensor),
    ),
    tracedCase('control', 'while/carries-swapped', [f32(3), f32(3), i32()], (a, b, start) =>
      whileLoop(
        ([i]: Tensor[]) => lt(i as Tensor, 5),
        ([i, p, q]) => [add(i as Tensor, 1), q as Tensor, p as Tensor],
        [start, a, b] as Tensor[],
      ),
    ),
    tracedCase('control', 'while/consts', [f32(3), f32(3), i32()], (a, k, start) =>
      whileLoop(
        ([i]: Tensor[]) => lt(i as Tensor, 4),
        ([i, p]) => [add(i as Tensor, 1), tanh(add(mul(p as Tensor, k as Tensor), a as Tensor))],
        [start, a] as Tensor[],
      ),
    ),
    tracedCase('control', 'while/in-scan', [f32(3), f32(4, 3)], (h, xs) =>
      scan(
        (c, x) => {
          const [, y] = whileLoop(
            ([i]: Tensor[]) => lt(i as Tensor, 3),
            ([i, p]) => [add(i as Tensor, 1), tanh(add(p as Tensor, x))],
            [convert(reduceSum(zeros([1])), 'i32'), c],
          ) as Tensor[];
          return [y as Tensor, c];
        },
        h as Tensor,
        xs as Tensor,
      ),
    ),
    tracedCase('control', 'while/scan-inside', [f32(3), f32(4, 3), i32()], (h, xs, start) =>
      whileLoop(
        ([i]: Tensor[]) => lt(i as Tensor, 3),
        ([i, c]) => [add(i as Tensor, 1), scan((d, x) => [tanh(add(d, x)), []], c as Tensor, xs as Tensor)[0]],
        [start, h] as Tensor[],
      ),
    ),
  ];
}

/** `call/…`: named parts are inlined, whatever their gradient says. */
export function callCases(): TracedCase[] {
  const own = customGradient('squared', {
    forward: (x: Tensor) => [mul(x, x), x],
    backward: (x: Tensor, [ct]) => [mul(x, ct as Tensor)],
  });
  return [
    tracedCase('control', 'call/inline', [f32(3), f32(3)], (x, y) =>
      call('part', (a: Tensor, b: Tensor) => [add(a, b), a], x as Tensor, y as Tensor),
    ),
    tracedCase('control', 'call/stop', [f32(3)], (x) => [stopGradient(sin(x as Tensor)), x as Tensor]),
    tracedCase('control', 'call/custom', [f32(3)], (x) => own(x as Tensor)),
    tracedCase('control', 'call/nested-in-scan', [f32(3), f32(4, 3)], (h, xs) =>
      scan(
        (c, x) => [
          call('outer', (a: Tensor, b: Tensor) => call('inner', (d: Tensor) => tanh(d), add(a, b)), c, x),
          own(c),
        ],
        h as Tensor,
        xs as Tensor,
      ),
    ),
  ];
}
