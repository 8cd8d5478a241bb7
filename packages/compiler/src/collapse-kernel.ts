/**
 * Merges the axes of a kernel that run on evenly for everything it addresses, so that loops are few and long.
 */

import type { Access, Node } from './kernels.ts';
import { collapse } from './views.ts';

/** A kernel over fewer axes. */
export interface CollapsedKernel {
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Access[];
}

/** Collapses axes; those before and after `split` stay apart. */
export function collapseKernel(
  shape: readonly number[],
  nodes: readonly Node[],
  outputs: readonly Access[],
  split: number = shape.length,
): CollapsedKernel & { readonly split: number } {
  const vectors: (readonly number[])[] = outputs.map(({ strides }) => strides);
  for (const node of nodes) {
    if (node.kind === 'load' || node.kind === 'gather') vectors.push(node.access.strides);
    else if (node.kind === 'index') vectors.push(node.index.coefficients);
  }
  const part = (from: number, to: number): { shape: number[]; vectors: number[][] } =>
    collapse(
      shape.slice(from, to),
      vectors.map((vector) => Array.from({ length: to - from }, (_, i) => vector[from + i] ?? 0)),
    );
  const outer = part(0, split);
  const inner = part(split, shape.length);
  let position = outputs.length;
  const at = (index: number): number[] => [...(outer.vectors[index] ?? []), ...(inner.vectors[index] ?? [])];
  return {
    shape: [...outer.shape, ...inner.shape],
    split: outer.shape.length,
    outputs: outputs.map((access, index) => ({ ...access, strides: at(index) })),
    nodes: nodes.map((node): Node => {
      if (node.kind === 'load' || node.kind === 'gather')
        return { ...node, access: { ...node.access, strides: at(position++) } };
      if (node.kind === 'index') return { ...node, index: { ...node.index, coefficients: at(position++) } };
      return node;
    }),
  };
}
