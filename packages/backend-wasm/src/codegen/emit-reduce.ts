/**
 * Emits sums and maxima, several side by side, with the arithmetic that feeds them fused in.
 *
 * Vectors run along the last kept axis when the data lies so: one sum per lane, and four vectors at a time where there
 * are enough, so that a cache line that is touched is used whole. Else they run along the last reduced axis, with one
 * sum across the lanes at the end. The order of summation depends on shapes only.
 */

import type { Access, CollapsedKernel, Node, ReduceStep } from '@rheo/compiler';
import { collapseKernel, keptIsContiguous } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { PlainOp } from '../assembler/opcodes.ts';
import type { EmitContext } from './emit-context.ts';
import type { LoopAxis, NestPoint } from './loop-nest.ts';
import { emitLoopNest } from './loop-nest.ts';
import { emitStore, NodeEmitter } from './node-emitter.ts';

/** Vectors of the wide form, and the accumulators it may use: more would spill. */
const maxVectors = 4;
const maxAccumulators = 8;

const floats = { add: 'f32x4.add', max: 'f32x4.max', lowest: Number.NEGATIVE_INFINITY } as const;
const integers = { add: 'i32x4.add', max: 'i32x4.max_s', lowest: -2147483648 } as const;

/** Emits the loops of a reduction. */
export function emitReduce(
  f: FunctionBuilder,
  context: EmitContext,
  step: ReduceStep,
  iterations: ReadonlyMap<number, Local>,
): void {
  const outputs = step.stores.map(({ access }) => access);
  const kernel = collapseKernel(step.shape, step.nodes, outputs, step.shape.length - step.reduced);
  const { shape, split } = kernel;
  const kept = split > 0 && (shape.length === split || keptIsContiguous(kernel.nodes, shape, split));
  const axis = kept ? split - 1 : shape.length - 1;
  const size = shape[axis] ?? 1;
  const wide = 4 * Math.min(maxVectors, Math.floor(maxAccumulators / outputs.length));
  const whole = Math.floor(size / wide);
  if (!kept || whole === 0 || shape.length === split || !fitsWide(kernel, axis)) {
    const order: LoopAxis[] = shape.map((length, i) => ({ axis: i, size: length, vector: i === axis }));
    if (order.length === 0) order.push({ axis: 0, size: 1, vector: true });
    emitPart(f, context, step, iterations, kernel, order, split, kept ? axis : undefined);
    return;
  }
  // The kept axis in wide steps, the reduced axes within, the vectors of a step within those.
  const lanes = shape.length;
  const order: LoopAxis[] = [
    ...shape.map((length, i) => ({ axis: i, size: i === axis ? whole : length, vector: false })),
    { axis: lanes, size: wide, vector: true, unroll: true },
  ];
  const widened = mapVectors(kernel, (vector) => [
    ...vector.map((stride, i) => (i === axis ? stride * wide : stride)),
    vector[axis] ?? 0,
  ]);
  emitPart(f, context, step, iterations, widened, order, split, lanes);
  if (size % wide === 0) return;
  const rest = shift(kernel, axis, whole * wide);
  const restOrder = shape.map((length, i) => ({
    axis: i,
    size: i === axis ? size % wide : length,
    vector: i === axis,
  }));
  emitPart(f, context, step, iterations, rest, restOrder, split, axis);
}

/** One loop nest; `along` is the axis of the vectors if it is kept, undefined if it is reduced. */
function emitPart(
  f: FunctionBuilder,
  context: EmitContext,
  step: ReduceStep,
  iterations: ReadonlyMap<number, Local>,
  kernel: CollapsedKernel,
  order: readonly LoopAxis[],
  boundary: number,
  along: number | undefined,
): void {
  const operations = step.dtype === 'f32' ? floats : integers;
  const plain: PlainOp = step.op === 'reduce_sum' ? operations.add : operations.max;
  const neutral = step.op === 'reduce_sum' ? 0 : operations.lowest;
  const pushNeutral = (): void => context.constants.get(f, neutral, step.dtype === 'f32' ? 'f32' : 'i32');
  const last = order.at(-1);
  const vectors = last?.unroll === true ? last.size / 4 : 1;
  const sums = step.stores.map(() => Array.from({ length: vectors }, () => f.local('v128')));
  const roots = step.stores.map(({ node }) => node);
  const written = new Set(kernel.outputs.map(({ buffer }) => buffer));
  const emitter = new NodeEmitter(f, context, kernel.nodes, roots, order, written);
  emitLoopNest(f, context, iterations, order, [...emitter.accesses(), ...kernel.outputs], {
    enter(point) {
      if (point.depth === boundary) {
        for (const sum of sums.flat()) {
          pushNeutral();
          f.set(sum);
        }
      }
      emitter.enter(point);
      if (point.depth !== order.length) return;
      step.stores.forEach(({ node }, index) => {
        const sum = sums[index]?.[point.vector] as Local;
        f.get(sum);
        emitter.push(node, point);
        if (along === undefined && point.lanes < 4) maskLanes(point.lanes);
        f.op(plain);
        f.set(sum);
      });
      emitter.leave();
      if (point.depth === boundary) finish(point);
    },
    leave(point) {
      emitter.leave();
      if (point.depth === boundary) finish(point);
    },
  });
  f.free(...sums.flat());

  /** Lanes past the end must not count. */
  function maskLanes(lanes: number): void {
    const mask = new Uint8Array(16).fill(255, 0, lanes * 4);
    if (step.op === 'reduce_sum') {
      f.v128Const(mask);
      f.op('v128.and');
    } else {
      pushNeutral();
      f.v128Const(mask);
      f.op('v128.bitselect');
    }
  }

  function finish(point: NestPoint): void {
    kernel.outputs.forEach((store, index) => {
      const pointer = point.pointer(store);
      (sums[index] as Local[]).forEach((sum, vector) => {
        if (along === undefined) {
          acrossLanes(sum);
          emitStore(f, pointer, 1, 1, false, () => f.get(sum));
          return;
        }
        const stride = store.strides[along] ?? 0;
        const place = { terms: pointer.terms, constant: pointer.constant + vector * 16 * stride };
        emitStore(f, place, stride, vectors > 1 ? 4 : point.lanes, false, () => f.get(sum));
      });
    });
  }

  /** Leaves the sum of all lanes in every lane. */
  function acrossLanes(sum: Local): void {
    for (const half of [2, 1]) {
      f.get(sum);
      f.get(sum);
      f.get(sum);
      f.shuffle32(half, (1 + half) % 4, half === 2 ? 0 : 3, half === 2 ? 1 : 2);
      f.op(plain);
      f.set(sum);
    }
  }
}

/** True if everything moves by 0 or 1 along an axis. */
function fitsWide(kernel: CollapsedKernel, axis: number): boolean {
  const even = (access: Access): boolean => (access.strides[axis] ?? 0) === 0 || access.strides[axis] === 1;
  const nodes = kernel.nodes.every((node) => (node.kind === 'load' ? even(node.access) : node.kind !== 'gather'));
  return nodes && kernel.outputs.every(even);
}

/** A kernel with all its stride vectors changed. */
function mapVectors(kernel: CollapsedKernel, change: (vector: readonly number[]) => number[]): CollapsedKernel {
  const moved = (access: Access): Access => ({ ...access, strides: change(access.strides) });
  return {
    shape: kernel.shape,
    outputs: kernel.outputs.map(moved),
    nodes: kernel.nodes.map((node): Node => {
      if (node.kind === 'load' || node.kind === 'gather') return { ...node, access: moved(node.access) };
      if (node.kind !== 'index') return node;
      return { ...node, index: { ...node.index, coefficients: change(node.index.coefficients) } };
    }),
  };
}

/** A kernel that starts further along an axis. */
function shift(kernel: CollapsedKernel, axis: number, by: number): CollapsedKernel {
  const moved = (access: Access): Access => ({ ...access, offset: access.offset + by * (access.strides[axis] ?? 0) });
  return {
    shape: kernel.shape,
    outputs: kernel.outputs.map(moved),
    nodes: kernel.nodes.map((node): Node => {
      if (node.kind === 'load' || node.kind === 'gather') return { ...node, access: moved(node.access) };
      if (node.kind !== 'index') return node;
      const { constant, coefficients } = node.index;
      return { ...node, index: { constant: constant + by * (coefficients[axis] ?? 0), coefficients } };
    }),
  };
}
