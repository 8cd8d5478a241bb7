/**
 * Emits the packing of a right operand into panels of eight columns: [batch][⌈N/8⌉][K][8], zero padded.
 */

import type { PackStep } from '@rheo/compiler';
import { packedSize } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { EmitContext } from './emit-context.ts';
import type { LoopAxis } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Emits one loop nest for the whole panels and one for the columns that remain. */
export function emitPack(
  f: FunctionBuilder,
  context: EmitContext,
  step: PackStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const { k, n, kStride, nStride, batch } = step;
  const whole = Math.floor(n / 8);
  const rest = n % 8;
  const panel = packedSize(k, n);
  const outer = batch.map(({ size }, axis) => ({ axis, size, vector: false }));
  let stride = panel;
  const toBatch: number[] = [];
  for (const { size } of [...batch].reverse()) {
    toBatch.unshift(stride);
    stride *= size;
  }
  const rank = batch.length;
  // Axes: batch…, panel, k, column.
  const copy = (panels: number, columns: number, from: number, to: number): void => {
    const source = {
      ...step.from,
      offset: step.from.offset + from,
      strides: [...step.from.strides, 8 * nStride, kStride, nStride],
    };
    const target = { buffer: step.to, offset: to, strides: [...toBatch, 8 * k, 8, 1], loops: [] };
    const order: LoopAxis[] = [
      ...outer,
      { axis: rank, size: panels, vector: false },
      { axis: rank + 1, size: k, vector: false },
      { axis: rank + 2, size: columns, vector: true },
    ];
    const nodes = [{ kind: 'load', dtype: 'f32', access: source } as const];
    const emitter = new NodeEmitter(f, context, nodes, [0], order, new Set());
    emitLoopNest(f, context, iterations, order, [source, target], {
      enter(point) {
        emitter.enter(point);
        if (point.depth !== order.length) return;
        emitStore(f, point.pointer(target), 1, point.lanes, false, () => emitter.push(0, point));
        emitter.leave();
      },
      leave: () => emitter.leave(),
    });
  };
  if (whole > 0) copy(whole, 8, 0, 0);
  if (rest === 0) return;
  // The unused columns of the last panel must be zero, not what the memory held before.
  const clear = { buffer: step.to, offset: whole * 8 * k, strides: toBatch, loops: [] };
  const order = outer.length > 0 ? outer : [{ axis: 0, size: 1, vector: false }];
  emitLoopNest(f, context, iterations, order, [clear], {
    enter(point) {
      if (point.depth !== order.length) return;
      const { terms, constant } = point.pointer(clear);
      f.i32Const(constant);
      for (const term of terms) {
        f.get(term);
        f.op('i32.add');
      }
      f.i32Const(0);
      f.i32Const(8 * k * 4);
      f.memoryFill();
    },
  });
  copy(1, rest, whole * 8 * nStride, whole * 8 * k);
}
