/**
 * In which order the axes of a kernel are best walked, for every target that prints loops: where vectors run, and what stays
 * in the nearest cache.
 */

import type { Access, Node } from './kernels.ts';

/** True if vectors along the last kept axis of a reduction read memory more evenly than along the last reduced one. */
export function keptIsContiguous(nodes: readonly Node[], shape: readonly number[], split: number): boolean {
  let kept = 0;
  let reduced = 0;
  for (const node of nodes) {
    if (node.kind !== 'load') continue;
    const strides = node.access.strides;
    if ((strides[split - 1] ?? 0) === 1) kept++;
    if ((strides[shape.length - 1] ?? 0) === 1) reduced++;
  }
  return kept > reduced || (kept === reduced && (shape[split - 1] ?? 1) >= (shape[shape.length - 1] ?? 1));
}

/**
 * Axes of a kernel of several sums, outermost first: the last innermost, for the vectors; before it, those along which most
 * sums stand still, so that the sums which are being added to stay near.
 */
export function orderForSums(shape: readonly number[], sums: readonly Access[]): number[] {
  const still = (axis: number): number => sums.filter(({ strides }) => (strides[axis] ?? 0) === 0).length;
  const axes = shape.map((_, axis) => axis);
  const last = axes.pop();
  const outside = axes.sort((a, b) => still(a) - still(b) || a - b);
  return last === undefined ? outside : [...outside, last];
}
