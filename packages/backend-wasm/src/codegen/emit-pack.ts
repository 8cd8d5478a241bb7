/**
 * Emits the packing of right operands into panels of eight columns, one matrix for each point of the batch axes.
 */

import type { PackStep } from '@rheo/compiler';
import { packedSize } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import { emitPack as emitPanels } from '../gemm/pack.ts';
import type { EmitContext } from './emit-context.ts';
import { pushAddress } from './emit-context.ts';
import { emitLoopNest } from './loop-nest.ts';

/** Emits the loops of a pack. */
export function emitPack(
  f: FunctionBuilder,
  context: EmitContext,
  step: PackStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const { k, n, kStride, nStride, batch, from } = step;
  let stride = packedSize(k, n);
  const strides: number[] = [];
  for (const { size } of [...batch].reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  const to = { buffer: step.to, offset: 0, strides, loops: [] };
  const order = batch.map(({ size }, axis) => ({ axis, size, vector: false }));
  emitLoopNest(f, context, iterations, order, [from, to], {
    enter(point) {
      if (point.depth !== order.length) return;
      const src = f.local('i32');
      const dst = f.local('i32');
      pushAddress(f, point.pointer(from));
      f.set(src);
      pushAddress(f, point.pointer(to));
      f.set(dst);
      emitPanels(f, { K: k, N: n, kStride: kStride * 4, nStride: nStride * 4, src, dst });
      f.free(src, dst);
    },
  });
}
