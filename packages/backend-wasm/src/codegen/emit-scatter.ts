/**
 * Emits scatter_add: clears the result, then adds every update at its clamped index, in index order.
 */

import type { Access, ScatterStep } from '@rheo/compiler';
import { collapseKernel } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext } from './emit-context.ts';
import { pushAddress } from './emit-context.ts';
import type { LoopAxis } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Emits the loops of a scatter_add. */
export function emitScatter(
  f: FunctionBuilder,
  context: EmitContext,
  step: ScatterStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const kernel = collapseKernel(step.shape, step.nodes, [step.store]);
  const store = kernel.outputs[0] as Access;
  const order: LoopAxis[] = kernel.shape.map((size, axis) => ({
    axis,
    size,
    vector: axis === kernel.shape.length - 1,
  }));
  if (order.length === 0) order.push({ axis: 0, size: 1, vector: true });
  const emitter = new NodeEmitter(f, context, kernel.nodes, [step.value, step.index], order, new Set());
  const along = store.strides[order.length - 1] ?? 0;
  const add = step.dtype === 'f32' ? 'f32x4.add' : 'i32x4.add';
  let cleared = false;
  emitLoopNest(f, context, iterations, order, [...emitter.accesses(), store], {
    enter(point) {
      if (!cleared) {
        cleared = true;
        pushAddress(f, point.pointer(store));
        f.i32Const(0);
        f.i32Const(step.clear * 4);
        f.memoryFill();
      }
      emitter.enter(point);
      if (point.depth !== order.length) return;
      const index = f.local('v128');
      const value = f.local('v128');
      const base = f.local('i32');
      const target = f.local('i32');
      emitter.push(step.index, point);
      context.constants.get(f, 0, 'i32');
      f.op('i32x4.max_s');
      context.constants.get(f, step.size - 1, 'i32');
      f.op('i32x4.min_s');
      f.set(index);
      emitter.push(step.value, point);
      f.set(value);
      pushAddress(f, point.pointer(store));
      f.set(base);
      const pushTarget = (lane: number): void => {
        f.get(index);
        f.lane('i32x4.extract_lane', lane);
        f.i32Const(step.stride * 4);
        f.op('i32.mul');
        f.get(base);
        f.op('i32.add');
        f.set(target);
      };
      if (along === 1 && emitter.uniform(step.index)) {
        pushTarget(0);
        emitStore(f, { terms: [target], constant: 0 }, 1, point.lanes, false, () => {
          f.get(target);
          f.load('v128.load', { align: 2 });
          f.get(value);
          f.op(add);
        });
      } else {
        for (let lane = 0; lane < point.lanes; lane++) {
          pushTarget(lane);
          const offset = lane * along * 4;
          f.get(target);
          f.get(target);
          f.load(step.dtype === 'f32' ? 'f32.load' : 'i32.load', { offset });
          f.get(value);
          f.lane(step.dtype === 'f32' ? 'f32x4.extract_lane' : 'i32x4.extract_lane', lane);
          f.op(step.dtype === 'f32' ? 'f32.add' : 'i32.add');
          f.store(step.dtype === 'f32' ? 'f32.store' : 'i32.store', { offset });
        }
      }
      f.free(index, value, base, target);
      emitter.leave();
    },
    leave: () => emitter.leave(),
  });
}
