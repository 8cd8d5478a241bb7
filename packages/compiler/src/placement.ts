/**
 * Where the values of a unit are written: the places that want them, or a temporary.
 */

import type { DType, Instruction, ValueId } from '@rheo/ir';
import type { Block, Lowering } from './block.ts';
import type { Unit } from './fusion.ts';
import type { NodeBuilder } from './nodes.ts';
import type { View } from './views.ts';

/** Values of a unit that somebody else reads or wants. */
export function storedMembers(block: Block, unit: Unit): Instruction[] {
  return unit.members.filter(
    ({ id }) =>
      block.program.results.includes(id) ||
      block.requests.has(id) ||
      block.fusion.users(id).some((user) => block.fusion.unitOf(user.id) !== unit),
  );
}

/** Places for a stored value: where it is wanted, or a temporary. A carry that is still being read is left alone. */
export function destinations(
  lowering: Lowering,
  block: Block,
  id: ValueId,
  blocked: (view: View) => boolean = () => false,
): View[] {
  const views: View[] = [];
  for (const request of block.requests.get(id) ?? []) {
    if (request.carry !== undefined && blocked(request.view)) continue;
    block.served.add(request);
    if (request.carry !== undefined) lowering.forgetPacks(request.view.buffer);
    views.push(request.view);
  }
  if (views.length === 0) {
    const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
    views.push(lowering.temporary(dtype, shape));
  }
  // Readers prefer a place that no later kernel overwrites.
  const carries = new Set((block.requests.get(id) ?? []).filter((r) => r.carry !== undefined).map((r) => r.view));
  views.sort((a, b) => Number(carries.has(a)) - Number(carries.has(b)));
  return views;
}

/** True if a kernel loads from the buffer of `target` at another place than it would store to. */
export function readElsewhere(
  builder: NodeBuilder,
  target: { buffer: number; offset: number; strides: readonly number[] },
): boolean {
  return builder.nodes.some(
    (node) =>
      (node.kind === 'load' || node.kind === 'gather') &&
      node.access.buffer === target.buffer &&
      (node.kind === 'gather' ||
        node.access.offset !== target.offset ||
        node.access.strides.some((stride, axis) => stride !== target.strides[axis])),
  );
}
