/**
 * Emits sums and maxima, with the arithmetic that feeds them fused in.
 *
 * Vectors run along the last kept axis when the data lies so, one sum per lane; else along the last reduced axis,
 * with one sum across the lanes at the end. The order of summation depends on shapes only.
 */

import type { Access, Node, ReduceStep } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import { collapseKernel } from './collapse-kernel.ts';
import type { EmitContext } from './emit-context.ts';
import type { LoopAxis } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Emits the loops of a reduction. */
export function emitReduce(
  f: FunctionBuilder,
  context: EmitContext,
  step: ReduceStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const kernel = collapseKernel(step.shape, step.nodes, [step.store], step.shape.length - step.reduced);
  const store = kernel.outputs[0] as Access;
  const { shape, split } = kernel;
  const lanesAlongKept = split > 0 && (shape.length === split || keptIsContiguous(kernel.nodes, shape, split));
  const vectorAxis = lanesAlongKept ? split - 1 : shape.length - 1;
  const order: LoopAxis[] = shape.map((size, axis) => ({ axis, size, vector: axis === vectorAxis }));
  if (order.length === 0) order.push({ axis: 0, size: 1, vector: true });
  const operations = step.dtype === 'f32' ? floats : integers;
  const plain = step.op === 'reduce_sum' ? operations.add : operations.max;
  const neutral = step.op === 'reduce_sum' ? 0 : operations.lowest;
  const pushNeutral = (): void => context.constants.get(f, neutral, step.dtype === 'f32' ? 'f32' : 'i32');
  const accumulator = f.local('v128');
  const emitter = new NodeEmitter(f, context, kernel.nodes, [step.value], order, new Set([store.buffer]));
  // The depth at which all kept axes have been entered: there a sum starts and ends.
  const boundary = split;
  emitLoopNest(f, context, iterations, order, [...emitter.accesses(), store], {
    enter(point) {
      if (point.depth === boundary) {
        pushNeutral();
        f.set(accumulator);
      }
      emitter.enter(point);
      if (point.depth !== order.length) return;
      f.get(accumulator);
      emitter.push(step.value, point);
      if (!lanesAlongKept && point.lanes < 4) {
        const mask = laneMask(point.lanes);
        if (step.op === 'reduce_sum') {
          f.v128Const(mask);
          f.op('v128.and');
        } else {
          pushNeutral();
          f.v128Const(mask);
          f.op('v128.bitselect');
        }
      }
      f.op(plain);
      f.set(accumulator);
      emitter.leave();
      if (point.depth === boundary) finish(point);
    },
    leave(point) {
      emitter.leave();
      if (point.depth === boundary) finish(point);
    },
  });
  f.free(accumulator);

  function finish(point: Parameters<Parameters<typeof emitLoopNest>[5]['enter']>[0]): void {
    const pointer = point.pointer(store);
    if (lanesAlongKept) {
      emitStore(f, pointer, store.strides[vectorAxis] ?? 0, point.lanes, false, () => f.get(accumulator));
      return;
    }
    for (const half of [2, 1]) {
      f.get(accumulator);
      f.get(accumulator);
      f.get(accumulator);
      f.shuffle32(half, (1 + half) % 4, half === 2 ? 0 : 3, half === 2 ? 1 : 2);
      f.op(plain);
      f.set(accumulator);
    }
    emitStore(f, pointer, 1, 1, false, () => f.get(accumulator));
  }
}

const floats = { add: 'f32x4.add', max: 'f32x4.max', lowest: Number.NEGATIVE_INFINITY } as const;
const integers = { add: 'i32x4.add', max: 'i32x4.max_s', lowest: -2147483648 } as const;

/** True if vectors along the last kept axis read memory more evenly than along the last reduced one. */
function keptIsContiguous(nodes: readonly Node[], shape: readonly number[], split: number): boolean {
  let kept = 0;
  let reduced = 0;
  for (const node of nodes) {
    if (node.kind !== 'load') continue;
    const strides = node.access.strides;
    if ((strides[split - 1] ?? 0) === 1) kept++;
    if ((strides[shape.length - 1] ?? 0) === 1) reduced++;
  }
  return kept > reduced || (kept === reduced && (shape[split - 1] ?? 1) >= (shape[shape.length - 1] ?? 1));
}

/** All bits in the first lanes. */
function laneMask(lanes: number): Uint8Array {
  return new Uint8Array(16).fill(255, 0, lanes * 4);
}
