/**
 * Adaptive steps with a bound: y at the end of an interval, and whether each row got there.
 *
 * Cost: with `loop: "scan"`, maxSteps attempts of 6 evaluations of f for every row, needed or not, and gradients flow
 * through them, keeping the stages of all attempts. With `loop: "while"`, as many attempts as the slowest row needs, but no
 * gradient: for inference, or inside a custom gradient (`solveAdjoint`).
 * A row whose attempts become infinite and are refused gives a gradient that is not finite; its values are good.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';
import { add, and, flattenTree, ge, lt, scan, whileLoop, zeros } from '@rheo/core';
import type { Dim } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Progress, Tolerances } from './adaptive-step.ts';
import { anyRow, attempt, firstStep, overInterval } from './adaptive-step.ts';
import { dormandPrince } from './dormand-prince.ts';
import type { Derivative } from './right-hand-side.ts';
import type { AdaptiveTableau } from './tableau.ts';

/** How exact, and for how long. */
export interface AdaptiveOptions {
  /** Dormand–Prince unless given. */
  readonly tableau?: AdaptiveTableau;
  /** Relative error of a step; 1e-3 unless given. */
  readonly rtol?: number;
  /** Absolute error of a step; 1e-6 unless given. */
  readonly atol?: number;
  /** Attempts, taken or refused, for each interval; 32 unless given. */
  readonly maxSteps?: number;
  /** "scan" (the default) has gradients; "while" stops early. */
  readonly loop?: 'scan' | 'while';
}

/** An interval of each row. */
export interface Interval {
  /** Time at the start: a number, [] or [batch, 1]; 0 unless given. */
  readonly start?: Operand | undefined;
  /** Length: a number, [], [batch, 1] or per unit [batch, units]; zero and negative are allowed. */
  readonly elapsed: Operand;
}

/** What an adaptive solver gives; vectors are [batch]. */
export type AdaptiveSolution<Y extends Tree<Tensor>> = {
  readonly y: Y;
  /** bool: rows that reached their end. In the others y is where they got to: check this, with `requireFinished`. */
  readonly finished: Tensor;
  /** f32: steps taken, and attempts that were refused. */
  readonly taken: Tensor;
  readonly refused: Tensor;
};

/** y at the end of an interval. Leaves of y are [batch, …]. Throws `argument` for a wrong option. */
export function solveAdaptive<Y extends Tree<Tensor>>(
  f: Derivative<Y>,
  y: Y,
  { start = 0, elapsed }: Interval,
  options: AdaptiveOptions = {},
): AdaptiveSolution<Y> {
  const { tableau = dormandPrince, maxSteps = 32, loop = 'scan' } = options;
  const tolerances = checkedTolerances(options);
  const g = overInterval(f, start, elapsed);
  const unfinished = ({ u }: Progress<Y>): Tensor => lt(u, 1);
  const body = (before: Progress<Y>): Progress<Y> => attempt(tableau, g, tolerances, before, unfinished(before)).next;
  const end = repeat(body, unfinished, begin(tableau, g, y, tolerances), maxSteps, loop);
  return { y: end.y, finished: ge(end.u, 1), taken: end.taken, refused: end.refused };
}

/** Nothing done yet. */
export function begin<Y extends Tree<Tensor>>(
  tableau: AdaptiveTableau,
  g: Derivative<Y>,
  y: Y,
  tolerances: Tolerances,
): Progress<Y> {
  const [leaf] = flattenTree<Tensor>(y).leaves;
  const batch = leaf?.shape[0];
  if (leaf === undefined || batch === undefined) {
    throw new RheoError('shape', {
      from: '@rheo/layers',
      what: 'adaptive steps are for each row, and y has none',
      where: 'y',
      remedy: 'Give every leaf of y the batch as its first axis, [batch, …]',
    });
  }
  const none = zeros([batch as Dim], leaf.dtype);
  const slope = g(none, y);
  return { u: none, h: firstStep(tableau, g, y, slope, tolerances), y, slope, taken: none, refused: none };
}

/** Repeats `body` at most `limit` times. */
export function repeat<C extends Tree<Tensor>>(
  body: (carry: C) => C,
  active: (carry: C) => Tensor,
  init: C,
  limit: number,
  loop: 'scan' | 'while',
): C {
  if (!Number.isSafeInteger(limit) || limit < 1 || (loop !== 'scan' && loop !== 'while')) {
    throw wrongOption(limit, 'maxSteps is an integer of at least 1, loop is "scan" or "while"');
  }
  if (loop === 'scan') {
    const [end] = scan((carry: C): [C, Tree<Tensor>] => [body(carry), {}], init, {}, { length: limit });
    return end;
  }
  type Counted = { readonly count: Tensor; readonly carry: C };
  const { carry } = whileLoop<Counted>(
    ({ count, carry: at }) => and(lt(count, limit), anyRow(active(at))),
    ({ count, carry: at }) => ({ count: add(count, 1), carry: body(at) }),
    { count: zeros([], 'f32'), carry: init },
  );
  return carry;
}

/** Throws `argument` unless both tolerances are finite and not negative, and one is above zero. */
export function checkedTolerances({ rtol = 1e-3, atol = 1e-6 }: AdaptiveOptions): Tolerances {
  const good = (x: number): boolean => Number.isFinite(x) && x >= 0;
  if (!good(rtol) || !good(atol) || rtol + atol === 0) {
    throw wrongOption(`rtol ${rtol}, atol ${atol}`, 'Tolerances are at least 0, and one of them is above');
  }
  return { rtol, atol };
}

function wrongOption(value: unknown, remedy: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what: `an adaptive solver cannot run with ${value}`,
    remedy,
  });
}
