/**
 * The input of the authors' PyTorch models for features that are not all observed at every step: each feature keeps its
 * last observed value (0 before the first), and the observation mask is appended; on demand also the time since each
 * feature was observed. Outputs: [filled, (since,) mask], 2 or 3 times the features.
 *
 * It needs the mask per feature with the sequence. A model with this layer that returns only its last output holds
 * that output at steps where nothing was observed, as the originals do; the states still advance.
 */

import type { Tensor } from '@rheo/core';
import { add, concat, gt, mul, select, sub } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { Layer, RecurrentLayer } from './layer.ts';
import { flag, readOptions } from './options.ts';

/** Options of `forwardFill`. */
export type ForwardFillConfig = {
  /** Also append the time since each feature was observed. */
  readonly timeSinceUpdate: boolean;
};

/** A forward-fill layer. Throws `argument` for a wrong option. */
export function forwardFill(options: Partial<ForwardFillConfig> = {}): Layer<ForwardFillConfig> {
  const rules = { timeSinceUpdate: flag };
  const config = readOptions<ForwardFillConfig>('forward-fill', rules, { timeSinceUpdate: false }, options);
  return {
    kind: 'forward-fill',
    config,
    build: (features, path = '') => buildForwardFill(config, features, path),
  };
}

type State = { readonly last: Tensor; readonly since?: Tensor };

function buildForwardFill({ timeSinceUpdate }: ForwardFillConfig, features: number, path: string): RecurrentLayer {
  return {
    form: 'recurrent',
    path,
    inputs: features,
    outputs: features * (timeSinceUpdate ? 3 : 2),
    units: undefined,
    parameters: {},
    defaultElapsed: 1,
    random: false,
    returnSequences: true,
    goBackwards: false,
    zeroOutputForMask: false,
    needsObserved: true,
    state: (batch, dtype) => {
      const type = { dtype, shape: [batch, features] };
      return timeSinceUpdate ? { last: type, since: type } : { last: type };
    },
    prepare: () => ({}),
    step: (_prepared, state, x, elapsed, { observed }) => {
      if (observed === undefined) {
        throw new RheoError('argument', {
          from: '@rheo/layers',
          layer: path,
          what: 'forward-fill needs to know which features were observed',
          remedy: 'Pass mask as [batch, time, features]',
        });
      }
      const { last, since } = state as State;
      const filled = select(gt(observed, 0), x, last);
      if (since === undefined) return [{ last: filled }, concat([filled, observed], 1)];
      const waited = mul(add(since, elapsed), sub(1, observed));
      return [{ last: filled, since: waited }, concat([filled, waited, observed], 1)];
    },
  };
}
