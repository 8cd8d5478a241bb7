/**
 * Prints a map kernel: all points of a shape, vectors along the last axis.
 */

import type { Access, Lines, MapStep, Node } from '@rheo/compiler';
import { axisNames, collapseKernel } from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { printNest } from './nest.ts';
import { storeText, VectorPrinter } from './vector-printer.ts';

/** Prints the loops of a map. */
export function printMap(context: PrintContext, step: MapStep, lines: Lines): void {
  const outputs = step.stores.map(({ access }) => access);
  const roots = step.stores.map(({ node }) => node);
  const kernel = collapseKernel(step.shape, step.nodes, outputs);
  const { lanes } = context.target;
  const rank = kernel.shape.length;
  const names = axisNames(rank);
  const along = rank === 0 ? undefined : rank - 1;
  // Dense and whole: the last vector may run over the end into the buffer's padding.
  const whole =
    rank === 1 &&
    kernel.outputs.every((access) => coversBuffer(context, access, kernel.shape)) &&
    kernel.nodes.every(staysNear);
  const axes = kernel.shape.map((size, axis) => ({
    name: names[axis] ?? '',
    size: whole ? Math.ceil(size / lanes) * lanes : size,
    vector: axis === along,
  }));
  const written = new Set(outputs.map(({ buffer }) => buffer));
  const options = { nodes: kernel.nodes, roots, axes: names, along, lanes, written };
  const outer = new VectorPrinter(context, options);
  printNest(lines, axes, lanes, (depth, used) => {
    if (depth < rank) {
      outer.locals(depth, lines);
      return;
    }
    const printer = outer.inner(used);
    printer.locals(depth, lines);
    kernel.outputs.forEach((access, index) => {
      lines.add(storeText(context, access, names, along, used, printer.text(roots[index] ?? 0)));
    });
  });
}

/** True if points past the end are still read from memory that exists: long steps may leave it. */
function staysNear(node: Node): boolean {
  return node.kind !== 'gather' && (node.kind !== 'load' || [0, 1].includes(node.access.strides[0] ?? 0));
}

/** True if a dense access runs over a whole buffer, whose memory reaches to the next multiple of 64 bytes. */
function coversBuffer(context: PrintContext, access: Access, shape: readonly number[]): boolean {
  return (
    access.offset === 0 &&
    access.loops.every(({ stride }) => stride === 0) &&
    access.strides[0] === 1 &&
    context.buffers[access.buffer]?.size === shape[0]
  );
}
