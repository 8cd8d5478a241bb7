/**
 * The semi-implicit ("fused") Euler step for equations that decay, dy/dt = source − rate ⊙ y (Hasani et al., AAAI 2021,
 * algorithm 1): source and rate from the y before, y itself from after,
 *   y' = (y + h · source) / (1 + h · rate).
 * Order 1. With a rate ≥ 0 it is bounded for every step size, and at h = 0 it is y, gradient included.
 */

import type { Operand, Tensor, Tree } from '@rheo/core';
import { add, div, mapTree, mul, sub } from '@rheo/core';
import type { Decay, Derivative } from './right-hand-side.ts';
import { rowOperand } from './row-operand.ts';

/** One step of size h: a number, [], [batch, 1] or [batch, units]. */
export function semiImplicitStep<Y extends Tree<Tensor>>(f: Decay<Y>, t: Operand, y: Y, h: Operand): Y {
  const { source, rate } = f(t, y);
  return mapTree(
    (...[before, from, leak]: (Tensor | string)[]) => {
      const [a, b, c] = [before, from, leak] as Tensor[] as [Tensor, Tensor, Tensor];
      return div(add(a, mul(b, rowOperand(h, a))), add(mul(c, rowOperand(h, a)), 1));
    },
    y as Tree<Tensor>,
    source as Tree<Tensor>,
    rate as Tree<Tensor>,
  ) as Y;
}

/** The same equation as a derivative, for the other solvers. */
export function derivativeOf<Y extends Tree<Tensor>>(f: Decay<Y>): Derivative<Y> {
  return (t, y) => {
    const { source, rate } = f(t, y);
    const leak = mapTree((a: Tensor, b: Tensor) => mul(a, b), rate, y);
    return mapTree((a: Tensor, b: Tensor) => sub(a, b), source, leak) as Y;
  };
}
