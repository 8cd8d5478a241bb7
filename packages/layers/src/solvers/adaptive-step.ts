/**
 * One attempted step of an adaptive method, with a step size of its own for each row; nothing here looks across rows.
 *
 * Time runs from 0 to 1 over each row's interval: dy/du = elapsed · f(start + u · elapsed, y). So rows with intervals of
 * different lengths, of zero length, or backwards are alike, and gradients by start and elapsed are those of f's
 * arguments. The error of a row is the root mean square of error / (atol + rtol · max(|y|, |y'|)) over its elements; a step
 * is taken if it is at most 1, and the next is 0.9 · error^(−1/5) times as long, between 0.2 and 10 times.
 * Step sizes are constants to the gradient: it is that of the steps taken.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';
import {
  abs,
  add,
  and,
  clip,
  convert,
  div,
  exp,
  flattenTree,
  le,
  log,
  lt,
  mapTree,
  max,
  min,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  select,
  sqrt,
  square,
  stopGradient,
  sub,
} from '@rheo/core';
import type { Derivative } from './right-hand-side.ts';
import { rowOperand } from './row-operand.ts';
import { advance, slopesOf, sum, weighted } from './runge-kutta.ts';
import type { AdaptiveTableau } from './tableau.ts';

/** Allowed error of a step. */
export interface Tolerances {
  /** Relative to the value. */
  readonly rtol: number;
  readonly atol: number;
}

/** Where each row is; vectors are [batch]. */
export type Progress<Y extends Tree<Tensor>> = {
  /** Part of the interval that is done, 0 to 1. */
  readonly u: Tensor;
  /** Size of the next attempt, as a part of the interval. */
  readonly h: Tensor;
  readonly y: Y;
  /** dy/du at u */
  readonly slope: Y;
  /** Steps taken, and attempts that were not. */
  readonly taken: Tensor;
  readonly refused: Tensor;
};

/** The equation in parts u [batch] of the interval. */
export function overInterval<Y extends Tree<Tensor>>(
  f: Derivative<Y>,
  start: Operand,
  elapsed: Operand,
): Derivative<Y> {
  return (u, y) => {
    const passed = mul(reshape(u as Tensor, [...(u as Tensor).shape, 1]), elapsed);
    return mapTree((k: Tensor) => mul(k, rowOperand(elapsed, k)), f(sum(start, passed), y)) as Y;
  };
}

/** An attempt in the rows where `active`; the other rows stay. `slopes` and `accepted` are for dense output. */
export function attempt<Y extends Tree<Tensor>>(
  tableau: AdaptiveTableau,
  g: Derivative<Y>,
  { rtol, atol }: Tolerances,
  before: Progress<Y>,
  active: Tensor,
): { readonly next: Progress<Y>; readonly slopes: readonly Y[]; readonly step: Tensor; readonly accepted: Tensor } {
  const { u, h, y } = before;
  const rest = sub(1, u);
  const step = select(active, min(h, rest), 0);
  const slopes = slopesOf(tableau, g, u, y, step, before.slope);
  const after = advance(y, slopes, tableau.weights, step);
  const error = stopGradient(errorOf(y, after, weighted(slopes, tableau.errors) as Y, step, rtol, atol));
  const accepted = and(active, le(error, 1));
  // Not a number is as bad as can be; no error at all is as good.
  const known = select(lt(error, 1e12), max(error, 1e-12), 1e12);
  const factor = clip(mul(exp(mul(log(known), -1 / tableau.errorOrder)), 0.9), 0.2, 10);
  const choose = (a: Tree<Tensor>, b: Tree<Tensor>): Y =>
    mapTree((x: Tensor, z: Tensor) => select(rowOperand(accepted, x) as Tensor, x, z), a, b) as Y;
  const next: Progress<Y> = {
    u: select(accepted, select(le(rest, h), 1, add(u, step)), u),
    h: select(active, mul(step, factor), h),
    y: choose(after, y),
    slope: choose(slopes.at(-1) as Y, before.slope),
    taken: add(before.taken, convert(accepted, u.dtype)),
    refused: add(before.refused, sub(convert(active, u.dtype), convert(accepted, u.dtype))),
  };
  return { next, slopes, step, accepted };
}

/**
 * A first step size for each row, after Hairer, Nørsett and Wanner (Solving ODEs I, II.4). As the interval is 1 long, the
 * trial step is at least 1/1000: shorter ones drown in rounding, and a state of zero would start at a crawl.
 */
export function firstStep<Y extends Tree<Tensor>>(
  tableau: AdaptiveTableau,
  g: Derivative<Y>,
  y: Y,
  slope: Y,
  { rtol, atol }: Tolerances,
): Tensor {
  const across = advance(y, [slope], [1], 1);
  const size = (x: Y): Tensor => errorOf(y, across, x, 1, rtol, atol);
  const [d0, d1] = [size(y), size(slope)];
  const trial = clip(div(mul(d0, 0.01), max(d1, 1e-12)), 1e-3, 0.1);
  const change = mapTree((a: Tensor, b: Tensor) => sub(a, b), g(trial, advance(y, [slope], [1], trial)), slope) as Y;
  const steepest = max(max(d1, div(size(change), trial)), 1e-15);
  const step = exp(mul(log(div(0.01, steepest)), 1 / tableau.errorOrder));
  return stopGradient(clip(min(mul(trial, 100), step), 1e-6, 1));
}

/** The error of each row [batch], in units of what is allowed. */
function errorOf<Y extends Tree<Tensor>>(y: Y, after: Y, slope: Y, h: Operand, rtol: number, atol: number): Tensor {
  const parts = mapTree(
    (...leaves: (Tensor | string)[]) => {
      const [a, b, k] = leaves as Tensor[] as [Tensor, Tensor, Tensor];
      const allowed = add(mul(max(abs(a), abs(b)), rtol), atol);
      const ratio = square(div(mul(k, rowOperand(h, k)), allowed));
      const axes = ratio.shape.slice(1).map((_, axis) => axis + 1);
      return axes.length === 0 ? ratio : reduceMean(ratio, axes);
    },
    y as Tree<Tensor>,
    after as Tree<Tensor>,
    slope as Tree<Tensor>,
  );
  const { leaves } = flattenTree<Tensor>(parts);
  const total = leaves.reduce((a, b) => add(a, b));
  return sqrt(leaves.length === 1 ? total : div(total, leaves.length));
}

/** True while a row of `active` is left, as a scalar. */
export function anyRow(active: Tensor): Tensor {
  return lt(0, reduceSum(convert(active, 'f32')));
}
