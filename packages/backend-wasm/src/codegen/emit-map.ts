/**
 * Emits a map kernel: all points of a shape, vectors along the last axis.
 */

import type { Access, MapStep, Node } from '@rheo/compiler';
import { collapseKernel } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext } from './emit-context.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Emits the loops of a map. */
export function emitMap(
  f: FunctionBuilder,
  context: EmitContext,
  step: MapStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const kernel = collapseKernel(
    step.shape,
    step.nodes,
    step.stores.map(({ access }) => access),
  );
  const rank = kernel.shape.length;
  // Dense and whole: the vectors may run over the end into the buffer's padding.
  const whole =
    rank <= 1 &&
    kernel.outputs.every((access) => coversBuffer(context, access, kernel.shape)) &&
    kernel.nodes.every(staysNear);
  const last = kernel.shape[rank - 1] ?? 1;
  const order = kernel.shape.map((size, axis) => ({
    axis,
    size: axis === rank - 1 && whole ? Math.ceil(last / 4) * 4 : size,
    vector: axis === rank - 1,
  }));
  if (rank === 0) order.push({ axis: 0, size: 1, vector: true });
  const written = new Set(kernel.outputs.map(({ buffer }) => buffer));
  const roots = step.stores.map(({ node }) => node);
  const emitter = new NodeEmitter(f, context, kernel.nodes, roots, order, written);
  emitLoopNest(f, context, iterations, order, [...emitter.accesses(), ...kernel.outputs], {
    enter(point) {
      emitter.enter(point);
      if (point.depth !== order.length) return;
      step.stores.forEach(({ node }, index) => {
        const access = kernel.outputs[index] as Access;
        const stride = access.strides[order.length - 1] ?? 0;
        emitStore(f, point.pointer(access), rank === 0 ? 1 : stride, point.lanes, false, () =>
          emitter.push(node, point),
        );
      });
      emitter.leave();
    },
    leave: () => emitter.leave(),
  });
}

/** True if three points past the end are still read from memory that exists: long steps may leave it. */
function staysNear(node: Node): boolean {
  if (node.kind !== 'load' && node.kind !== 'gather') return true;
  const stride = node.access.strides[0] ?? 0;
  return stride >= 0 && stride <= 16;
}

/** True if a dense access runs over a whole buffer, whose memory reaches to the next multiple of 16 bytes. */
function coversBuffer(context: EmitContext, access: Access, shape: readonly number[]): boolean {
  const size = shape[0] ?? 1;
  return (
    access.offset === 0 &&
    access.loops.every(({ stride }) => stride === 0) &&
    (access.strides[0] ?? 1) === 1 &&
    context.buffers[access.buffer]?.size === size
  );
}
