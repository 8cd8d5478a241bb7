/**
 * Cases of scans of every length, named and not, and of scans in scans.
 */

import type { Tensor } from '@rheo/core';
import { add, mul, scan, sin, tanh, zeros } from '@rheo/core';
import type { TracedCase, TraceFn } from './traced-case.ts';
import { f32, flat, tracedCase } from './traced-case.ts';

/** `scan/length/17-reverse`. */
export function scanLengthCases(): TracedCase[] {
  const cases: TracedCase[] = [];
  const body: TraceFn = (h, xs) => flat(scan((c, x) => [tanh(add(c, x)), [c, x]], h as Tensor, xs as Tensor));
  const back: TraceFn = (h, xs) =>
    flat(scan((c, x) => [tanh(add(c, x)), [c, x]], h as Tensor, xs as Tensor, { reverse: true }));
  for (const length of [0, 1, 2, 3, 17, 100]) {
    cases.push(tracedCase('control', `scan/length/${length}`, [f32(3), f32(length, 3)], body));
    cases.push(tracedCase('control', `scan/length/${length}-reverse`, [f32(3), f32(length, 3)], back));
    cases.push(
      tracedCase('control', `scan/length/${length}-named`, [f32('batch', 3), f32('time', 'batch', 3)], body, {
        dims: { batch: 2, time: length },
      }),
    );
  }
  cases.push(
    tracedCase('control', 'scan/length/0-no-xs', [f32(3)], (h) =>
      scan((c) => [sin(c), c], h as Tensor, [], { length: 0 }),
    ),
    tracedCase('control', 'scan/empty-slices', [f32(0), f32(4, 0)], body),
    tracedCase('control', 'scan/empty-batch', [f32('batch', 3), f32('time', 'batch', 3)], body, {
      dims: { batch: 0, time: 3 },
    }),
  );
  return cases;
}

/** `scan/nested/forward-reverse`. */
export function scanNestingCases(): TracedCase[] {
  const nested =
    (outer: boolean, inner: boolean): TraceFn =>
    (h, w, xs) =>
      flat(
        scan(
          (c, x) => {
            const [next, ys] = scan((d, y) => [tanh(add(mul(d, w as Tensor), y)), mul(d, c)], c, x, { reverse: inner });
            return [add(next, w as Tensor), [ys, next, c]];
          },
          h as Tensor,
          xs as Tensor,
          { reverse: outer },
        ),
      );
  const types = [f32(3), f32(3), f32(4, 2, 3)];
  const cases = [false, true].flatMap((outer) =>
    [false, true].map((inner) =>
      tracedCase(
        'control',
        `scan/nested/${outer ? 'reverse' : 'forward'}-${inner ? 'reverse' : 'forward'}`,
        types,
        nested(outer, inner),
      ),
    ),
  );
  cases.push(
    tracedCase('control', 'scan/nested/three-deep', [f32(2), f32(2), f32(3, 2)], (h, w, xs) =>
      flat(
        scan(
          (a, x) => {
            const [b] = scan(
              (p) => {
                const [q] = scan((r) => [tanh(add(mul(r, w as Tensor), a)), []], p, [], { length: 2 });
                return [add(q, mul(x, w as Tensor)), []];
              },
              a,
              [],
              { length: 3 },
            );
            return [mul(b, 0.5), b];
          },
          h as Tensor,
          xs as Tensor,
        ),
      ),
    ),
    tracedCase('control', 'scan/nested/inner-length-0', [f32(3), f32(4, 3)], (h, xs) =>
      flat(
        scan(
          (c, x) => {
            const [d, none] = scan((p) => [sin(p), p], c, [], { length: 0 });
            return [add(d, x), none];
          },
          h as Tensor,
          xs as Tensor,
        ),
      ),
    ),
    tracedCase('control', 'scan/nested/inner-over-ys', [f32(3), f32(4, 3)], (h, xs) => {
      const [last, ys] = scan((c, x) => [tanh(add(c, x)), c], h as Tensor, xs as Tensor);
      return flat(scan((c, y) => [tanh(add(c, y)), mul(c, y)], last, ys, { reverse: true }));
    }),
    tracedCase('control', 'scan/nested/two-inside-one', [f32(3), f32(4, 2, 3)], (h, xs) =>
      flat(
        scan(
          (c, x) => {
            const [p, ps] = scan((d, y) => [tanh(add(d, y)), d], c, x);
            const [q] = scan((d, y) => [sin(add(d, y)), []], p, ps, { reverse: true });
            return [q, ps];
          },
          h as Tensor,
          xs as Tensor,
        ),
      ),
    ),
    tracedCase('control', 'scan/nested/inner-invariant', [f32(3), f32(3), f32(4, 3)], (h, k, xs) =>
      flat(
        scan(
          (c, x) => {
            const [sum] = scan((s) => [add(s, tanh(k as Tensor)), []], zeros([3]), [], { length: 3 });
            return [tanh(add(add(c, x), sum)), sum];
          },
          h as Tensor,
          xs as Tensor,
        ),
      ),
    ),
    tracedCase('control', 'scan/nested/inner-streamed', [f32(3), f32(4, 2, 3)], (h, xs) =>
      flat(
        scan(
          (c, x) => {
            const [sum] = scan((s, y) => [tanh(add(s, y)), []], zeros([3]), x);
            return [tanh(add(c, sum)), c];
          },
          h as Tensor,
          xs as Tensor,
        ),
      ),
    ),
  );
  return cases;
}
