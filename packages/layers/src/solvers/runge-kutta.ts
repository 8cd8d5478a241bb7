/**
 * One step of any explicit Runge–Kutta method. Zero entries of the tableau cost nothing.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';
import { add, mapTree, mul } from '@rheo/core';
import type { Derivative } from './right-hand-side.ts';
import { rowOperand } from './row-operand.ts';
import type { Tableau } from './tableau.ts';

/** The slopes k of a step of size h; `first` is k_0 where it is known. h is a number, [], [batch] or [batch, 1 or units]. */
export function slopesOf<Y extends Tree<Tensor>>(
  { nodes, stages }: Tableau,
  f: Derivative<Y>,
  t: Operand,
  y: Y,
  h: Operand,
  first?: Y,
): Y[] {
  const slopes: Y[] = first === undefined ? [] : [first];
  for (let stage = slopes.length; stage < stages.length; stage++) {
    slopes.push(f(sum(t, product(h, nodes[stage] ?? 0)), advance(y, slopes, stages[stage] ?? [], h)));
  }
  return slopes;
}

/** y + h Σ_i w_i k_i */
export function advance<Y extends Tree<Tensor>>(y: Y, slopes: readonly Y[], weights: readonly number[], h: Operand): Y {
  const total = weighted(slopes, weights);
  if (total === undefined) return y;
  return mapTree((a: Tensor, b: Tensor) => add(a, mul(b, rowOperand(h, b))), y, total) as Y;
}

/** Σ_i w_i k_i; undefined if all weights are zero. */
export function weighted<Y extends Tree<Tensor>>(slopes: readonly Y[], weights: readonly number[]): Y | undefined {
  let total: Tree<Tensor> | undefined;
  weights.forEach((weight, index) => {
    const slope = slopes[index];
    if (weight === 0 || slope === undefined) return;
    const term = weight === 1 ? slope : mapTree((k: Tensor) => mul(k, weight), slope);
    total = total === undefined ? term : mapTree((a: Tensor, b: Tensor) => add(a, b), total, term);
  });
  return total as Y | undefined;
}

/** One step. */
export function rungeKuttaStep<Y extends Tree<Tensor>>(
  tableau: Tableau,
  f: Derivative<Y>,
  t: Operand,
  y: Y,
  h: Operand,
): Y {
  return advance(y, slopesOf(tableau, f, t, y, h), tableau.weights, h);
}

/** a + b, also of two numbers. */
export function sum(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  return b === 0 ? a : add(a, b);
}

/** a · b, also of two numbers. */
export function product(a: Operand, b: number): Operand {
  if (typeof a === 'number') return a * b;
  return b === 1 ? a : b === 0 ? 0 : mul(a, b);
}
