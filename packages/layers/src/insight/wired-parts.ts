/**
 * The wired layers of a model, found by their descriptions: LTCs, which always have synapses, and CfCs with a wiring.
 */

import type { Parameter, Tree } from '@rheo/core';
import type { BidirectionalConfig } from '../bidirectional.ts';
import type { LayerDescription, SequentialConfig } from '../sequential.ts';

/** A wired layer: its description, and its parameters as the model holds them. */
export interface WiredPart {
  readonly path: string;
  readonly kind: 'ltc' | 'cfc';
  readonly config: LayerDescription['config'];
  readonly parameters: Tree<Parameter>;
}

/** The wired layers in order; of a bidirectional layer both. */
export function wiredParts(description: LayerDescription, parameters: Tree<Parameter>, path: string = ''): WiredPart[] {
  const { kind, config } = description;
  const inside = (part: LayerDescription, key: string | number): WiredPart[] => {
    const own = (Object(parameters) as { readonly [key: string]: Tree<Parameter> })[key] ?? {};
    return wiredParts(part, own, path === '' ? String(key) : `${path}/${key}`);
  };
  if (kind === 'sequential') return (config as SequentialConfig).layers.flatMap(inside);
  if (kind === 'bidirectional') {
    const { layer } = config as BidirectionalConfig;
    return [...inside(layer, 'forward'), ...inside(layer, 'backward')];
  }
  const wired = kind === 'ltc' || (kind === 'cfc' && config['wiring'] !== undefined);
  return wired ? [{ path, kind, config, parameters }] : [];
}
