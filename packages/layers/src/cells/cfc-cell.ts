/**
 * The closed-form continuous-time cell (CfC; Hasani et al., Nature Machine Intelligence 2022).
 *
 * With z = backbone([x, h]), K dense layers with one activation (K = 0: z = [x, h]), the heads f₁, f₂, a, b affine in
 * z, and d the elapsed time:
 *   gate      g  = σ(±a·d + b)                                the sign differs between the originals
 *   default   h' = φ(f₁) ⊙ (1 − g) + φ(f₂) ⊙ g                the gated closed form
 *   no_gate   h' = φ(f₁) + g ⊙ φ(f₂)
 *   pure      h' = A − A ⊙ f₁ ⊙ exp(−d (|w_tau| + |f₁|))      the closed-form solution, eq. 2 of the paper
 *
 * Heads are parameters of their own and become one product in `prepareCfc`. Where d is a number known while tracing,
 * a·d + b is one head. What comes around the cell (memory, dropout keys, time axis) is not decided here.
 */

import type { Tensor } from '@rheo/core';
import { abs, add, concat, exp, logistic, mul, neg, slice, sub } from '@rheo/core';
import type { Activation } from '../activations.ts';
import { activations } from '../activations.ts';
import type { Affine, AffineInit } from '../affine.ts';
import { affine, affineSpec } from '../affine.ts';
import { dropoutMask } from '../dropout-mask.ts';
import type { Elapsed } from '../layer.ts';
import type { Initialiser, ParameterSpec } from '../parameter.ts';
import { parameter, startAt, xavier } from '../parameter.ts';

export type CfcMode = 'default' | 'no_gate' | 'pure';

/** What the formulas depend on. */
export interface CfcForm extends AffineInit {
  readonly units: number;
  readonly mode: CfcMode;
  readonly backboneUnits: number;
  readonly backboneLayers: number;
  readonly backboneActivation: Activation;
  readonly backboneDropout: number;
  /** `after_every`: after every backbone layer; `after_first`: after the second and later ones. */
  readonly dropoutPlacement: 'after_every' | 'after_first';
  /** φ of the formulas; `pure` has none. */
  readonly headActivation: 'tanh' | 'lecun_tanh' | 'linear';
  readonly gateSign: '+' | '-';
  /** `ones_zeros`: A = 1 and w_tau = 0; `xavier`: as a [1, units] matrix. */
  readonly timeConstantInit: 'ones_zeros' | 'xavier';
}

type Backbone<T> = readonly Affine<T>[];

/** Parameters by mode; their names are those of the originals. */
export type CfcParameters<T> =
  | { readonly backbone: Backbone<T>; readonly ff1: Affine<T>; readonly w_tau: T; readonly A: T }
  | {
      readonly backbone: Backbone<T>;
      readonly ff1: Affine<T>;
      readonly ff2: Affine<T>;
      readonly time_a: Affine<T>;
      readonly time_b: Affine<T>;
    };

/** Parameters as the step wants them; `keys` has one key for each dropout in the backbone. */
export type PreparedCfc = {
  readonly backbone: Backbone<Tensor>;
  readonly heads: Affine<Tensor>;
  readonly constants: readonly Tensor[];
  readonly keys: readonly Tensor[];
};

/** The parameters of a cell on `inputs` features. */
export function cfcSpec(form: CfcForm, inputs: number): CfcParameters<ParameterSpec> {
  const { units, backboneUnits, backboneLayers } = form;
  const joined = inputs + units;
  const backbone = Array.from({ length: backboneLayers }, (_, layer) =>
    affineSpec(layer === 0 ? joined : backboneUnits, backboneUnits, form),
  );
  const head = affineSpec(backboneLayers === 0 ? joined : backboneUnits, units, form);
  if (form.mode !== 'pure') return { backbone, ff1: head, ff2: head, time_a: head, time_b: head };
  const start = (value: number): Initialiser =>
    form.timeConstantInit === 'xavier' ? xavier(1, units, form.initGain) : startAt(value);
  return { backbone, ff1: head, w_tau: parameter([units], 'time', start(0)), A: parameter([units], 'scale', start(1)) };
}

/** Merges the heads; `elapsed` is the time when it is one number. */
export function prepareCfc(
  form: CfcForm,
  parameters: CfcParameters<Tensor>,
  keys: readonly Tensor[],
  elapsed: number | undefined,
): PreparedCfc {
  const { backbone, ff1 } = parameters;
  if ('A' in parameters) return { backbone, heads: ff1, constants: [parameters.w_tau, parameters.A], keys };
  const { ff2, time_a, time_b } = parameters;
  const gate = (part: 'kernel' | 'bias'): Tensor[] => {
    const a = form.gateSign === '-' ? neg(time_a[part]) : time_a[part];
    return elapsed === undefined ? [a, time_b[part]] : [add(mul(a, elapsed), time_b[part])];
  };
  const merge = (part: 'kernel' | 'bias'): Tensor => concat([ff1[part], ff2[part], ...gate(part)], -1);
  return { backbone, heads: { kernel: merge('kernel'), bias: merge('bias') }, constants: [], keys };
}

/** True if dropout follows backbone layer `layer`. */
export function dropsAfter(form: CfcForm, layer: number): boolean {
  return form.backboneDropout > 0 && (form.dropoutPlacement === 'after_every' || layer > 0);
}

/** One step on x [batch, inputs] and h [batch, units]; `index` is the time step, for dropout. */
export function cfcStep(
  form: CfcForm,
  { backbone, heads, constants, keys }: PreparedCfc,
  x: Tensor,
  h: Tensor,
  elapsed: Elapsed,
  index: Tensor | undefined,
): Tensor {
  const { units, mode } = form;
  const activation = activations[form.backboneActivation];
  let z = concat([x, h], 1);
  let sites = 0;
  backbone.forEach((weights, layer) => {
    z = activation(affine(z, weights));
    const key = dropsAfter(form, layer) ? keys[sites++] : undefined;
    if (key !== undefined) z = dropoutMask(z, form.backboneDropout, key, index);
  });
  const merged = affine(z, heads);
  const [wTau, A] = constants;
  if (wTau !== undefined && A !== undefined) {
    return sub(A, mul(mul(A, merged), exp(neg(mul(add(abs(wTau), abs(merged)), elapsed)))));
  }
  const head = (position: number): Tensor =>
    slice(merged, { axis: 1, start: position * units, limit: (position + 1) * units });
  const shape = activations[form.headActivation];
  const f1 = shape(head(0));
  const f2 = shape(head(1));
  const g = logistic(merged.shape[1] === 3 * units ? head(2) : add(mul(head(2), elapsed), head(3)));
  return mode === 'no_gate' ? add(f1, mul(g, f2)) : add(mul(f1, sub(1, g)), mul(g, f2));
}
