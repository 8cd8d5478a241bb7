/**
 * Models and whole training steps in small, written with tensor functions: what backends are for.
 */

import type { Tensor } from '@rheo/core';
import {
  add,
  concat,
  div,
  eq,
  exp,
  expm1,
  full,
  gather,
  iota,
  lecunTanh,
  log,
  logistic,
  logSoftmax,
  lt,
  matmul,
  mul,
  neg,
  randomBits,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  select,
  slice,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from '@rheo/core';
import type { Shape } from '@rheo/ir';

/** Sizes of a model: rows, features, units, time steps, and the width of the backbone. */
export interface Sizes {
  readonly rows: number;
  readonly features: number;
  readonly units: number;
  readonly steps: number;
  readonly width: number;
}

/** Parameters of a CfC with a linear read-out. */
export interface CfcParameters {
  readonly [name: string]: Tensor;
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly wo: Tensor;
  readonly bo: Tensor;
  readonly wy: Tensor;
}

/** Shapes of the parameters. */
export function cfcShapes({ features, units, width }: Sizes): Readonly<Record<string, Shape>> {
  return { w1: [features + units, width], b1: [width], wo: [width, 4 * units], bo: [4 * units], wy: [units, 1] };
}

/** One step, Hasani et al. 2022, equation 10: h' = f1 (1 − g) + g f2 with g = σ(ta d + tb). */
export function cfcStep({ w1, b1, wo, bo }: CfcParameters, h: Tensor, x: Tensor, d: Tensor): Tensor {
  const units = h.shape[1] as number;
  const k = lecunTanh(add(matmul(concat([x, h], 1), w1), b1));
  const heads = add(matmul(k, wo), bo);
  const head = (index: number): Tensor => slice(heads, { axis: 1, start: index * units, limit: (index + 1) * units });
  const g = logistic(add(mul(head(2), d), head(3)));
  return add(mul(tanh(head(0)), sub(1, g)), mul(g, tanh(head(1))));
}

/** Mean squared error of a CfC over a sequence: xs [T,B,F], ds [T,B,1], targets [T,B,1]. */
export function cfcLoss(p: CfcParameters, h: Tensor, xs: Tensor, ds: Tensor, targets: Tensor): Tensor {
  const [, errors] = scan(
    (state, [x, d, target]) => {
      const next = cfcStep(p, state, x as Tensor, d as Tensor);
      return [next, square(sub(matmul(next, p.wy), target as Tensor))];
    },
    h,
    [xs, ds, targets] as Tensor[],
  );
  return reduceMean(errors);
}

/** The same with units dropped at random in each step, as the key says. */
export function cfcLossWithDropout(
  p: CfcParameters,
  h: Tensor,
  xs: Tensor,
  ds: Tensor,
  targets: Tensor,
  key: Tensor,
): Tensor {
  const [rows, units] = h.shape as [number, number];
  const [, errors] = scan(
    (state, [x, d, target, t]) => {
      const next = cfcStep(p, state, x as Tensor, d as Tensor);
      const low = add(mul(iota([rows, units], 0, 'u32'), units), iota([rows, units], 1, 'u32'));
      const kept = lt(randomBits(key, t as Tensor, low, 24), Math.round(0.8 * 2 ** 24));
      const read = matmul(select(kept, mul(next, 1.25), 0), p.wy);
      return [next, square(sub(read, target as Tensor))];
    },
    h,
    [xs, ds, targets, iota([xs.shape[0] as number], 0, 'u32')],
  );
  return reduceMean(errors);
}

/** Dense LTC with unfolds as an inner scan, in the form that is finite at zero elapsed time: [N,N] synapses. */
export function ltcLoss(p: Readonly<Record<string, Tensor>>, v0: Tensor, xs: Tensor, ds: Tensor): Tensor {
  const at = (name: string): Tensor => p[name] as Tensor;
  const [rows, units] = v0.shape as [number, number];
  const [, ys] = scan(
    (v, [x, d]) => {
      const k = mul(d as Tensor, 1 / 3);
      const [next] = scan(
        (u) => {
          const gate = logistic(mul(softplus(at('sigma')), sub(reshape(u, [rows, units, 1]), at('mu'))));
          const rate = mul(softplus(at('w')), gate);
          const current = add(reduceSum(mul(rate, at('erev')), 1), x as Tensor);
          const conductance = add(softplus(at('gleak')), reduceSum(rate, 1));
          const above = add(mul(softplus(at('cm')), u), mul(k, add(mul(softplus(at('gleak')), at('vleak')), current)));
          return [div(above, add(softplus(at('cm')), mul(k, conductance))), []];
        },
        v,
        [],
        { length: 3 },
      );
      return [next, next];
    },
    v0,
    [xs, ds] as Tensor[],
  );
  return reduceMean(square(ys));
}

/** Cross entropy of a small recurrent net over symbols: ids i32 [T,B], labels i32 [B]. */
export function symbolLoss(p: Readonly<Record<string, Tensor>>, h: Tensor, ids: Tensor, labels: Tensor): Tensor {
  const [last] = scan(
    (state, id) => [tanh(add(matmul(state, p['recurrent'] as Tensor), gather(p['table'] as Tensor, id, 0))), []],
    h,
    ids,
  );
  const logits = matmul(last, p['out'] as Tensor);
  const [rows, classes] = logits.shape as [number, number];
  const chosen = eq(iota([rows, classes], 1), reshape(labels, [rows, 1]));
  return neg(div(reduceSum(select(chosen, logSoftmax(logits, 1), 0)), rows));
}

/** Moments of Adam, and how many steps there were. */
export interface AdamState {
  readonly [name: string]: Tensor | Readonly<Record<string, Tensor>>;
  readonly first: Readonly<Record<string, Tensor>>;
  readonly second: Readonly<Record<string, Tensor>>;
  readonly count: Tensor;
}

/**
 * One step of Adam (Kingma and Ba 2015) with clipping of each tensor's norm to 1. The ε of 1e-3 keeps quotients of
 * tiny gradients from being decided by rounding.
 */
export function adam<P extends Readonly<Record<string, Tensor>>>(
  params: P,
  gradient: P,
  state: AdamState,
): [params: Record<string, Tensor>, state: AdamState] {
  const count = add(state.count, 1);
  const unbiased = (beta: number): Tensor => neg(expm1(mul(count, Math.log(beta))));
  const updated: Record<string, Tensor> = {};
  const first: Record<string, Tensor> = {};
  const second: Record<string, Tensor> = {};
  for (const name of Object.keys(params)) {
    const raw = gradient[name] as Tensor;
    const norm = sqrt(add(reduceSum(square(raw)), 1e-12));
    const g = mul(raw, div(1, select(lt(norm, 1), full([], 1), norm)));
    const m = add(mul(state.first[name] as Tensor, 0.9), mul(g, 0.1));
    const v = add(mul(state.second[name] as Tensor, 0.999), mul(square(g), 0.001));
    const step = div(div(m, unbiased(0.9)), add(sqrt(div(v, unbiased(0.999))), 1e-3));
    const rate = mul(exp(mul(count, Math.log(0.999))), 0.01);
    updated[name] = sub(params[name] as Tensor, mul(step, rate));
    first[name] = m;
    second[name] = v;
  }
  return [updated, { first, second, count }];
}

/** −log σ(x), which must not lose its digits where σ is near 0. */
export function logLoss(x: Tensor): Tensor {
  return add(softplus(neg(x)), log(add(square(x), 1)));
}
