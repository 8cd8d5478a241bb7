/**
 * A model as a list of runs: recurrent layers that can share one scan (with the pointwise layers between them), and
 * pointwise layers that need none. Chains within chains are flattened; numbers of layers count through the whole model.
 */

import type { Tensor, Tree } from '@rheo/core';
import { deriveKey } from '@rheo/core';
import type { BidirectionalLayer, BuiltLayer, PointwiseLayer, RecurrentLayer } from './layer.ts';

/** One layer with its parameters and the state it starts in. */
export interface Item {
  readonly layer: RecurrentLayer | PointwiseLayer;
  /** Position in the flattened model; its dropout keys derive from it. */
  readonly position: number;
  readonly parameters: Tree<Tensor>;
  readonly state: Tree<Tensor>;
}

/** A layer in both directions, as two. */
export interface Pair {
  readonly layer: BidirectionalLayer;
  readonly forward: Item;
  readonly backward: Item;
}

/** Layers of a model one after another, chains flattened. */
export function flattenChain(built: BuiltLayer, parameters: Tree<Tensor>, state: Tree<Tensor>): (Item | Pair)[] {
  const items: (Item | Pair)[] = [];
  let position = 0;
  const visit = (layer: BuiltLayer, own: Tree<Tensor>, start: Tree<Tensor>): void => {
    if (layer.form === 'chain') {
      const [weights, states] = [own, start] as readonly (readonly Tree<Tensor>[])[];
      layer.parts.forEach((part, index) => {
        visit(part, weights?.[index] ?? {}, states?.[index] ?? {});
      });
    } else if (layer.form === 'bidirectional') {
      const [weights, states] = [own, start] as { readonly [key: string]: Tree<Tensor> }[];
      const part = (name: 'forward' | 'backward'): Item => ({
        layer: layer[name],
        position: position++,
        parameters: weights?.[name] ?? {},
        state: states?.[name] ?? {},
      });
      items.push({ layer, forward: part('forward'), backward: part('backward') });
    } else {
      items.push({ layer, position: position++, parameters: own, state: start });
    }
  };
  visit(built, parameters, state);
  return items;
}

/** Cuts the list into runs; a layer that goes backwards, or that returns only its last output, ends one. */
export function splitRuns(items: readonly (Item | Pair)[]): (Item[] | Pair)[] {
  const runs: (Item[] | Pair)[] = [];
  for (let at = 0; at < items.length; ) {
    const first = items[at];
    if (first !== undefined && isPair(first)) {
      runs.push(first);
      at += 1;
    } else {
      const end = endOfRun(items, at);
      runs.push(items.slice(at, end) as Item[]);
      at = end;
    }
  }
  return runs;
}

/** True for a layer in both directions. */
export function isPair(item: Item | Pair): item is Pair {
  return item.layer.form === 'bidirectional';
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

function endOfRun(items: readonly (Item | Pair)[], at: number): number {
  let end = at + 1;
  for (let next = at; next < items.length; next++) {
    const layer = items[next]?.layer;
    if (layer?.form === 'bidirectional') break;
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
