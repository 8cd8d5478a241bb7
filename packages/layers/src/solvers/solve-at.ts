/**
 * Adaptive steps with dense output: y at many times. Steps are as long as the tolerance allows, whatever the times; between
 * their ends y is the method's interpolant, of order 4 for Dormand–Prince. The last step's interpolant is carried along
 * and no buffer grows.
 *
 * Cost: as `solveAdaptive`, with maxSteps attempts for each of the intervals between times.
 */

import type { Tensor, Tree } from '@rheo/core';
import {
  add,
  broadcast,
  div,
  eq,
  ge,
  gt,
  lt,
  mapTree,
  mul,
  reshape,
  scan,
  select,
  slice,
  sub,
  zeros,
} from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Progress } from './adaptive-step.ts';
import { attempt, overInterval } from './adaptive-step.ts';
import { dormandPrince } from './dormand-prince.ts';
import type { Derivative } from './right-hand-side.ts';
import { rowOperand } from './row-operand.ts';
import { advance } from './runge-kutta.ts';
import type { AdaptiveOptions, AdaptiveSolution } from './solve-adaptive.ts';
import { begin, checkedTolerances, repeat } from './solve-adaptive.ts';
import type { AdaptiveTableau } from './tableau.ts';

/** The last step taken: from where, how far, its slopes. */
type Piece<Y extends Tree<Tensor>> = {
  readonly from: Tensor;
  readonly size: Tensor;
  readonly y: Y;
  readonly slopes: readonly Y[];
};
type Carry<Y extends Tree<Tensor>> = { readonly progress: Progress<Y>; readonly piece: Piece<Y> };

/**
 * y at `times` [outputs] or [outputs, batch], which increase (or decrease) and start where y is given; leaves of the
 * result are [outputs, batch, …]. Throws `argument` for a wrong option, `shape` for times of another form.
 */
export function solveAt<Y extends Tree<Tensor>>(
  f: Derivative<Y>,
  y: Y,
  times: Tensor,
  options: AdaptiveOptions = {},
): AdaptiveSolution<Y> {
  const { tableau = dormandPrince, maxSteps = 32, loop = 'scan' } = options;
  const tolerances = checkedTolerances(options);
  const [count] = times.shape;
  if (typeof count !== 'number' || count < 1 || times.shape.length > 2) throw wrongTimes();
  const instant = (index: number): Tensor => {
    const row = slice(times, { axis: 0, start: index, limit: index + 1 });
    return reshape(row, times.shape.length === 1 ? [] : [...times.shape.slice(1), 1]);
  };
  const start = instant(0);
  const elapsed = sub(instant(count - 1), start);
  const g = overInterval(f, start, elapsed);

  const progress = begin(tableau, g, y, tolerances);
  const none = progress.u;
  const flat = mapTree((x: Tensor) => zeros(x.shape, x.dtype), y) as Y;
  const piece: Piece<Y> = { from: none, size: none, y, slopes: tableau.stages.map(() => flat) };
  const body = ({ progress: before, piece: last }: Carry<Y>, time: Tensor): [Carry<Y>, Tree<Tensor>] => {
    const at = partOf(time, start, elapsed, none);
    const active = ({ progress: { u } }: Carry<Y>): Tensor => lt(u, at);
    const next = repeat<Carry<Y>>(
      (carry) => taken(carry, attempt(tableau, g, tolerances, carry.progress, active(carry))),
      active,
      { progress: before, piece: last },
      maxSteps,
      loop,
    );
    return [next, [interpolate(tableau, next.piece, at), ge(next.progress.u, at)]];
  };
  const [end, outputs] = scan(body, { progress, piece }, times);
  const [ys] = outputs as readonly [Y, Tensor];
  const { u, taken: steps, refused } = end.progress;
  const last = partOf(reshape(instant(count - 1), times.shape.slice(1)), start, elapsed, none);
  return { y: ys, finished: ge(u, last), taken: steps, refused };
}

function taken<Y extends Tree<Tensor>>(
  { progress, piece }: Carry<Y>,
  { next, slopes, step, accepted }: ReturnType<typeof attempt<Y>>,
): Carry<Y> {
  const choose = (a: Tensor, b: Tensor): Tensor => select(rowOperand(accepted, a) as Tensor, a, b);
  const made: Piece<Y> = { from: progress.u, size: step, y: progress.y, slopes };
  return { progress: next, piece: mapTree(choose, made as Tree<Tensor>, piece as Tree<Tensor>) as Piece<Y> };
}

/** The time [] or [batch] as a part of the interval, [batch]. */
function partOf(time: Tensor, start: Tensor, elapsed: Tensor, like: Tensor): Tensor {
  const scalar = elapsed.shape.length === 0;
  const whole = scalar ? elapsed : reshape(elapsed, like.shape);
  const passed = sub(time, scalar ? start : reshape(start, like.shape));
  const still = eq(whole, 0);
  const part = div(select(still, 0, passed), select(still, 1, whole));
  return scalar ? broadcast(part, like.shape, []) : part;
}

function interpolate<Y extends Tree<Tensor>>({ interpolant }: AdaptiveTableau, piece: Piece<Y>, at: Tensor): Y {
  const some = gt(piece.size, 0);
  const theta = div(select(some, sub(at, piece.from), 0), select(some, piece.size, 1));
  const scaled = piece.slopes.map((slope, index) => {
    const [first = 0, ...more] = [...(interpolant[index] ?? [])].reverse();
    // Horner: p_0 θ + p_1 θ² + …
    let factor = mul(theta, first);
    for (const coefficient of more) factor = mul(theta, coefficient === 0 ? factor : add(factor, coefficient));
    return mapTree((k: Tensor) => mul(k, rowOperand(factor, k)), slope) as Y;
  });
  return advance(
    piece.y,
    scaled,
    interpolant.map((row) => (row.some((p) => p !== 0) ? 1 : 0)),
    piece.size,
  );
}

function wrongTimes(): RheoError {
  return new RheoError('shape', {
    from: '@rheo/layers',
    what: 'times do not fit',
    where: 'times',
    remedy: 'Pass [outputs] or [outputs, batch], with a number of outputs that is known',
  });
}
