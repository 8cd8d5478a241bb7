/**
 * The recurrent layers of a model, wherever they stand: each with its description, its parameters, and the built layers
 * before it, which together are a model of their own.
 */

import type { Parameter, Tree } from '@rheo/core';
import type { BidirectionalConfig } from '../bidirectional.ts';
import type { BuiltLayer, RecurrentLayer } from '../layer.ts';
import type { LayerDescription, SequentialConfig } from '../sequential.ts';

/** A built layer with its parameters. */
export interface BuiltPart {
  readonly layer: BuiltLayer;
  readonly parameters: Tree<Parameter>;
}

/** A recurrent layer of a model. */
export interface RecurrentPart {
  readonly kind: string;
  readonly config: LayerDescription['config'];
  readonly layer: RecurrentLayer;
  readonly parameters: Tree<Parameter>;
  /** The layers before it, in order. */
  readonly before: readonly BuiltPart[];
}

/** The recurrent layers in order, of a bidirectional one both. Parameters are in the order of the built model. */
export function recurrentParts(
  description: LayerDescription,
  built: BuiltLayer,
  parameters: Tree<Parameter>,
): RecurrentPart[] {
  const found: RecurrentPart[] = [];
  const passed: BuiltPart[] = [];
  const visit = ({ kind, config }: LayerDescription, layer: BuiltLayer, own: Tree<Parameter>): void => {
    if (layer.form === 'chain') {
      const { layers } = config as SequentialConfig;
      layer.parts.forEach((part, at) => {
        visit(layers[at] as LayerDescription, part, (own as readonly Tree<Parameter>[])[at] ?? {});
      });
      return;
    }
    const before = [...passed];
    if (layer.form === 'recurrent') found.push({ kind, config, layer, parameters: own, before });
    if (layer.form === 'bidirectional') {
      const { layer: inner } = config as BidirectionalConfig;
      const both = own as { readonly [key: string]: Tree<Parameter> };
      for (const side of ['forward', 'backward'] as const) {
        found.push({ ...inner, layer: layer[side], parameters: both[side] ?? {}, before });
      }
    }
    passed.push({ layer, parameters: own });
  };
  visit(description, built, parameters);
  return found;
}
