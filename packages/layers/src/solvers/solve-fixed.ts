/**
 * Fixed steps: an interval in `steps` equal parts, as one scan. Gradients flow through every step.
 *
 * Cost: steps × stages evaluations of f, the same again with about twice the work on the way back, and the values of
 * every stage kept for it.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';
import { convert, div, flattenTree, iota, mul, scan } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Decay, Derivative } from './right-hand-side.ts';
import { rungeKuttaStep, sum } from './runge-kutta.ts';
import { semiImplicitStep } from './semi-implicit.ts';
import type { Tableau } from './tableau.ts';

/** An interval and its division. */
export interface FixedInterval {
  /** Time at the start: a number, [] or [batch, 1]; 0 unless given. */
  readonly start?: Operand | undefined;
  /** Length: a number, [], [batch, 1] or per unit [batch, units]; zero and negative are allowed. */
  readonly elapsed: Operand;
  /** Equal steps, at least 1. */
  readonly steps: number;
}

/** y at the end of an interval, by any Runge–Kutta method. Throws `argument` unless steps is a positive integer. */
export function solveFixed<Y extends Tree<Tensor>>(
  tableau: Tableau,
  f: Derivative<Y>,
  y: Y,
  interval: FixedInterval,
): Y {
  return march((t, at, h) => rungeKuttaStep(tableau, f, t, at, h), y, interval);
}

/** y at the end of an interval, by semi-implicit Euler. Throws `argument` unless steps is a positive integer. */
export function solveSemiImplicit<Y extends Tree<Tensor>>(f: Decay<Y>, y: Y, interval: FixedInterval): Y {
  return march((t, at, h) => semiImplicitStep(f, t, at, h), y, interval);
}

function march<Y extends Tree<Tensor>>(
  step: (t: Operand, y: Y, h: Operand) => Y,
  y: Y,
  { start = 0, elapsed, steps }: FixedInterval,
): Y {
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: `an interval cannot be divided into ${steps} steps`,
      where: 'steps',
      remedy: 'Pass an integer of at least 1',
    });
  }
  const h = typeof elapsed === 'number' ? elapsed / steps : div(elapsed, steps);
  if (steps === 1) return step(start, y, h);
  const dtype = flattenTree<Tensor>(y).leaves[0]?.dtype ?? 'f32';
  const [end] = scan(
    (at: Y, index: Tensor): [Y, Tree<Tensor>] => [step(sum(start, mul(index, h)), at, h), {}],
    y,
    dtype === 'f32' ? iota([steps], 0, 'f32') : convert(iota([steps], 0, 'f32'), dtype),
  );
  return end;
}
