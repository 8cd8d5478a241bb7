/**
 * Two scans over one sequence, from its start and from its end, and their outputs as one.
 */

import type { Tensor, Tree } from '@rheo/core';
import { add, concat, mul, reverse } from '@rheo/core';
import type { Merge } from './bidirectional.ts';
import type { BuiltLayer } from './layer.ts';
import type { Pair } from './runs.ts';
import type { Flow } from './scan-layers.ts';
import { scanLayers } from './scan-layers.ts';

/** Runs both layers of a pair and notes their final states in `finals`. Throws as the layers do. */
export function scanBoth({ layer, forward, backward }: Pair, flow: Flow, finals: Map<BuiltLayer, Tree<Tensor>>): Flow {
  const first = scanLayers([forward], flow, finals);
  const second = scanLayers([backward], flow, finals).values;
  const turned = layer.returnSequences ? reverse(second, 0) : second;
  return { ...first, values: merged(layer.merge, first.values, turned) };
}

function merged(merge: Merge, a: Tensor, b: Tensor): Tensor {
  switch (merge) {
    case 'concat':
      return concat([a, b], -1);
    case 'sum':
      return add(a, b);
    case 'mul':
      return mul(a, b);
    case 'ave':
      return mul(add(a, b), 0.5);
  }
}
