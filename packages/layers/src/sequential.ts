/**
 * Layers in sequence. Parameters and states are arrays of those of the layers, so their paths start with the position:
 * `0/backbone/0/kernel`, `1/kernel`.
 */

import { RheoError } from '@rheo/ir';
import type { BuiltLayer, Json, Layer } from './layer.ts';

/** A description: which layer, with which options. */
export type LayerDescription = { readonly kind: string; readonly config: { readonly [key: string]: Json } };

/** The layers of a chain, described. */
export type SequentialConfig = { readonly layers: readonly LayerDescription[] };

/** A chain of layers. Throws `argument` when it is empty or holds something that is no layer. */
export function sequential(layers: readonly Layer[]): Layer<SequentialConfig> {
  if (!Array.isArray(layers) || layers.length === 0) throw noLayers('sequential takes an array of at least one layer');
  const parts = [...layers] as readonly Layer[];
  parts.forEach((layer, index) => {
    if (typeof layer?.build !== 'function') throw noLayers(`item ${index} of sequential is no layer`);
  });
  return {
    kind: 'sequential',
    config: { layers: parts.map(({ kind, config }) => ({ kind, config })) },
    build: (features, path = '') => {
      const built: BuiltLayer[] = [];
      let width = features;
      parts.forEach((layer, index) => {
        const part = layer.build(width, path === '' ? String(index) : `${path}/${index}`);
        built.push(part);
        width = part.outputs;
      });
      const parameters = built.map((part) => part.parameters);
      return { form: 'chain', path, inputs: features, outputs: width, parameters, parts: built };
    },
  };
}

function noLayers(what: string): RheoError {
  return new RheoError('argument', {
    from: '@rheo/layers',
    what,
    remedy: 'Pass layers: sequential([cfc({ units: 64 }), linear(1)])',
  });
}
