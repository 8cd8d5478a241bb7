/**
 * An LTC within a model: its description, what it computes, its parameters, and the layers before it.
 */

import type { Parameter, Tree } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { LtcForm, LtcParameters } from './cells/ltc-cell.ts';
import { build, matchParameters } from './initialise.ts';
import type { BuiltLayer, Layer, LayerChain, RecurrentLayer } from './layer.ts';
import type { LtcConfig } from './ltc.ts';
import { ltcForm } from './ltc.ts';
import type { LayerDescription, SequentialConfig } from './sequential.ts';

/** A layer with its description and its parameters. */
export interface Part {
  readonly kind: string;
  readonly config: LayerDescription['config'];
  readonly layer: Exclude<BuiltLayer, LayerChain>;
  readonly parameters: Tree<Parameter>;
}

/** An LTC of a model. */
export interface LtcPart {
  readonly config: LtcConfig;
  readonly form: LtcForm;
  readonly layer: RecurrentLayer;
  readonly parameters: LtcParameters<Parameter>;
  /** The layers before it, in order. */
  readonly before: readonly Part[];
}

/**
 * The LTC at `path` ("0", "1/0" …), or the only one. Throws `argument` when there is none there, or several and no path,
 * and as `matchParameters` does.
 */
export function findLtc(model: Layer, parameters: Tree<Parameter>, features: number, path?: string): LtcPart {
  const built = build(model, features);
  const parts = flatten(model, built, matchParameters(built, parameters));
  const found = parts.filter(({ kind, layer }) => kind === 'ltc' && (path === undefined || layer.path === path));
  const [part] = found;
  if (part === undefined || found.length > 1 || part.layer.form !== 'recurrent') {
    const paths = parts.filter(({ kind }) => kind === 'ltc').map(({ layer }) => `"${layer.path}"`);
    throw new RheoError('argument', {
      from: '@rheo/layers',
      what:
        found.length > 1 ? 'the model has several LTCs' : `there is no LTC ${path === undefined ? '' : `at "${path}"`}`,
      where: 'layer',
      remedy: paths.length === 0 ? 'Pass a model with ltc({ … })' : `Pass layer: ${paths.join(' or ')}`,
    });
  }
  const config = part.config as LtcConfig;
  return {
    config,
    form: ltcForm(config, part.layer.inputs),
    layer: part.layer,
    parameters: part.parameters as LtcParameters<Parameter>,
    before: parts.slice(0, parts.indexOf(part)),
  };
}

function flatten({ kind, config }: LayerDescription, built: BuiltLayer, parameters: Tree<Parameter>): Part[] {
  if (built.form !== 'chain') return [{ kind, config, layer: built, parameters }];
  const { layers } = config as SequentialConfig;
  const own = parameters as readonly Tree<Parameter>[];
  return built.parts.flatMap((part, at) => {
    const description = layers[at];
    return description === undefined ? [] : flatten(description, part, own[at] ?? {});
  });
}
