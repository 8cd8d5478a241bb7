/**
 * The continuous-time GRU (Mozer, Kazakov & Lindsey, 2017): each unit keeps M traces that fade at scales τ_m = 10^(m/2),
 * and learns at which scale to store and to read. As in the published code of Lechner & Hasani (2020), with u = [x, Σ_m ĥ_m]:
 *   r_m = softmax_m(−(W_r u + b_r − ln τ_m)²)       q = tanh(W_q [x, Σ_m r_m ⊙ ĥ_m] + b_q)
 *   s_m = softmax_m(−(W_s u + b_s − ln τ_m)²)       ĥ_m' = ((1 − s_m) ⊙ ĥ_m + s_m ⊙ q) · e^(−d / τ_m)
 * The elapsed time d acts after the update, so the output Σ_m ĥ_m' has faded already. State: `{ h }` [batch, units · M].
 * Parameters: `retrieval/…`, `detect/…`, `store/…`, columns of the first and last in the order unit, then scale.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, constant, div, exp, mul, neg, reduceSum, reshape, softmax, square, sub, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Elapsed, Layer } from '../layer.ts';
import { positiveInteger } from '../options.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import { standardInit } from './multilayer.ts';

/** Options of `ctGru` with their values. */
export type CtGruConfig = RecurrentConfig & {
  /** M, the number of time scales. */
  readonly scales: number;
};

type Weights = {
  readonly retrieval: Affine<Tensor>;
  readonly detect: Affine<Tensor>;
  readonly store: Affine<Tensor>;
};

/** A CT-GRU layer with 8 time scales unless given. Throws `argument` for a wrong option. */
export function ctGru(options: OptionsOf<CtGruConfig>): Layer<CtGruConfig> {
  const rules = { scales: positiveInteger };
  return baselineLayer<CtGruConfig>('ct-gru', rules, { scales: 8 }, options, ({ units, scales }, features) => {
    const choice = affineSpec(features + units, units * scales, standardInit);
    const logs = Array.from({ length: scales }, (_, m) => (m / 2) * Math.LN10);
    return {
      parameters: { retrieval: choice, detect: affineSpec(features + units, units, standardInit), store: choice },
      state: { h: units * scales },
      timed: true,
      step: (weights: Weights, { h }, x, elapsed) => {
        const [batch] = x.shape;
        const traces = reshape(h as Tensor, [batch ?? 0, units, scales]);
        const joint = concat([x, reduceSum(traces, 2)], 1);
        const logTau = constant(logs, { dtype: x.dtype });
        const chosen = (own: Affine<Tensor>): Tensor =>
          softmax(neg(square(sub(reshape(affine(joint, own), traces.shape), logTau))), 2);
        const read = reduceSum(mul(chosen(weights.retrieval), traces), 2);
        const signal = reshape(tanh(affine(concat([x, read], 1), weights.detect)), [batch ?? 0, units, 1]);
        const stored = chosen(weights.store);
        const updated = add(mul(sub(1, stored), traces), mul(stored, signal));
        const next = mul(updated, exp(neg(div(perTrace(elapsed), exp(logTau)))));
        return [{ h: reshape(next, [batch ?? 0, units * scales]) }, reduceSum(next, 2)];
      },
    };
  });
}

/** Elapsed times with an axis for the scales. */
function perTrace(elapsed: Elapsed): Elapsed {
  return typeof elapsed === 'number' || elapsed.shape.length === 0 ? elapsed : reshape(elapsed, [...elapsed.shape, 1]);
}
