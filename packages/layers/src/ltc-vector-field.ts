/**
 * The differential equation of an LTC, for solvers of any kind: dv/dt as a function of the potentials, inputs held.
 */

import type { Tensor, Tree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { LtcParameters } from './cells/ltc-cell.ts';
import { heldDrive, ltcDerivative, prepareLtc } from './cells/ltc-cell.ts';
import { build, matchParameters } from './initialise.ts';
import type { Layer } from './layer.ts';
import type { LtcConfig } from './ltc.ts';
import { ltcForm } from './ltc.ts';

/**
 * dv/dt [batch, units] of an LTC layer at potentials v [batch, units], with inputs x [batch, features] held; inside a
 * trace. Work on weights and inputs is done once, here. Throws `argument` for an LTC with mixed memory, and for
 * parameters that are not the layer's.
 */
export function ltcVectorField(layer: Layer<LtcConfig>, parameters: Tree<Tensor>, x: Tensor): (v: Tensor) => Tensor {
  if (layer.config.mixedMemory !== 'off') {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what: 'an LTC with mixed memory is not one differential equation',
      where: 'mixedMemory',
      remedy: 'Use an LTC without memory',
    });
  }
  const features = Number(x.shape[1]);
  const form = ltcForm(layer.config, features);
  const weights = prepareLtc(form, matchParameters(build(layer, features), parameters) as LtcParameters<Tensor>);
  const held = heldDrive(form, weights, x);
  return (v) => ltcDerivative(form, weights, v, held);
}
