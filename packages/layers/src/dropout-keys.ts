/**
 * Keys of the places in a layer where dropout draws, derived from the key of the layer outside of any loop.
 */

import type { Tensor } from '@rheo/core';
import { deriveKey } from '@rheo/core';
import { RheoError } from '@rheo/ir';
import type { PrepareContext } from './layer.ts';

/** One key for each site, none outside of training. Throws `argument` when training came without a key. */
export function dropoutKeys(sites: readonly number[], path: string, { training, key }: PrepareContext): Tensor[] {
  if (!training || sites.length === 0) return [];
  if (key === undefined) {
    throw new RheoError('argument', {
      from: '@rheo/layers',
      layer: path,
      what: 'dropout in training needs a random key',
      remedy: 'Pass { training: true, key } with a u32[2] tensor, or training: false',
    });
  }
  return sites.map((site) => deriveKey(key, site));
}
