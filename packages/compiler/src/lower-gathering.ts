/**
 * Lowers what gathers many elements into few: sums and maxima, places of maxima, additions at indices.
 */

import type { Attributes, DType, Instruction, ValueId } from '@rheo/ir';
import type { Block, Lowering } from './block.ts';
import { emit, fill, inMemory, originOf } from './block.ts';
import type { Unit } from './fusion.ts';
import type { Store } from './kernels.ts';
import { NodeBuilder } from './nodes.ts';
import type { View } from './views.ts';
import { accessAt, identityMap, isDense, sizeOf } from './views.ts';

/** Members reduce operands of one shape over the same axes. */
export function lowerReduce(lowering: Lowering, block: Block, members: readonly Instruction[]): void {
  const [first] = members;
  if (first?.op !== 'reduce_sum' && first?.op !== 'reduce_max') throw new Error('a reduction has members');
  const { dtype, shape } = block.types[first.operands[0] as ValueId] as { dtype: DType; shape: readonly number[] };
  const { axes } = first.attributes;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const rank = shape.length;
  const builder = new NodeBuilder(block, rank);
  const identity = identityMap(rank);
  const map = shape.map((_, axis) => identity[order.indexOf(axis)] as (typeof identity)[number]);
  const origin = originOf(first, first.op);
  const empty = axes.some((axis) => shape[axis] === 0);
  const stores: Store[] = [];
  for (const { id, operands } of members) {
    const view = firstPlace(lowering, block, id);
    if (empty) fill(lowering, block, view, origin);
    else if (sizeOf(shape) > 0) {
      const node = builder.value(operands[0] as ValueId, map);
      stores.push({ node, access: accessAt(view, identity.slice(0, kept.length), rank) });
    }
  }
  if (stores.length === 0) return;
  emit(lowering, {
    kind: 'reduce',
    origin,
    op: first.op,
    dtype,
    shape: order.map((axis) => shape[axis] as number),
    reduced: axes.length,
    nodes: builder.nodes,
    stores,
  });
}

/** A group that only feeds sums: they start from zero and are added to point by point. */
export function lowerSums(lowering: Lowering, block: Block, unit: Unit): void {
  const rank = unit.shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank, unit);
  const origin = originOf(unit.members.at(-1), 'sums');
  const stores = unit.sums.map((sum) => {
    const view = firstPlace(lowering, block, sum.id);
    fill(lowering, block, view, origin);
    const { axes } = sum.attributes as Attributes['reduce_sum'];
    const kept = map.filter((_, axis) => !axes.includes(axis));
    return { node: builder.value(sum.operands[0] as ValueId, map), access: accessAt(view, kept, rank) };
  });
  emit(lowering, { kind: 'sums', origin, shape: unit.shape, nodes: builder.nodes, stores });
}

export function lowerArgmax(lowering: Lowering, block: Block, instruction: Instruction & { op: 'argmax' }): void {
  const operand = inMemory(lowering, block, instruction.operands[0] as ValueId);
  const { axis } = instruction.attributes;
  const kept = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  const view = firstPlace(lowering, block, instruction.id);
  if (sizeOf(view.shape) === 0) return;
  const rank = view.shape.length;
  emit(lowering, {
    kind: 'argmax',
    origin: originOf(instruction, 'argmax'),
    dtype: (block.types[instruction.operands[0] as ValueId] as { dtype: DType }).dtype,
    shape: view.shape,
    size: operand.shape[axis] as number,
    stride: operand.strides[axis] as number,
    load: accessAt({ ...operand, shape: kept(operand.shape), strides: kept(operand.strides) }, identityMap(rank), rank),
    store: accessAt(view, identityMap(rank), rank),
  });
}

export function lowerScatter(lowering: Lowering, block: Block, instruction: Instruction & { op: 'scatter_add' }): void {
  const [updates, index] = instruction.operands as [ValueId, ValueId];
  const { axis, size } = instruction.attributes;
  const { dtype, shape } = block.types[updates] as { dtype: DType; shape: readonly number[] };
  const indexRank = (block.types[index] as { shape: readonly number[] }).shape.length;
  const result = block.types[instruction.id] as { dtype: DType; shape: readonly number[] };
  const requested = block.requests.get(instruction.id)?.find(({ carry, view }) => carry === undefined && isDense(view));
  const view = requested?.view ?? lowering.temporary(result.dtype, result.shape);
  if (requested !== undefined) block.served.add(requested);
  block.views.set(instruction.id, view);
  if (sizeOf(shape) === 0) {
    fill(lowering, block, view, originOf(instruction, 'scatter_add'));
    return;
  }
  const rank = shape.length;
  const map = identityMap(rank);
  const builder = new NodeBuilder(block, rank);
  const value = builder.value(updates, map);
  const position = builder.value(index, map.slice(axis, axis + indexRank));
  const strides = [
    ...view.strides.slice(0, axis),
    ...new Array<number>(indexRank).fill(0),
    ...view.strides.slice(axis + 1),
  ];
  lowering.steps.push({
    kind: 'scatter',
    origin: originOf(instruction, 'scatter_add'),
    dtype,
    shape,
    nodes: builder.nodes,
    value,
    index: position,
    size: size as number,
    stride: view.strides[axis] as number,
    store: { buffer: view.buffer, offset: view.offset, strides, loops: view.loops },
    clear: sizeOf(view.shape),
  });
}

/** First place of a value; further ones are served by copies at the end of the block. */
function firstPlace(lowering: Lowering, block: Block, id: ValueId): View {
  const request = block.requests.get(id)?.find(({ carry }) => carry === undefined);
  const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
  const view = request?.view ?? lowering.temporary(dtype, shape);
  if (request !== undefined) block.served.add(request);
  block.views.set(id, view);
  return view;
}
