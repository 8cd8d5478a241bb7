/**
 * The theory of liquid time-constant networks for one cell without self connection, as tensor functions (Hasani et al.,
 * "Closed-form continuous-time neural networks", Nature Machine Intelligence 2022):
 *   eq. 1      dx/dt = −(w_tau + f(I)) x + A f(I)
 *   exact      x(t) = (x(0) − A) exp(−w_tau t − ∫₀ᵗ f(I(s)) ds) + A
 *   eq. 2      x̃(t) = (x(0) − A) exp(−(w_tau + f(I(t))) t) f(−I(t)) + A                   no integral
 *   lemma 1    |x(t) − x̃(t)| ≤ |x(0) − A| exp(−w_tau t)                                    for f with values in [0, 1]
 * The published exact solution, and with it the lemma, is of dx/dt = −(w_tau + f)(x − A): the leak pulls to A as well. In
 * eq. 1 the leak pulls to 0. Both are the cell dx/dt = −w_tau (x − rest) − f (x − A), with rest = A and with rest = 0, and
 * `exactPieces` solves it for any rest.
 *
 * f is given by its values, so it may be any nonlinearity, with weights or without. All operands broadcast.
 */

import type { Operand, Tensor } from '@rheo/core';
import { abs, add, div, exp, mul, neg, reduceSum, scan, sub } from '@rheo/core';

/** A cell. */
export interface LtcCellConstants {
  /** Inverse of the time constant, above 0. */
  readonly wTau: Operand;
  /** A, the state that the input pulls to. */
  readonly target: Operand;
}

/** A cell with the state that its leak pulls to: 0 as in eq. 1 unless given. */
export interface LtcCellWithLeak extends LtcCellConstants {
  readonly rest?: Operand;
}

/** Eq. 1: dx/dt at state x, where f is the nonlinearity of the input now. */
export function ltcFlow(x: Tensor, f: Tensor, { wTau, target, rest = 0 }: LtcCellWithLeak): Tensor {
  return sub(mul(f, sub(target, x)), mul(sub(x, rest), wTau));
}

/** The exact state after pieces of constant input: f at each piece [pieces, …], and the lengths of the pieces, the same shape. */
export function exactPieces(start: Tensor, f: Tensor, lengths: Tensor, cell: LtcCellWithLeak): Tensor {
  const { wTau, target, rest = 0 } = cell;
  const piece = (x: Tensor, now: Piece): [Tensor, Empty] => {
    const rate = add(now.f, wTau);
    // The state that the cell goes to, relative to the rest: f (A − rest) / (w_tau + f).
    const aim = add(div(sub(mul(now.f, target), mul(now.f, rest)), rate), rest);
    return [add(aim, mul(sub(x, aim), exp(neg(mul(rate, now.length))))), {}];
  };
  const [end] = scan<Tensor, Piece, Empty>(piece, start, { f, length: lengths });
  return end;
}

type Piece = { readonly f: Tensor; readonly length: Tensor };
type Empty = Record<string, never>;

/** ∫ f over a piecewise constant input: f at each piece [pieces, …], times the lengths of the pieces, the same shape. */
export function pieceIntegral(f: Tensor, lengths: Tensor): Tensor {
  return reduceSum(mul(f, lengths), 0);
}

/** The published exact state at `time` (its leak pulls to A), where `integral` is ∫ f from 0 to then. */
export function exactLtc(start: Tensor, time: Tensor, integral: Tensor, { wTau, target }: LtcCellConstants): Tensor {
  return add(mul(sub(start, target), exp(neg(add(mul(time, wTau), integral)))), target);
}

/** Eq. 2: the state at `time` without the integral; `f` is f(I) and `opposite` f(−I), both at that time. */
export function closedFormLtc(
  start: Tensor,
  time: Tensor,
  f: Tensor,
  opposite: Tensor,
  { wTau, target }: LtcCellConstants,
): Tensor {
  return add(mul(mul(sub(start, target), exp(neg(mul(add(f, wTau), time)))), opposite), target);
}

/** Lemma 1: how far eq. 2 can be from the published exact state. */
export function closedFormBound(start: Tensor, time: Tensor, { wTau, target }: LtcCellConstants): Tensor {
  return mul(abs(sub(start, target)), exp(neg(mul(time, wTau))));
}
