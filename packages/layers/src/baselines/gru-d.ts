/**
 * GRU-D (Che et al., Scientific Reports 2018): a GRU whose state, and whose missing inputs, decay with time.
 *   γ_h = exp(−max(0, W_γ δ + b_γ))      ĥ = γ_h ⊙ h                                              eq. 10, 12
 *   r = σ(W_r [x̂, ĥ] + b_r)    z = σ(W_z [x̂, ĥ] + b_z)    n = tanh(W_n [x̂, r ⊙ ĥ] + b_n)          eq. 13–15
 *   h' = z ⊙ ĥ + (1 − z) ⊙ n             (z keeps, as Lechner & Hasani (2020) have it; eq. 16 names 1 − z so)
 * imputation false (their form): x̂ = x and δ is the elapsed time. imputation true (the paper's) needs a mask m per feature:
 *   δ is the time since each feature was observed, x̂ = m ⊙ x + (1 − m) ⊙ (γ_x ⊙ last + (1 − γ_x) ⊙ mean)      eq. 11
 *   with γ_x = exp(−max(0, w_x ⊙ δ + b_x)), a trained mean from 0, and gates that read m too.
 * State: `{ h }`, with imputation `{ h, last, since }`; the output is h.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, exp, gt, logistic, matmul, mul, neg, relu, select, sub, tanh } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { Layer } from '../layer.ts';
import { flag } from '../options.ts';
import { parameter, startAt, xavier } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';
import { standardInit } from './multilayer.ts';

/** Options of `gruD` with their values. */
export type GruDConfig = RecurrentConfig & { readonly imputation: boolean };

type Imputation = { readonly decay: Affine<Tensor>; readonly mean: Tensor };
type Weights = {
  readonly decay: Affine<Tensor>;
  readonly reset: Affine<Tensor>;
  readonly update: Affine<Tensor>;
  readonly candidate: Affine<Tensor>;
  readonly imputation?: Imputation;
};

/** A GRU-D layer; imputation is false unless given. Throws `argument` for a wrong option. */
export function gruD(options: OptionsOf<GruDConfig>): Layer<GruDConfig> {
  const rules = { imputation: flag };
  return baselineLayer<GruDConfig>(
    'gru-d',
    rules,
    { imputation: false },
    options,
    ({ units, imputation }, features) => {
      const vector = (role: 'time' | 'bias', size: number) => parameter([size], role, startAt(0));
      const gate = affineSpec((imputation ? 2 : 1) * features + units, units, standardInit);
      const missing = {
        decay: { kernel: parameter([features], 'time', xavier(1, features)), bias: vector('bias', features) },
        mean: vector('bias', features),
      };
      return {
        parameters: {
          decay: affineSpec(imputation ? features : 1, units, standardInit),
          reset: gate,
          update: gate,
          candidate: gate,
          ...(imputation ? { imputation: missing } : {}),
        },
        state: imputation ? { h: units, last: features, since: features } : { h: units },
        timed: !imputation,
        needsObserved: imputation,
        step: (weights: Weights, state, x, elapsed, { observed }) => {
          const { h, last, since } = state as { readonly h: Tensor; readonly last?: Tensor; readonly since?: Tensor };
          const { decay } = weights;
          if (weights.imputation === undefined || last === undefined || since === undefined) {
            // A kernel of one row: also for elapsed times per unit.
            const next = gatedStep(weights, x, mul(h, fading(add(mul(decay.kernel, elapsed), decay.bias))));
            return [{ h: next }, next];
          }
          if (observed === undefined) throw noMask();
          const waited = add(since, elapsed);
          const { decay: own, mean } = weights.imputation;
          const trust = fading(add(mul(waited, own.kernel), own.bias));
          const guess = add(mul(trust, last), mul(sub(1, trust), mean));
          const seen = gt(observed, 0);
          const input = concat([select(seen, x, guess), observed], 1);
          const next = gatedStep(weights, input, mul(h, fading(add(matmul(waited, decay.kernel), decay.bias))));
          return [{ h: next, last: select(seen, x, last), since: select(seen, 0, waited) }, next];
        },
      };
    },
  );
}

/** exp(−max(0, x)) */
function fading(x: Tensor): Tensor {
  return exp(neg(relu(x)));
}

function gatedStep({ reset, update, candidate }: Weights, x: Tensor, h: Tensor): Tensor {
  const joint = concat([x, h], 1);
  const r = logistic(affine(joint, reset));
  const z = logistic(affine(joint, update));
  const n = tanh(affine(concat([x, mul(r, h)], 1), candidate));
  return add(mul(z, h), mul(sub(1, z), n));
}

function noMask(): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what: 'gru-d with imputation needs to know which features were observed',
    where: 'mask',
    remedy: 'Pass mask as [batch, time, features]',
  });
}
