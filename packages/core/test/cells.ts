/** Bodies of recurrent cells for gradient tests, as short as their papers write them. */

import type { Tensor } from '../src/index.ts';
import {
  add,
  concat,
  div,
  lecunTanh,
  logistic,
  matmul,
  mul,
  reduceSum,
  reshape,
  slice,
  softplus,
  sub,
  tanh,
} from '../src/index.ts';

/** Parameters of one CfC step: backbone, and the heads ff1, ff2, time_a, time_b side by side. */
export interface CfcWeights {
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly wo: Tensor;
  readonly bo: Tensor;
}

/** h' = f1 (1 − g) + g f2, x [B,F], d [B,1], h [B,H]. */
export function cfcStep({ w1, b1, wo, bo }: CfcWeights, h: Tensor, x: Tensor, d: Tensor): Tensor {
  const units = h.shape[1] as number;
  const k = lecunTanh(add(matmul(concat([x, h], 1), w1), b1));
  const heads = add(matmul(k, wo), bo);
  const head = (index: number): Tensor => slice(heads, { axis: 1, start: index * units, limit: (index + 1) * units });
  const f1 = tanh(head(0));
  const f2 = tanh(head(1));
  const g = logistic(add(mul(head(2), d), head(3)));
  return add(mul(f1, sub(1, g)), mul(g, f2));
}

/** Parameters of a small dense LTC: [N,N] synapses and [N] neurons. */
export interface LtcWeights {
  readonly w: Tensor;
  readonly mu: Tensor;
  readonly sigma: Tensor;
  readonly erev: Tensor;
  readonly gleak: Tensor;
  readonly vleak: Tensor;
  readonly cm: Tensor;
}

/** One semi-implicit unfold in the form that is finite at k = 0; v, input [B,N], k [B,1]. */
export function ltcUnfold(p: LtcWeights, v: Tensor, input: Tensor, k: Tensor): Tensor {
  const [batch, units] = v.shape as [number, number];
  const pre = reshape(v, [batch, units, 1]);
  const rate = mul(softplus(p.w), logistic(mul(softplus(p.sigma), sub(pre, p.mu))));
  const current = add(reduceSum(mul(rate, p.erev), 1), input);
  const conductance = add(softplus(p.gleak), add(reduceSum(rate, 1), 1e-8));
  const capacity = softplus(p.cm);
  const above = add(mul(capacity, v), mul(k, add(mul(softplus(p.gleak), p.vleak), current)));
  return div(above, add(capacity, mul(k, conductance)));
}
