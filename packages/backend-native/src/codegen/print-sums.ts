/**
 * Prints a kernel that adds each point to several sums, over axes that differ from sum to sum.
 *
 * Vectors run along the last axis. A sum that moves along it is read, added to and written in memory; one that stands
 * still is gathered in a vector along it and folded at the end. Axes along which the fewest sums stand still go outside, so
 * that the sums which are being added to stay in the nearest cache.
 */

import type { Access, Lines, Node, SumsStep } from '@rheo/compiler';
import { axisNames, collapseKernel } from '@rheo/compiler';
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
  const order = loopOrder(kernel.shape, kernel.outputs);
  const turned = (strides: readonly number[]): number[] => order.map((axis) => strides[axis] ?? 0);
  const shape = turned(kernel.shape);
  const last = shape.length - 1;
  const outputs = kernel.outputs.map((access) => ({ ...access, strides: turned(access.strides) }));
  const nodes = kernel.nodes.map((node): Node => {
    if (node.kind === 'load' || node.kind === 'gather')
      return { ...node, access: { ...node.access, strides: turned(node.access.strides) } };
    if (node.kind !== 'index') return node;
    return { ...node, index: { ...node.index, coefficients: turned(node.index.coefficients) } };
  });
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
  const axes = shape.map((size, axis) => ({ name: names[axis] ?? '', size, vector: axis === along }));
  const written = new Set(outputs.map(({ buffer }) => buffer));
  const roots = parts.map(({ node }) => node);
  const outer = new VectorPrinter(context, { nodes, roots, axes: names, along, lanes, written });
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
      const place = address(context, { ...access, strides: access.strides.slice(0, Math.max(0, last)) }, names);
      lines.add(`*(${place}) += sum_across_f(${sum})[0];`);
    }
  });
}

/** Axes in the order of the loops: the last innermost; before it, those along which most sums stand still. */
function loopOrder(shape: readonly number[], outputs: readonly Access[]): number[] {
  const still = (axis: number): number => outputs.filter(({ strides }) => (strides[axis] ?? 0) === 0).length;
  const axes = shape.map((_, axis) => axis);
  const last = axes.pop();
  const outside = axes.sort((a, b) => still(a) - still(b) || a - b);
  return last === undefined ? outside : [...outside, last];
}
