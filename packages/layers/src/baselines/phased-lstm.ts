/**
 * The Phased LSTM (Neil, Pfeiffer & Liu, NeurIPS 2016): an LSTM step that acts only while a unit's clock is open.
 *   φ = ((t − s) mod τ) / τ                                                                      eq. 6
 *   k = 2φ/ρ for φ < ρ/2,   2 − 2φ/ρ for ρ/2 ≤ φ < ρ,   α φ otherwise                             eq. 7
 *   c' = k ⊙ c̃ + (1 − k) ⊙ c,   h' = k ⊙ tanh(c̃) ⊙ o + (1 − k) ⊙ h       c̃, o of the LSTM         eq. 8–11
 * clock "time" (the paper): t is the sum of elapsed times; τ = e^period is drawn log-uniform between 1 and maxPeriod, the
 * shift s = shift · τ is uniform in a period, ρ from 0.05. The state keeps (t mod τ)/τ, which stays exact when t is long.
 * clock "elapsed" is the published code of Lechner & Hasani (2020): t is the elapsed time itself, one τ, s, ρ for all units
 * (softplus of what is stored, from 0), and the opening slope 2φρ.
 * State: `{ h, c }`, with clock "time" also `{ cycle }`; the output is h.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, div, exp, floor, logistic, lt, mul, neg, select, slice, softplus, sub, tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine } from '../affine.ts';
import type { LstmParameters } from '../cells/lstm-cell.ts';
import { lstmSpec, prepareLstm } from '../cells/lstm-cell.ts';
import type { Elapsed, Layer } from '../layer.ts';
import type { OptionRule } from '../options.ts';
import { finite, notNegative, oneOf } from '../options.ts';
import { parameter, startAt } from '../parameter.ts';
import type { OptionsOf, RecurrentConfig } from './baseline-layer.ts';
import { baselineLayer } from './baseline-layer.ts';

/** Options of `phasedLstm` with their values. */
export type PhasedLstmConfig = RecurrentConfig & {
  readonly clock: 'time' | 'elapsed';
  /** α, what passes a closed gate. */
  readonly leak: number;
  /** Longest period at the start; the shortest is 1. For clock "time". */
  readonly maxPeriod: number;
  /** Added to the forget gate. */
  readonly forgetBias: number;
};

type Weights = {
  readonly lstm: LstmParameters<Tensor>;
  readonly period: Tensor;
  readonly shift: Tensor;
  readonly ratio: Tensor;
};
type Prepared = Omit<Weights, 'lstm'> & { readonly lstm: Affine<Tensor> };

const atLeastOne: OptionRule = {
  takes: 'a finite number of at least 1',
  accepts: (x) => Number.isFinite(x) && Number(x) >= 1,
};

/** A Phased LSTM layer; leak 0.001, maxPeriod 1000, forgetBias 1 unless given. Throws `argument` for a wrong option. */
export function phasedLstm(options: OptionsOf<PhasedLstmConfig>): Layer<PhasedLstmConfig> {
  const rules = { clock: oneOf(['time', 'elapsed']), leak: notNegative, maxPeriod: atLeastOne, forgetBias: finite };
  const defaults = { clock: 'time', leak: 0.001, maxPeriod: 1000, forgetBias: 1 } as const;
  return baselineLayer<PhasedLstmConfig>('phased-lstm', rules, defaults, options, (config, features) => {
    const { units } = config;
    const own = config.clock === 'time';
    const zero = parameter([1], 'time', startAt(0));
    return {
      parameters: {
        lstm: lstmSpec(features, units, startAt(0)),
        period: own ? parameter([units], 'time', { kind: 'range', low: 0, high: Math.log(config.maxPeriod) }) : zero,
        shift: own ? parameter([units], 'time', { kind: 'range', low: 0, high: 1 }) : zero,
        ratio: own ? parameter([units], 'time', startAt(0.05)) : zero,
      },
      state: own ? { h: units, c: units, cycle: units } : { h: units, c: units },
      timed: true,
      prepare: ({ lstm, period, shift, ratio }: Weights): Prepared => ({
        lstm: prepareLstm(lstm),
        ...(own
          ? { period: exp(period), shift, ratio }
          : { period: softplus(period), shift: softplus(shift), ratio: softplus(ratio) }),
      }),
      step: (weights: Prepared, state, x, elapsed) => {
        const { h, c, cycle } = state as { readonly h: Tensor; readonly c: Tensor; readonly cycle?: Tensor };
        const turned =
          cycle === undefined ? undefined : fraction(add(cycle, div(spread(elapsed, cycle), weights.period)));
        const k = openness(weights, turned, spread(elapsed, h), config.leak);
        const z = affine(concat([x, h], 1), weights.lstm);
        const block = (index: number): Tensor =>
          slice(z, { axis: 1, start: index * units, limit: (index + 1) * units });
        const keep = mul(c, logistic(add(block(2), config.forgetBias)));
        const memory = add(keep, mul(tanh(block(0)), logistic(block(1))));
        const output = mul(tanh(memory), logistic(block(3)));
        const mix = (after: Tensor, before: Tensor): Tensor => add(mul(k, after), mul(sub(1, k), before));
        const next = { h: mix(output, h), c: mix(memory, c) };
        return [turned === undefined ? next : { ...next, cycle: turned }, next.h];
      },
    };
  });
}

/** k [batch, units], from the unshifted phase, or from the elapsed time itself. */
function openness(
  { period, shift, ratio }: Prepared,
  turned: Tensor | undefined,
  elapsed: Tensor,
  leak: number,
): Tensor {
  const phase = fraction(turned === undefined ? div(sub(elapsed, shift), period) : sub(turned, shift));
  const twice = mul(phase, 2);
  const opening = turned === undefined ? mul(twice, ratio) : div(twice, ratio);
  const closing = add(neg(div(twice, ratio)), 2);
  return select(lt(twice, ratio), opening, select(lt(phase, ratio), closing, mul(phase, leak)));
}

/** What is left above the next lower integer; its derivative is 1. */
function fraction(x: Tensor): Tensor {
  return sub(x, floor(x));
}

function spread(elapsed: Elapsed, like: Tensor): Tensor {
  return add(mul(like, 0), elapsed);
}
