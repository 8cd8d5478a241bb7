/**
 * A model as a list of runs: recurrent layers that can share one scan (with the pointwise layers between them), and
 * pointwise layers that need none. Chains within chains are flattened; numbers of layers count through the whole model.
 */

import type { Tensor, Tree } from '@rheo/core';
import { deriveKey } from '@rheo/core';
import type { BuiltLayer, PointwiseLayer, RecurrentLayer } from './layer.ts';

/** One layer with its parameters and the state it starts in. */
export interface Item {
  readonly layer: RecurrentLayer | PointwiseLayer;
  /** Position in the flattened model; its dropout keys derive from it. */
  readonly position: number;
  readonly parameters: Tree<Tensor>;
  readonly state: Tree<Tensor>;
}

/** Layers of a model one after another, chains flattened. */
export function flattenChain(built: BuiltLayer, parameters: Tree<Tensor>, state: Tree<Tensor>): Item[] {
  const items: Item[] = [];
  const visit = (layer: BuiltLayer, own: Tree<Tensor>, start: Tree<Tensor>): void => {
    if (layer.form === 'chain') {
      const [weights, states] = [own, start] as readonly (readonly Tree<Tensor>[])[];
      layer.parts.forEach((part, index) => {
        visit(part, weights?.[index] ?? {}, states?.[index] ?? {});
      });
    } else {
      items.push({ layer, position: items.length, parameters: own, state: start });
    }
  };
  visit(built, parameters, state);
  return items;
}

/** Cuts the list into runs; a layer that goes backwards, or that returns only its last output, ends one. */
export function splitRuns(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (let at = 0; at < items.length; at = runs.flat().length) runs.push(items.slice(at, endOfRun(items, at)));
  return runs;
}

/** Work on weights alone, with the keys of the layer's dropout; `elapsed` is the time when it is one number. */
export function prepareItem(
  { layer, position, parameters }: Item,
  context: { readonly training: boolean; readonly key: Tensor | undefined },
  elapsed: number | undefined,
): Tree<Tensor> {
  const { training, key } = context;
  const own = training && layer.random && key !== undefined ? deriveKey(key, position) : undefined;
  return layer.prepare(parameters, { training, key: own, elapsed });
}

/** Name of a layer in errors and profiles. */
export function nameOf({ layer, position }: Item): string {
  return layer.path === '' ? String(position) : layer.path;
}

function endOfRun(items: readonly Item[], at: number): number {
  let end = at + 1;
  for (let next = at; next < items.length; next++) {
    const layer = items[next]?.layer;
    if (layer?.form !== 'recurrent') {
      if (next === at) break;
      continue;
    }
    if (layer.goBackwards && next > at) break;
    end = next + 1;
    if (layer.goBackwards || !layer.returnSequences) break;
  }
  return end;
}
