/**
 * A small network for a right-hand side: affine maps with tanh between them. Parameters: `0/kernel`, `0/bias`, …
 */

import type { Tensor } from '@rheo/core';
import { tanh } from '@rheo/core';
import type { Affine } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import type { ParameterSpec } from '../parameter.ts';

/** Weights start in Xavier's range, biases at zero. */
export const standardInit = { weightInit: 'xavier', initGain: 1, biasInit: 'zeros' } as const;

/** Parameters of `layers` hidden layers of width `hidden` from `units` to `units`. */
export function multilayerSpec(units: number, hidden: number, layers: number): readonly Affine<ParameterSpec>[] {
  return Array.from({ length: layers + 1 }, (_, layer) =>
    affineSpec(layer === 0 ? units : hidden, layer === layers ? units : hidden, standardInit),
  );
}

/** The network on y [batch, units]; the last map is linear. */
export function multilayer(weights: readonly Affine<Tensor>[], y: Tensor): Tensor {
  return weights.reduce((x, own, layer) => affine(layer === 0 ? x : tanh(x), own), y);
}
