/**
 * Prints a kernel that adds each point to several sums, over axes that differ from sum to sum.
 *
 * Vectors run along the last axis. A sum that moves along it is read, added to and written in memory; one that stands
 * still is gathered in a vector along it and folded at the end. Axes along which the fewest sums stand still go outside, so
 * that the sums which are being added to stay in the nearest cache.
 */

import type { Access, Lines, Node, SumsStep } from '@rheo/compiler';
import { axisNames, collapseKernel, orderForSums } from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { address } from './context.ts';
import { printNest } from './nest.ts';
import { storeText, VectorPrinter } from './vector-printer.ts';

/** Prints the loops of the kernel. */
export function printSums(context: PrintContext, step: SumsStep, lines: Lines): void {
  const { lanes } = context.target;
  const kernel = collapseKernel(
    step.shape,
    step.nodes,
    step.stores.map(({ access }) => access),
  );
  const { shape, outputs } = kernel;
  const last = shape.length - 1;
  const nodes: Node[] = [...kernel.nodes];
  // What moves along the vectors is an addition to what its place holds; the rest is gathered.
  const parts = step.stores.map(({ node }, index) => {
    const access = outputs[index] as Access;
    if ((access.strides[last] ?? 0) === 0) return { node, access, sum: `sum${index}` };
    nodes.push({ kind: 'load', dtype: 'f32', access });
    nodes.push({ kind: 'op', op: 'add', dtype: 'f32', from: 'f32', args: [nodes.length - 1, node] });
    return { node: nodes.length - 1, access, sum: undefined };
  });
  const names = axisNames(shape.length);
  const along = last < 0 ? undefined : last;
  const order = orderForSums(shape, outputs);
  const axes = order.map((axis) => ({ name: names[axis] ?? '', size: shape[axis] ?? 1, vector: axis === along }));
  const written = new Set(outputs.map(({ buffer }) => buffer));
  const roots = parts.map(({ node }) => node);
  const outer = new VectorPrinter(context, { nodes, roots, axes: names, order, along, lanes, written });
  printNest(lines, axes.slice(0, Math.max(0, last)), lanes, (depth) => {
    outer.locals(depth, lines);
    if (depth < last) return;
    for (const { sum } of parts) if (sum !== undefined) lines.add(`f32v ${sum} = splat_f(0.0f);`);
    printNest(lines, axes.slice(Math.max(0, last)), lanes, (inner, used) => {
      if (inner < axes.length - Math.max(0, last)) return;
      const printer = outer.inner(axes.length === 0 ? 1 : used);
      printer.locals(axes.length, lines);
      for (const { node, access, sum } of parts) {
        const text = printer.text(node);
        if (sum === undefined) lines.add(storeText(context, access, names, along, used, text));
        else {
          const counted = used === lanes && axes.length > 0;
          const value = counted
            ? text
            : `where_f(lane_numbers() < ${axes.length === 0 ? 1 : used}, ${text}, splat_f(0.0f))`;
          lines.add(`${sum} = ${sum} + ${value};`);
        }
      }
    });
    for (const { access, sum } of parts) {
      if (sum === undefined) continue;
      lines.add(`*(${address(context, access, names)}) += sum_across_f(${sum})[0];`);
    }
  });
}
