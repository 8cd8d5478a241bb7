/**
 * Functions made of others, in the forms that stay finite and have the derivatives the field expects.
 *
 * relu and clip are choices, not maxima, so that relu has derivative 0 at 0 and clip 1 at its bounds.
 */

import {
  abs,
  add,
  div,
  erf,
  exp,
  le,
  log,
  log1p,
  logistic,
  lt,
  max,
  mul,
  neg,
  select,
  sub,
  tanh,
} from './elementwise.ts';
import type { Axes } from './reductions.ts';
import { keepAxes, reduceMax, reduceSum } from './reductions.ts';
import type { Operand, Tensor } from './tensor.ts';

/** x where it is above 0, else 0; NaN stays. */
export function relu(x: Tensor): Tensor {
  return select(le(x, 0), 0, x);
}

/** log(1 + e^x), without overflow. */
export function softplus(x: Tensor): Tensor {
  return add(max(x, 0), log1p(exp(neg(abs(x)))));
}

/** x · logistic(x). */
export function silu(x: Tensor): Tensor {
  return mul(x, logistic(x));
}

/** x · Φ(x) with the exact normal distribution function. */
export function gelu(x: Tensor): Tensor {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** 1.7159 · tanh(0.666 x), the scaled tangent of LeCun as the ncps family uses it. */
export function lecunTanh(x: Tensor): Tensor {
  return mul(tanh(mul(x, 0.666)), 1.7159);
}

/** x². */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** x held between two bounds; NaN stays. */
export function clip(x: Tensor, low: Operand, high: Operand): Tensor {
  return select(lt(x, low), low, select(lt(high, x), high, x));
}

/** log Σ e^x over axes, which are removed; without overflow. */
export function logSumExp(x: Tensor, axes?: Axes): Tensor {
  const over = axes ?? x.shape.map((_, axis) => axis);
  const top = reduceMax(x, over);
  return add(top, log(reduceSum(exp(sub(x, keepAxes(top, x, over))), over)));
}

/** x − log Σ e^x along an axis, the last by default. */
export function logSoftmax(x: Tensor, axis: number = -1): Tensor {
  return sub(x, keepAxes(logSumExp(x, axis), x, axis));
}

/** e^x / Σ e^x along an axis, the last by default. */
export function softmax(x: Tensor, axis: number = -1): Tensor {
  const shifted = exp(sub(x, keepAxes(reduceMax(x, axis), x, axis)));
  return div(shifted, keepAxes(reduceSum(shifted, axis), x, axis));
}
