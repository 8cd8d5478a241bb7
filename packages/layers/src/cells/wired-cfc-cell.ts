/**
 * CfC cells in the layers of a wiring (ncps; the circuits are those of Lechner et al., Nature Machine Intelligence 2020).
 *
 * Layers l = 0 … n-1 of a wiring hold the parts h_l of the state. Each is a CfC cell without backbone (the formulas of
 * cfc-cell.ts), its kernels masked by the synapses that lead to it:
 *   u₀ = cell₀(x, h₀, d),  u_l = cell_l(u_{l-1}, h_l, d)      the new activity of the layer below, in the same step
 *   h' = [u₀, …, u_{n-1}],  y = u_{n-1} or its first columns
 *   f₁ = φ([u, h]·(W₁ ⊙ S_l) + b₁), f₂ alike; the time gates a and b are never masked
 *
 * S_l is [inputs of the layer + its units, units]: the polarities (or their absolute values) of the synapses from the
 * inputs or the layer below, and ones for the layer's own state. Other synapses of the wiring have no effect here.
 */

import type { Tensor } from '@rheo/core';
import { concat, constant, mul, slice } from '@rheo/core';
import type { Affine } from '../affine.ts';
import type { Elapsed } from '../layer.ts';
import type { ParameterSpec } from '../parameter.ts';
import type { CfcForm, CfcParameters, PreparedCfc } from './cfc-cell.ts';
import { cfcSpec, cfcStep, prepareCfc } from './cfc-cell.ts';

/** A layer of the cell. */
export interface MaskedLayer {
  readonly inputs: number;
  readonly units: number;
  /** S_l, row-major. */
  readonly mask: Int8Array;
}

/** What the formulas depend on. */
export interface WiredCfcForm {
  /** Units are set by layer, and there is no backbone. */
  readonly cell: Omit<CfcForm, 'units'>;
  readonly layers: readonly MaskedLayer[];
  /** Columns of the last layer that are the output. */
  readonly outputs: number;
}

/** Parameters by layer: `layers/l/ff1/kernel` … */
export type WiredCfcParameters<T> = { readonly layers: readonly CfcParameters<T>[] };

/** The parameters of all layers, of dense shapes. */
export function wiredCfcSpec({ cell, layers }: WiredCfcForm): WiredCfcParameters<ParameterSpec> {
  return { layers: layers.map(({ inputs, units }) => cfcSpec({ ...cell, units }, inputs)) };
}

/** Masks the kernels of f₁ and f₂ and merges the heads; `elapsed` is the time when it is one number. */
export function prepareWiredCfc(
  { cell, layers }: WiredCfcForm,
  parameters: WiredCfcParameters<Tensor>,
  elapsed: number | undefined,
): readonly PreparedCfc[] {
  return layers.map((layer, index) => {
    const own = parameters.layers[index] as CfcParameters<Tensor>;
    const ff1 = masked(own.ff1, layer);
    const heads = 'A' in own ? { ...own, ff1 } : { ...own, ff1, ff2: masked(own.ff2, layer) };
    return prepareCfc({ ...cell, units: layer.units }, heads, [], elapsed);
  });
}

/** One step on x [batch, inputs] and h [batch, units]: the next state, in the order of layers, and the output. */
export function wiredCfcStep(
  { cell, layers, outputs }: WiredCfcForm,
  prepared: readonly PreparedCfc[],
  x: Tensor,
  h: Tensor,
  elapsed: Elapsed,
): readonly [Tensor, Tensor] {
  let below = x;
  let start = 0;
  const activity = layers.map(({ units }, index) => {
    const part = columns(h, start, start + units);
    // A time for each unit comes in the order of the state.
    const perUnit = typeof elapsed !== 'number' && elapsed.shape.length === 2 && elapsed.shape[1] === h.shape[1];
    const own = perUnit ? columns(elapsed, start, start + units) : elapsed;
    below = cfcStep({ ...cell, units }, prepared[index] as PreparedCfc, below, part, own, undefined);
    start += units;
    return below;
  });
  return [activity.length === 1 ? below : concat(activity, 1), columns(below, 0, outputs)];
}

function masked({ kernel, bias }: Affine<Tensor>, { inputs, units, mask }: MaskedLayer): Affine<Tensor> {
  if (mask.every((entry) => entry === 1)) return { kernel, bias };
  const values = Array.from(mask);
  return { kernel: mul(kernel, constant(values, { dtype: kernel.dtype, shape: [inputs + units, units] })), bias };
}

function columns(x: Tensor, start: number, limit: number): Tensor {
  return start === 0 && limit === x.shape[1] ? x : slice(x, { axis: 1, start, limit });
}
