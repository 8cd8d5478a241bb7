/**
 * Layers with an adaptive solver count in their state, under `unfinished`, how often a row did not reach the end of an elapsed
 * time. Where a state comes to the host, a count above zero is an error: such rows are not to be used.
 */

import type { Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import type { FloatArray } from './host-array.ts';
import { requireFinished } from './solvers/require-finished.ts';

/** Positions, among the leaves of a state, of the counts, with the layer of each. */
export function unfinishedLeaves(
  paths: readonly string[],
): readonly { readonly index: number; readonly layer: string }[] {
  return paths.flatMap((path, index) => {
    const parts = path.split('/');
    return parts.pop() === 'unfinished' ? [{ index, layer: parts.join('/') || '0' }] : [];
  });
}

/** Throws `value` naming layer and rows if any row of a count is above zero. */
export function requireSolved(counts: ArrayLike<number>, layer: string): void {
  requireFinished(
    Array.from(counts, (count) => count === 0),
    `layer ${layer}`,
  );
}

/** Throws `value` if a state that came to the host has rows that did not finish. */
export function requireSolvedState(state: Tree<FloatArray>): void {
  const { leaves, paths } = flattenTree(state);
  for (const { index, layer } of unfinishedLeaves(paths)) requireSolved(leaves[index]?.data ?? [], layer);
}
