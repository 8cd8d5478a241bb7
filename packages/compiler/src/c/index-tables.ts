/**
 * Which constant tables hold nothing but indices: those may be stored in one or two bytes an element.
 *
 * A table that arithmetic reads keeps its full width: compilers warn of comparisons that a narrow type decides.
 */

import type { Node, Step } from '../kernels.ts';

/** Buffers whose elements are read as something else than the index of a gather or scatter. */
export function readAsNumbers(steps: readonly Step[], into: Set<number> = new Set()): ReadonlySet<number> {
  const read = (nodes: readonly Node[], index: number): void => {
    const node = nodes[index];
    if (node?.kind === 'load') into.add(node.access.buffer);
  };
  const kernel = (nodes: readonly Node[], roots: readonly number[]): void => {
    for (const root of roots) read(nodes, root);
    for (const node of nodes) {
      if (node.kind === 'gather') into.add(node.access.buffer);
      if (node.kind === 'op') for (const arg of node.args) read(nodes, arg);
    }
  };
  for (const step of steps) {
    switch (step.kind) {
      case 'map':
      case 'reduce':
      case 'sums':
        kernel(
          step.nodes,
          step.stores.map(({ node }) => node),
        );
        break;
      case 'argmax':
        into.add(step.load.buffer);
        break;
      case 'pack':
        into.add(step.from.buffer);
        break;
      case 'product':
        kernel(
          step.epilogue.nodes,
          step.epilogue.stores.map(({ node }) => node),
        );
        break;
      case 'scatter':
        kernel(step.nodes, [step.value]);
        break;
      case 'loop':
        readAsNumbers(step.body, into);
        break;
      case 'while':
        readAsNumbers([...step.test, ...step.body], into);
        break;
    }
  }
  return into;
}
