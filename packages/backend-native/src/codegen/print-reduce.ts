/**
 * Prints sums and maxima, several side by side, with the arithmetic that feeds them fused in.
 *
 * Vectors run along the last kept axis when the data lies so: one sum per lane, and several vectors at a time where
 * there are enough. Else they run along the last reduced axis, several sums in turn, folded across the lanes at the end.
 * The order of summation depends on shapes and on the width of vectors only.
 */

import type { CollapsedKernel, Lines, ReduceStep } from '@rheo/compiler';
import { axisNames, collapseKernel, keptIsContiguous } from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { stored } from './context.ts';
import { scalarText } from './literals.ts';
import { counting, printNest } from './nest.ts';
import { suffixes, vectorTypes } from './operations.ts';
import { storeText, VectorPrinter } from './vector-printer.ts';

/** Sums that are in flight at once: enough to hide the latency of an addition. */
const maxSums = 8;

/** Prints the loops of a reduction. */
export function printReduce(context: PrintContext, step: ReduceStep, lines: Lines): void {
  const outputs = step.stores.map(({ access }) => access);
  const kernel = collapseKernel(step.shape, step.nodes, outputs, step.shape.length - step.reduced);
  const { shape, split } = kernel;
  if (split > 0 && (shape.length === split || keptIsContiguous(kernel.nodes, shape, split))) {
    printKept(context, step, kernel, lines);
  } else printAcross(context, step, kernel, lines);
}

type Kernel = CollapsedKernel & { readonly split: number };

/** Texts of one reduction. */
interface Folding {
  readonly type: string;
  readonly suffix: string;
  readonly start: string;
  readonly fold: (sum: string, value: string) => string;
}

function foldingOf(step: ReduceStep): Folding {
  const dtype = stored(step.dtype);
  const suffix = suffixes[dtype];
  const lowest = dtype === 'f32' ? Number.NEGATIVE_INFINITY : dtype === 'u32' ? 0 : -(2 ** 31);
  const start = step.op === 'reduce_sum' ? 0 : lowest;
  return {
    type: vectorTypes[dtype],
    suffix,
    start: `splat_${suffix}(${scalarText(dtype, start)})`,
    fold: (sum, value) => (step.op === 'reduce_sum' ? `${sum} + ${value}` : `max_${suffix}(${sum}, ${value})`),
  };
}

/** Lanes along the last kept axis: chunks of several vectors, the reduced axes inside. */
function printKept(context: PrintContext, step: ReduceStep, kernel: Kernel, lines: Lines): void {
  const { lanes } = context.target;
  const { shape, split } = kernel;
  const along = split - 1;
  const size = shape[along] ?? 1;
  const names = axisNames(shape.length);
  const name = names[along] ?? '';
  const most = Math.max(1, Math.floor(maxSums / step.stores.length));
  const vectors = Math.min(most, Math.floor(size / lanes));
  const wide = vectors * lanes;
  const outer = names.slice(0, along).map((axis, index) => ({ name: axis, size: shape[index] ?? 1, vector: false }));
  printNest(lines, outer, lanes, (depth) => {
    if (depth < outer.length) return;
    let done = 0;
    if (vectors > 1) {
      done = size - (size % wide);
      lines.block(counting(name, 0, done, wide), () => chunk(vectors, lanes));
    }
    const whole = size - (size % lanes);
    if (done < whole) {
      lines.block(counting(name, done, whole, lanes), () => chunk(1, lanes));
      done = whole;
    }
    if (done < size) {
      lines.block('', () => {
        lines.add(`const long ${name} = ${done};`);
        chunk(1, size - done);
      });
    }
  });

  function chunk(count: number, used: number): void {
    const { type, start, fold } = foldingOf(step);
    const roots = step.stores.map(({ node }) => node);
    const written = new Set(kernel.outputs.map(({ buffer }) => buffer));
    const parts = Array.from({ length: count }, (_, part) => {
      const axes = names.map((text, axis) => (axis === along && part > 0 ? `(${text} + ${part * lanes})` : text));
      const prefix = count === 1 ? 'v' : `v${part}_`;
      const options = { nodes: kernel.nodes, roots, axes, along, lanes: used, written, prefix };
      return { axes, part, printer: new VectorPrinter(context, options) };
    });
    const sum = (index: number, part: number): string => `sum${index}_${part}`;
    for (const { part } of parts)
      for (const index of roots.keys()) lines.add(`${type} ${sum(index, part)} = ${start};`);
    for (let depth = 0; depth < split; depth++) for (const { printer } of parts) printer.locals(depth, lines);
    const inner = names
      .slice(split)
      .map((axis, index) => ({ name: axis, size: shape[split + index] ?? 1, vector: false }));
    printNest(lines, inner, lanes, (depth) => {
      for (const { printer } of parts) printer.locals(split + depth, lines);
      if (depth < inner.length) return;
      for (const { part, printer } of parts) {
        roots.forEach((root, index) => {
          lines.add(`${sum(index, part)} = ${fold(sum(index, part), printer.text(root))};`);
        });
      }
    });
    for (const { axes, part } of parts) {
      kernel.outputs.forEach((access, index) => {
        lines.add(storeText(context, access, axes, along, used, sum(index, part)));
      });
    }
  }
}

/** Lanes along the last reduced axis, with several sums in turn where it is long. */
function printAcross(context: PrintContext, step: ReduceStep, kernel: Kernel, lines: Lines): void {
  const { lanes } = context.target;
  const { shape, split } = kernel;
  const { type, suffix, start, fold } = foldingOf(step);
  const roots = step.stores.map(({ node }) => node);
  const written = new Set(kernel.outputs.map(({ buffer }) => buffer));
  const names = axisNames(shape.length);
  const along = shape.length - 1;
  const size = shape[along] ?? 1;
  const most = Math.max(1, Math.floor(maxSums / 2 / roots.length));
  const count = along < 0 ? 1 : Math.max(1, Math.min(most, Math.floor(size / lanes)));
  const wide = count * lanes;
  const sum = (index: number, part: number): string => `sum${index}_${part}`;
  const function_ = step.op === 'reduce_sum' ? 'sum' : 'max';
  const partsFor = (amount: number, used: number): { part: number; printer: VectorPrinter }[] =>
    Array.from({ length: amount }, (_, part) => {
      const axes = names.map((text, axis) => (axis === along && part > 0 ? `(${text} + ${part * lanes})` : text));
      const options = {
        nodes: kernel.nodes,
        roots,
        axes,
        along: along < 0 ? undefined : along,
        lanes: used,
        written,
        prefix: amount === 1 ? 'v' : `v${part}_`,
      };
      return { part, printer: new VectorPrinter(context, options) };
    });
  const outer = names.slice(0, split).map((name, index) => ({ name, size: shape[index] ?? 1, vector: false }));
  const middle = names.slice(split, Math.max(split, along));
  const inner = middle.map((name, index) => ({ name, size: shape[split + index] ?? 1, vector: false }));
  printNest(lines, outer, lanes, (depth) => {
    if (depth < outer.length) return;
    for (let part = 0; part < count; part++)
      for (const index of roots.keys()) lines.add(`${type} ${sum(index, part)} = ${start};`);
    printNest(lines, inner, lanes, (at) => {
      if (at < inner.length) return;
      const whole = size - (size % lanes);
      const done = size - (size % wide);
      const name = names[along] ?? '';
      if (along < split) points(1, 1);
      else {
        if (done > 0) lines.block(counting(name, 0, done, wide), () => points(count, lanes));
        if (done < whole) lines.block(counting(name, done, whole, lanes), () => points(1, lanes));
        if (whole < size) {
          lines.block('', () => {
            lines.add(`const long ${name} = ${whole};`);
            points(1, size - whole);
          });
        }
      }
    });
    kernel.outputs.forEach((access, index) => {
      for (let part = 1; part < count; part++)
        lines.add(`${sum(index, 0)} = ${fold(sum(index, 0), sum(index, part))};`);
      const value = `${function_}_across_${suffix}(${sum(index, 0)})`;
      lines.add(storeText(context, access, names, undefined, 1, value));
    });
  });

  /** One vector for each sum. Lanes past the end must not count. */
  function points(amount: number, used: number): void {
    const parts = partsFor(amount, used);
    for (let depth = 0; depth <= names.length; depth++) for (const { printer } of parts) printer.locals(depth, lines);
    for (const { part, printer } of parts) {
      roots.forEach((root, index) => {
        const text = printer.text(root);
        const value = used === lanes ? text : `where_${suffix}(lane_numbers() < ${used}, ${text}, ${start})`;
        lines.add(`${sum(index, part)} = ${fold(sum(index, part), value)};`);
      });
    }
  }
}
