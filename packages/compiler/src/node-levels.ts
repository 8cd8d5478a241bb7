/**
 * Where in a loop nest the nodes of a kernel stop changing, and who reads them: what a target needs to evaluate each node
 * once, at the outermost loop where it can.
 */

import type { Node } from './kernels.ts';

/** By node. */
export interface NodeLevels {
  /** Number of axes that must have been entered for a node to be known. */
  readonly levels: readonly number[];
  /** How often it is read; 0 if nothing that is wanted needs it. */
  readonly uses: readonly number[];
  /** The innermost level at which it is read. */
  readonly readAt: readonly number[];
}

/** Levels for the nodes that `roots` need, which are read innermost; `order` holds the kernel's axes as they are entered. */
export function nodeLevels(nodes: readonly Node[], roots: readonly number[], order: readonly number[]): NodeLevels {
  const levels: number[] = [];
  const depthOf = (strides: readonly number[]): number => order.findLastIndex((axis) => (strides[axis] ?? 0) !== 0) + 1;
  for (const node of nodes) levels.push(levelOf(node, levels, depthOf, order.length));
  const uses = nodes.map(() => 0);
  const readAt = nodes.map(() => 0);
  const reach = (index: number, level: number): void => {
    readAt[index] = Math.max(readAt[index] ?? 0, level);
    uses[index] = (uses[index] ?? 0) + 1;
    if (uses[index] > 1) return;
    for (const next of operandsOf(nodes[index] as Node)) reach(next, levels[index] ?? 0);
  };
  for (const root of roots) reach(root, order.length);
  return { levels, uses, readAt };
}

/** Nodes that a node reads. */
function operandsOf(node: Node): readonly number[] {
  if (node.kind === 'op') return node.args;
  return node.kind === 'gather' ? [node.index] : [];
}

function levelOf(
  node: Node,
  levels: readonly number[],
  depthOf: (strides: readonly number[]) => number,
  innermost: number,
): number {
  switch (node.kind) {
    case 'constant':
      return 0;
    case 'load':
      return depthOf(node.access.strides);
    case 'gather':
      return Math.max(depthOf(node.access.strides), levels[node.index] ?? 0);
    case 'index':
      return depthOf(node.index.coefficients);
    case 'product':
      return innermost;
    case 'op':
      return node.args.reduce((level, arg) => Math.max(level, levels[arg] ?? 0), 0);
  }
}
