/**
 * Prints steps: a function for each kernel, and loops around their calls.
 *
 * Kernels stay functions of their own: one long function would take compilers much longer and gain nothing.
 */

import type { ArgmaxStep, LoopStep, PackStep, ScatterStep, Step } from '@rheo/compiler';
import {
  axisNames,
  collapseKernel,
  comment,
  identifierPart,
  Lines,
  loopName,
  packedSize,
  touched,
} from '@rheo/compiler';
import type { PrintContext } from './context.ts';
import { address, stored } from './context.ts';
import type { KernelFunctions } from './kernel-functions.ts';
import { counting, printNest } from './nest.ts';
import { scalarTypes, suffixes } from './operations.ts';
import { printMap } from './print-map.ts';
import { printShared } from './print-parallel.ts';
import { printProduct } from './print-product.ts';
import { printReduce } from './print-reduce.ts';
import { printSums } from './print-sums.ts';
import { VectorPrinter } from './vector-printer.ts';

/** Prints the calls of steps; `loops` are the scans around them, outermost first. */
export function printSteps(
  context: PrintContext,
  kernels: KernelFunctions,
  steps: readonly Step[],
  loops: readonly number[],
  lines: Lines,
): void {
  let layer: string | undefined;
  for (const step of steps) {
    if (step.origin.layer !== undefined && step.origin.layer !== layer) {
      layer = step.origin.layer;
      lines.add(comment(`Layer ${layer}`));
    }
    if (step.kind === 'loop') printLoop(context, kernels, step, loops, lines);
    else if (step.kind === 'while') {
      const flag = address(context, step.flag, []);
      lines.block('for (;;)', () => {
        printSteps(context, kernels, step.test, loops, lines);
        lines.add(`const int *${context.name(step.flag.buffer)} = table[${step.flag.buffer}];`);
        lines.add(`if (!*(${flag})) break;`);
        printSteps(context, kernels, step.body, loops, lines);
      });
    } else {
      const number = context.number?.(step);
      if (number !== undefined) lines.add(`tick(table, ${number});`);
      lines.add(callKernel(context, kernels, step, loops));
    }
  }
}

function printLoop(
  context: PrintContext,
  kernels: KernelFunctions,
  step: LoopStep,
  loops: readonly number[],
  lines: Lines,
): void {
  const name = loopName(step.loop);
  if (loops.length === 0 && context.shares(step)) {
    const inside = new Lines();
    const body = `iteration_${step.loop}`;
    inside.add(comment(`One iteration of ${step.origin.name}; others may run at the same time.`));
    const head = `KERNEL void ${body}(void *const *table, long ${name})`;
    inside.block(head, () => printSteps(context, kernels, step.body, [step.loop], inside));
    kernels.functions.push({ head, text: inside.text });
    printShared(step, body, context.buffers.length, lines);
    return;
  }
  const head = step.reverse
    ? `for (long ${name} = ${step.length - 1}; ${name} >= 0; --${name})`
    : counting(name, 0, step.length);
  lines.block(head, () => printSteps(context, kernels, step.body, [...loops, step.loop], lines));
}

type Kernel = Exclude<Step, { readonly kind: 'loop' | 'while' }>;

/** Text that calls a kernel, whose function is printed if need be. */
function callKernel(context: PrintContext, kernels: KernelFunctions, step: Kernel, loops: readonly number[]): string {
  const lines = new Lines();
  printBody(context, step, lines);
  const { reads, writes } = touched(step);
  return kernels.call(context, {
    kind: step.kind,
    part: identifierPart(step.origin.name, 24),
    title: [step.origin.layer, step.origin.name].filter((word) => word !== undefined).join(': '),
    buffers: new Set([...reads, ...writes]),
    loops,
    body: lines.text,
  });
}

function printBody(context: PrintContext, step: Kernel, lines: Lines): void {
  switch (step.kind) {
    case 'map':
      printMap(context, step, lines);
      break;
    case 'reduce':
      printReduce(context, step, lines);
      break;
    case 'sums':
      printSums(context, step, lines);
      break;
    case 'argmax':
      printArgmax(context, step, lines);
      break;
    case 'pack':
      printPack(context, step, lines);
      break;
    case 'product':
      printProduct(context, step, lines);
      break;
    case 'scatter':
      printScatter(context, step, lines);
      break;
  }
}

function printPack(context: PrintContext, step: PackStep, lines: Lines): void {
  const { k, n, kStride, nStride, panel, batch, from } = step;
  let stride = packedSize(k, n, panel);
  const strides: number[] = [];
  for (const { size } of [...batch].reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  const names = axisNames(batch.length);
  const axes = batch.map(({ size }, axis) => ({ name: names[axis] ?? '', size, vector: false }));
  const to = { buffer: step.to, offset: 0, strides, loops: [] };
  printNest(lines, axes, context.target.lanes, (depth) => {
    if (depth < axes.length) return;
    const operands = [address(context, from, names), kStride, nStride, k, n, panel, address(context, to, names)];
    lines.add(`${context.packing()}(${operands.join(', ')});`);
  });
}

/** A scalar walk along one axis that keeps the first of equal elements. */
function printArgmax(context: PrintContext, step: ArgmaxStep, lines: Lines): void {
  const kernel = collapseKernel(step.shape, [{ kind: 'load', dtype: step.dtype, access: step.load }], [step.store]);
  const [load] = kernel.nodes;
  const [target] = kernel.outputs;
  if (load?.kind !== 'load' || target === undefined) throw new Error('an argmax has a load and a store');
  const names = axisNames(kernel.shape.length);
  const axes = kernel.shape.map((size, axis) => ({ name: names[axis] ?? '', size, vector: false }));
  const type = scalarTypes[stored(step.dtype)];
  printNest(lines, axes, context.target.lanes, (depth) => {
    if (depth < axes.length) return;
    lines.add(`const ${type} *const x = ${address(context, load.access, names)};`);
    lines.add(`${type} most = x[0];`);
    lines.add('int best = 0;');
    lines.add(
      `for (int k = 1; k < ${step.size}; ++k) if (x[k * ${step.stride}L] > most) { most = x[k * ${step.stride}L]; best = k; }`,
    );
    lines.add(`*(${address(context, target, names)}) = best;`);
  });
}

/** Adds lane by lane: indices may repeat. */
function printScatter(context: PrintContext, step: ScatterStep, lines: Lines): void {
  const kernel = collapseKernel(step.shape, step.nodes, [step.store]);
  const [store] = kernel.outputs;
  if (store === undefined) throw new Error('a scatter has a store');
  const { lanes } = context.target;
  const names = axisNames(kernel.shape.length);
  const rank = names.length;
  const along = rank === 0 ? undefined : rank - 1;
  const axes = kernel.shape.map((size, axis) => ({ name: names[axis] ?? '', size, vector: axis === along }));
  const roots = [step.value, step.index];
  const written = new Set([store.buffer]);
  const outer = new VectorPrinter(context, { nodes: kernel.nodes, roots, axes: names, along, lanes, written });
  const start = address(context, { ...store, strides: [] }, []);
  lines.add(`__builtin_memset(${start}, 0, ${step.clear * 4}L);`);
  printNest(lines, axes, lanes, (depth, used) => {
    if (depth < rank) {
      outer.locals(depth, lines);
      return;
    }
    const printer = outer.inner(rank === 0 ? 1 : used);
    printer.locals(depth, lines);
    lines.add(`const i32v index = ${printer.index(step.index, step.size)};`);
    lines.add(`const ${suffixes[stored(step.dtype)]}32v value = ${printer.text(step.value)};`);
    const moved = along === undefined ? 0 : (store.strides[along] ?? 0);
    if (moved === 1 && printer.uniform(step.index)) {
      // All lanes go to one place: they are added as a vector.
      const place = `${address(context, store, names)} + index[0] * ${step.stride}L`;
      const suffix = suffixes[stored(step.dtype)];
      const whole = used === lanes;
      const sum = `load_${suffix}(${place}) + value`;
      lines.add(whole ? `store_${suffix}(${place}, ${sum});` : `store_${suffix}_part(${place}, ${sum}, ${used});`);
      return;
    }
    const at = `${address(context, store, names)} + index[lane] * ${step.stride}L${moved === 0 ? '' : ` + lane * ${moved}L`}`;
    lines.add(`for (int lane = 0; lane < ${rank === 0 ? 1 : used}; ++lane) *(${at}) += value[lane];`);
  });
}
