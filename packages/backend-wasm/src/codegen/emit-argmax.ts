/**
 * Emits argmax: a scalar walk along one axis that keeps the first of equal elements.
 */

import type { ArgmaxStep } from '@rheo/compiler';
import { collapseKernel } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext } from './emit-context.ts';
import { pushAddress, pushPointer } from './emit-context.ts';
import { emitLoopNest } from './loop-nest.ts';

/** Emits the loops of an argmax. */
export function emitArgmax(
  f: FunctionBuilder,
  context: EmitContext,
  step: ArgmaxStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const kernel = collapseKernel(step.shape, [{ kind: 'load', dtype: step.dtype, access: step.load }], [step.store]);
  const [load] = kernel.nodes;
  const [store] = kernel.outputs;
  if (load?.kind !== 'load' || store === undefined) throw new Error('an argmax has a load and a store');
  const order = kernel.shape.map((size, axis) => ({ axis, size, vector: false }));
  const type = step.dtype === 'f32' ? 'f32' : 'i32';
  emitLoopNest(f, context, iterations, order, [load.access, store], {
    enter(point) {
      if (point.depth !== order.length) return;
      const best = f.local(type);
      const value = f.local(type);
      const position = f.local('i32');
      const counter = f.local('i32');
      const address = f.local('i32');
      pushAddress(f, point.pointer(load.access));
      f.set(address);
      f.i32Const(0);
      f.set(position);
      f.get(address);
      f.load(type === 'f32' ? 'f32.load' : 'i32.load');
      f.set(best);
      f.for_(counter, 0, step.size, 1, () => {
        f.get(address);
        f.load(type === 'f32' ? 'f32.load' : 'i32.load');
        f.tee(value);
        f.get(best);
        f.op(type === 'f32' ? 'f32.gt' : 'i32.gt_s');
        f.if_(() => {
          f.get(value);
          f.set(best);
          f.get(counter);
          f.set(position);
        });
        f.get(address);
        f.i32Const(step.stride * 4);
        f.op('i32.add');
        f.set(address);
      });
      const target = point.pointer(store);
      pushPointer(f, target);
      f.get(position);
      f.store('i32.store', { offset: target.constant });
      f.free(best, value, position, counter, address);
    },
  });
}
