/**
 * Lowers dot to a batched matrix product on a packed right operand, with the group that follows as its epilogue.
 *
 * Axes are merged into one m, n and k where memory allows; axes of m and n that do not merge become batch axes. The
 * packing of a right operand moves out to the loop level at which its contents stand still.
 */

import type { Instruction, ValueId } from '@rheo/ir';
import type { Block, Lowering } from './block.ts';
import { emit, inMemory, originOf } from './block.ts';
import type { Unit } from './fusion.ts';
import type { Access, MapStep, Node, Origin, Step } from './kernels.ts';
import { packedSize } from './kernels.ts';
import { NodeBuilder } from './nodes.ts';
import { destinations, readElsewhere, storedMembers } from './placement.ts';
import type { View } from './views.ts';
import { accessAt, collapse, denseView, identityMap, sizeOf } from './views.ts';

/** Lowers a dot and the elementwise members of its unit. */
export function lowerProduct(lowering: Lowering, block: Block, unit: Unit, dot: Instruction): void {
  if (dot.op !== 'dot') throw new Error('a product unit starts with dot');
  const origin = originOf(dot, 'dot');
  const epilogue = buildEpilogue(lowering, block, unit, dot);
  if (sizeOf(epilogue.shape) === 0 || epilogue.stores.length === 0) return;
  const { contract, batch } = dot.attributes;
  const left = forwards(lowering, block, inMemory(lowering, block, dot.operands[0] as ValueId), origin);
  const right = forwards(lowering, block, inMemory(lowering, block, dot.operands[1] as ValueId), origin);
  const free = (view: View, side: 0 | 1): number[] =>
    view.shape.map((_, axis) => axis).filter((axis) => !contract[side].includes(axis) && !batch[side].includes(axis));
  const freeLeft = free(left, 0);
  const freeRight = free(right, 1);
  const kShape = contract[0].map((axis) => left.shape[axis] as number);
  if (kShape.includes(0)) {
    emit(lowering, withoutProduct(epilogue));
    return;
  }
  const leftSide = side(lowering, block, left, batch[0], freeLeft, contract[0], origin);
  const rightSide = side(lowering, block, right, batch[1], freeRight, contract[1], origin);
  const k = { size: sizeOf(kShape), left: leftSide.kStride, right: rightSide.kStride };
  product(lowering, epilogue, origin, leftSide, rightSide, k);
}

/** An operand whose contracted axes are one even run, and where its batch and free axes are. */
interface Side {
  readonly view: View;
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly kStride: number;
}

/** An operand as it lies, or a dense copy if its contracted axes do not run on evenly in their order. */
function side(
  lowering: Lowering,
  block: Block,
  view: View,
  batch: readonly number[],
  free: readonly number[],
  contract: readonly number[],
  origin: Origin,
): Side {
  const shape = contract.map((axis) => view.shape[axis] as number);
  const even = collapse(shape, [stridesAt(view, contract)]);
  if (even.shape.length <= 1) return { view, batch, free, kStride: even.vectors[0]?.[0] ?? 0 };
  const dense = densify(lowering, block, view, [...batch, ...free, ...contract], origin);
  return { view: dense, batch: span(0, batch.length), free: span(batch.length, free.length), kStride: 1 };
}

interface Inner {
  readonly size: number;
  readonly left: number;
  readonly right: number;
}

/** Batch axes of the product after the m and n axes that do not merge have joined them. */
interface Outer {
  readonly size: number;
  readonly left: number;
  readonly right: number;
  /** Axis of the epilogue. */
  readonly axis: number;
}

function product(
  lowering: Lowering,
  epilogue: MapStep,
  origin: Origin,
  leftSide: Side,
  rightSide: Side,
  k: Inner,
): void {
  const { view: left, batch: batchLeft, free: freeLeft } = leftSide;
  const { view: right, batch: batchRight, free: freeRight } = rightSide;
  const accesses = accessesOf(epilogue);
  const m0 = batchLeft.length;
  const n0 = m0 + freeLeft.length;
  const rows = mergeAxes(epilogue, accesses, span(m0, freeLeft.length), stridesAt(left, freeLeft));
  const columns = mergeAxes(epilogue, accesses, span(n0, freeRight.length), stridesAt(right, freeRight));
  const outer: Outer[] = [
    ...batchLeft.map((axis, i) => ({
      size: left.shape[axis] as number,
      left: left.strides[axis] as number,
      right: right.strides[batchRight[i] as number] as number,
      axis: i,
    })),
    ...rows.outer.map((row) => ({ size: row.size, left: row.stride, right: 0, axis: row.axis })),
    ...columns.outer.map((column) => ({ size: column.size, left: 0, right: column.stride, axis: column.axis })),
  ].filter(({ size }) => size !== 1);
  const axes = [...outer.map(({ axis }) => axis), rows.inner.axis, columns.inner.axis];
  const map = permuteKernel(epilogue, axes, [...outer.map(({ size }) => size), rows.inner.size, columns.inner.size]);
  const panel = lowering.panel(columns.inner.size);
  const panels = packedSize(k.size, columns.inner.size, panel);
  const common = {
    kind: 'product',
    origin,
    m: rows.inner.size,
    n: columns.inner.size,
    k: k.size,
    a: { buffer: left.buffer, offset: left.offset, strides: outer.map((item) => item.left), loops: left.loops },
    mStride: rows.inner.stride,
    kStride: k.left,
    panel,
    epilogue: map,
  } as const;
  if (!lowering.packing) {
    const strides = outer.map((item) => item.right);
    const access: Access = { buffer: right.buffer, offset: right.offset, strides, loops: right.loops };
    emit(lowering, {
      ...common,
      packed: right.buffer,
      batch: outer.map(({ size }) => ({ size, packedStride: 0 })),
      natural: { access, kStride: k.right, nStride: columns.inner.stride },
    });
    return;
  }
  const shared = outer.filter(({ right: stride }) => stride !== 0);
  const packed = pack(lowering, origin, right, k, columns.inner, shared, panel);
  let packedStride = panels;
  const strides = new Map<Outer, number>();
  for (const item of [...shared].reverse()) {
    strides.set(item, packedStride);
    packedStride *= item.size;
  }
  emit(lowering, {
    ...common,
    packed,
    batch: outer.map((item) => ({ size: item.size, packedStride: strides.get(item) ?? 0 })),
  });
}

/** Packs a right operand where its contents stand still, once per place and layout. */
function pack(
  lowering: Lowering,
  origin: Origin,
  right: View,
  k: Inner,
  column: { size: number; stride: number },
  shared: readonly Outer[],
  panel: number,
): number {
  const level = Math.min(right.depth, lowering.depth);
  const batch = shared.map(({ size, right: stride }) => ({ size, stride }));
  const from: Access = {
    buffer: right.buffer,
    offset: right.offset,
    strides: batch.map(({ stride }) => stride),
    loops: right.loops,
  };
  const key = JSON.stringify([from, k.size, k.right, column.size, column.stride, batch]);
  const cache = lowering.packs[level] as (typeof lowering.packs)[number];
  const known = cache.get(key);
  if (known !== undefined) return known.to;
  const size = packedSize(k.size, column.size, panel) * batch.reduce((product, item) => product * item.size, 1);
  const to = lowering.buffer('temporary', 'f32', size);
  const step: Step = {
    kind: 'pack',
    origin,
    k: k.size,
    n: column.size,
    panel,
    kStride: k.right,
    nStride: column.stride,
    batch,
    from,
    to,
  };
  (lowering.frames[level] as { steps: Step[] }).steps.push(step);
  cache.set(key, { from: right.buffer, to });
  return to;
}

function buildEpilogue(lowering: Lowering, block: Block, unit: Unit, dot: Instruction): MapStep {
  const shape = block.types[dot.id]?.shape as readonly number[];
  const rank = shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank, unit);
  const stored = storedMembers(block, unit).map(({ id }) => ({ id, node: builder.value(id, map) }));
  const stores = stored.flatMap(({ id, node }) => {
    const views = destinations(lowering, block, id, (view) => readElsewhere(builder, accessAt(view, map, rank)));
    block.views.set(id, views[0] as View);
    return views.map((view) => ({ node, access: accessAt(view, map, rank) }));
  });
  return { kind: 'map', origin: originOf(unit.members.at(-1), 'dot'), shape, nodes: builder.nodes, stores };
}

/** The product over an empty axis is 0: what is left is a map. */
function withoutProduct(epilogue: MapStep): MapStep {
  const nodes = epilogue.nodes.map(
    (node): Node => (node.kind === 'product' ? { kind: 'constant', dtype: 'f32', value: 0 } : node),
  );
  return { ...epilogue, nodes };
}

/** Products step through their operands with unsigned offsets: what runs backwards is copied. */
function forwards(lowering: Lowering, block: Block, view: View, origin: Origin): View {
  if (view.strides.every((stride) => stride >= 0)) return view;
  return densify(lowering, block, view, span(0, view.shape.length), origin);
}

function densify(lowering: Lowering, block: Block, view: View, order: readonly number[], origin: Origin): View {
  const moved = {
    ...view,
    shape: order.map((axis) => view.shape[axis] as number),
    strides: order.map((axis) => view.strides[axis] as number),
  };
  const level = lowering.depth;
  const to = denseView(lowering.buffer('temporary', 'f32', sizeOf(moved.shape)), moved.shape, level);
  const rank = order.length;
  const builder = new NodeBuilder(block, rank);
  const map = identityMap(rank);
  const node = builder.load(moved, map, 'f32');
  emit(lowering, {
    kind: 'map',
    origin,
    shape: moved.shape,
    nodes: builder.nodes,
    stores: [{ node, access: accessAt(to, map, rank) }],
  });
  return to;
}

function stridesAt(view: View, axes: readonly number[]): number[] {
  return axes.map((axis) => view.strides[axis] as number);
}

function span(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

/** Stride vectors of everything that an epilogue addresses. */
function accessesOf(epilogue: MapStep): (readonly number[])[] {
  const vectors: (readonly number[])[] = epilogue.stores.map(({ access }) => access.strides);
  for (const node of epilogue.nodes) {
    if (node.kind === 'load' || node.kind === 'gather') vectors.push(node.access.strides);
    if (node.kind === 'index') vectors.push(node.index.coefficients);
  }
  return vectors;
}

interface Merged {
  readonly inner: { size: number; stride: number; axis: number };
  readonly outer: { size: number; stride: number; axis: number }[];
}

/** Merges the row (or column) axes as far as operand and epilogue allow; an axis is named by its last original. */
function mergeAxes(
  epilogue: MapStep,
  accesses: readonly (readonly number[])[],
  axes: readonly number[],
  operand: readonly number[],
): Merged {
  const shape = axes.map((axis) => epilogue.shape[axis] as number);
  const merged = collapse(shape, [operand, ...accesses.map((vector) => axes.map((axis) => vector[axis] as number))]);
  const items = merged.shape.map((size, i) => ({
    size,
    stride: merged.vectors[0]?.[i] as number,
    axis: axes[(merged.axes[i] as number[]).at(-1) as number] as number,
  }));
  const inner = items.pop() ?? { size: 1, stride: 0, axis: -1 };
  return { inner, outer: items };
}

/** The epilogue over other axes: axis i of the new one is axis axes[i] of the old one, −1 for one that is not there. */
function permuteKernel(epilogue: MapStep, axes: readonly number[], shape: readonly number[]): MapStep {
  const pick = (vector: readonly number[]): number[] => axes.map((axis) => (axis < 0 ? 0 : (vector[axis] as number)));
  const move = (access: Access): Access => ({ ...access, strides: pick(access.strides) });
  const nodes = epilogue.nodes.map((node): Node => {
    if (node.kind === 'load' || node.kind === 'gather') return { ...node, access: move(node.access) };
    if (node.kind === 'index')
      return { ...node, index: { ...node.index, coefficients: pick(node.index.coefficients) } };
    return node;
  });
  return {
    ...epilogue,
    shape,
    nodes,
    stores: epilogue.stores.map((store) => ({ ...store, access: move(store.access) })),
  };
}
