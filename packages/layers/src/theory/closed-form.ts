/**
 * The theory of liquid time-constant networks for one cell without self connection, as tensor functions (Hasani et al.,
 * "Closed-form continuous-time neural networks", Nature Machine Intelligence 2022):
 *   eq. 1      dx/dt = −(w_tau + f(I)) x + A f(I)
 *   exact      x(t) = (x(0) − A) exp(−w_tau t − ∫₀ᵗ f(I(s)) ds) + A                       any input whose integral is known
 *   eq. 2      x̃(t) = (x(0) − A) exp(−(w_tau + f(I(t))) t) f(−I(t)) + A                   no integral
 *   lemma 1    |x(t) − x̃(t)| ≤ |x(0) − A| exp(−w_tau t)                                    for f with values in [0, 1]
 *
 * f is given by its values, so it may be any nonlinearity, with weights or without. All operands broadcast.
 */

import type { Operand, Tensor } from '@rheo/core';
import { abs, add, exp, mul, neg, reduceSum, sub } from '@rheo/core';

/** A cell with its state at time 0. */
export interface LtcCellConstants {
  /** x(0) */
  readonly start: Tensor;
  /** Inverse of the time constant, above 0. */
  readonly wTau: Operand;
  /** A, the state that the input pulls to. */
  readonly target: Operand;
}

/** Eq. 1: dx/dt at state x, where f is the nonlinearity of the input now. */
export function ltcFlow(x: Tensor, f: Tensor, { wTau, target }: Omit<LtcCellConstants, 'start'>): Tensor {
  return sub(mul(f, target), mul(add(f, wTau), x));
}

/** ∫ f over a piecewise constant input: f at each piece [pieces, …], times the lengths of the pieces, the same shape. */
export function pieceIntegral(f: Tensor, lengths: Tensor): Tensor {
  return reduceSum(mul(f, lengths), 0);
}

/** The exact state at `time`, where `integral` is ∫ f from 0 to then. */
export function exactLtc({ start, wTau, target }: LtcCellConstants, time: Tensor, integral: Tensor): Tensor {
  return add(mul(sub(start, target), exp(neg(add(mul(time, wTau), integral)))), target);
}

/** Eq. 2: the state at `time` without the integral; `f` is f(I) and `opposite` f(−I), both at that time. */
export function closedFormLtc(
  { start, wTau, target }: LtcCellConstants,
  time: Tensor,
  f: Tensor,
  opposite: Tensor,
): Tensor {
  return add(mul(mul(sub(start, target), exp(neg(mul(add(f, wTau), time)))), opposite), target);
}

/** Lemma 1: how far eq. 2 can be from the exact state. */
export function closedFormBound({ start, wTau, target }: LtcCellConstants, time: Tensor): Tensor {
  return mul(abs(sub(start, target)), exp(neg(mul(time, wTau))));
}
