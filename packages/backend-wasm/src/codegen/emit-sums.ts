/**
 * Emits a kernel that adds each point to several sums, over axes that differ from sum to sum.
 *
 * Vectors run along the last axis. A sum that moves along it is read, added to and written in memory; one that stands
 * still is gathered in a register along it, and its lanes are added up at the end. Axes along which the fewest sums stand
 * still go outside, so that the sums which are being added to stay in the nearest cache.
 */

import type { Access, Node, SumsStep } from '@rheo/compiler';
import { collapseKernel, orderForSums } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext } from './emit-context.ts';
import { pushPointer } from './emit-context.ts';
import type { LoopAxis, NestPoint } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Emits the loops of the kernel. */
export function emitSums(
  f: FunctionBuilder,
  context: EmitContext,
  step: SumsStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const kernel = collapseKernel(
    step.shape,
    step.nodes,
    step.stores.map(({ access }) => access),
  );
  const last = kernel.shape.length - 1;
  const axes = orderForSums(kernel.shape, kernel.outputs);
  const order: LoopAxis[] = axes.map((axis) => ({ axis, size: kernel.shape[axis] ?? 1, vector: axis === last }));
  if (order.length === 0) order.push({ axis: 0, size: 1, vector: true });
  const inner = order.length - 1;
  const moves = ({ strides }: Access): boolean => (strides[last] ?? 0) !== 0;
  // What moves along the vectors is an addition to what its place holds; the rest is gathered.
  const nodes: Node[] = [...kernel.nodes];
  const parts = step.stores.map(({ node }, index) => {
    const access = kernel.outputs[index] as Access;
    if (!moves(access)) return { node, access, sum: f.local('v128') };
    nodes.push({ kind: 'load', dtype: 'f32', access });
    nodes.push({ kind: 'op', op: 'add', dtype: 'f32', from: 'f32', args: [nodes.length - 1, node] });
    return { node: nodes.length - 1, access, sum: undefined };
  });
  const written = new Set(kernel.outputs.map(({ buffer }) => buffer));
  const roots = parts.map(({ node }) => node);
  const emitter = new NodeEmitter(f, context, nodes, roots, order, written);
  emitLoopNest(f, context, iterations, order, [...emitter.accesses(), ...kernel.outputs], {
    enter(point) {
      if (point.depth === inner) for (const { sum } of parts) if (sum !== undefined) clear(sum);
      emitter.enter(point);
      if (point.depth !== order.length) return;
      for (const { node, access, sum } of parts) {
        if (sum === undefined) {
          const stride = access.strides[last] ?? 0;
          emitStore(f, point.pointer(access), stride, point.lanes, false, () => emitter.push(node, point));
          continue;
        }
        f.get(sum);
        emitter.push(node, point);
        if (point.lanes < 4) {
          // Lanes past the end must not count.
          f.v128Const(new Uint8Array(16).fill(255, 0, point.lanes * 4));
          f.op('v128.and');
        }
        f.op('f32x4.add');
        f.set(sum);
      }
      emitter.leave();
    },
    leave(point) {
      emitter.leave();
      if (point.depth === inner)
        for (const { access, sum } of parts) if (sum !== undefined) addAcross(point, access, sum);
    },
  });
  for (const { sum } of parts) if (sum !== undefined) f.free(sum);

  function clear(sum: Local): void {
    f.f32x4Splat(0);
    f.set(sum);
  }

  /** Adds the lanes of a sum to its place. */
  function addAcross(point: NestPoint, access: Access, sum: Local): void {
    for (const half of [2, 1]) {
      f.get(sum);
      f.get(sum);
      f.get(sum);
      f.shuffle32(half, (1 + half) % 4, half === 2 ? 0 : 3, half === 2 ? 1 : 2);
      f.op('f32x4.add');
      f.set(sum);
    }
    const { terms, constant } = point.pointer(access);
    emitStore(f, { terms, constant }, 1, 1, false, () => {
      pushPointer(f, { terms, constant });
      f.load('v128.load32_zero', { offset: constant, align: 2 });
      f.get(sum);
      f.op('f32x4.add');
    });
  }
}
