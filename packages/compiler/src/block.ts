/**
 * State of the lowering: buffers, open loops, and the block (a Program or a loop body) at hand.
 */

import type { DType, Instruction, ValueId } from '@rheo/ir';
import type { Buffer, BufferKind, MapStep, Origin, Step } from './kernels.ts';
import type { BlockValues } from './nodes.ts';
import { NodeBuilder, viewOf } from './nodes.ts';
import type { View } from './views.ts';
import { accessAt, denseView, identityMap, isDense, sizeOf } from './views.ts';

/** Steps of one nesting level. */
export interface Frame {
  readonly steps: Step[];
}

/** A place where a value is wanted. */
export interface Request {
  readonly view: View;
  /** The loop parameter whose memory this is: it may only be overwritten when nobody reads the old value any more. */
  readonly carry?: ValueId;
}

/** A block being lowered. */
export interface Block extends BlockValues {
  /** Places where values are wanted, by value. */
  readonly requests: Map<ValueId, Request[]>;
  /** Requests that a kernel has already served. */
  readonly served: Set<Request>;
}

/** Everything that lives as long as one lowering. */
export class Lowering {
  readonly buffers: Buffer[] = [];
  readonly frames: Frame[] = [{ steps: [] }];
  /** Packed right operands by place and layout, per frame: what was packed, and where it lies now. */
  readonly packs: Map<string, { readonly from: number; readonly to: number }>[] = [new Map()];
  /** False if products read their right operands where they lie. */
  readonly packing: boolean;
  /** Width of the panels of a right operand with so many columns. */
  readonly panel: (columns: number) => number;
  #loops = 0;

  /** True for groups that add to several sums. */
  readonly sums: boolean;

  constructor(packing: boolean, panel: (columns: number) => number, sums: boolean) {
    this.packing = packing;
    this.panel = panel;
    this.sums = sums;
  }

  get depth(): number {
    return this.frames.length - 1;
  }

  /** Steps of the innermost open level. */
  get steps(): Step[] {
    return (this.frames[this.depth] as Frame).steps;
  }

  newLoop(): number {
    return this.#loops++;
  }

  /** Lowers with a new level of steps and returns them. */
  within(work: () => void): Step[] {
    const frame: Frame = { steps: [] };
    this.frames.push(frame);
    this.packs.push(new Map());
    work();
    this.frames.pop();
    this.packs.pop();
    return frame.steps;
  }

  /** A buffer gets new contents: what was packed of it is no longer true. */
  forgetPacks(buffer: number): void {
    for (const packs of this.packs) for (const [key, { from }] of packs) if (from === buffer) packs.delete(key);
  }

  buffer(
    kind: BufferKind,
    dtype: DType,
    size: number,
    extra: { index?: number; data?: readonly number[]; origin?: Origin } = {},
  ): number {
    this.buffers.push({ id: this.buffers.length, kind, dtype, size, ...extra });
    return this.buffers.length - 1;
  }

  /** A dense temporary of the current level. */
  temporary(dtype: DType, shape: readonly number[]): View {
    return denseView(this.buffer('temporary', dtype, sizeOf(shape)), shape, this.depth);
  }
}

/** Where a step came from. */
export function originOf(instruction: Instruction | undefined, fallback: string): Origin {
  const name = instruction?.metadata?.name ?? instruction?.op ?? fallback;
  const layer = instruction?.metadata?.layer;
  return layer === undefined ? { name } : { name, layer };
}

/** A map step that evaluates one value at every index and writes it to some places. */
export function copyValue(block: Block, id: ValueId, views: readonly View[], origin: Origin): MapStep {
  const shape = (views[0] as View).shape;
  const builder = new NodeBuilder(block, shape.length);
  const map = identityMap(shape.length);
  const node = builder.value(id, map);
  const stores = views.map((view) => ({ node, access: accessAt(view, map, shape.length) }));
  return { kind: 'map', origin, shape, nodes: builder.nodes, stores };
}

/** A value's place in memory; what is only computable in place is written to a temporary first. */
export function inMemory(lowering: Lowering, block: Block, id: ValueId): View {
  const known = viewOf(block, id);
  if (known !== undefined) return known;
  const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
  const view = lowering.temporary(dtype, shape);
  emit(lowering, copyValue(block, id, [view], originOf(block.fusion.definition(id), 'copy')));
  block.views.set(id, view);
  return view;
}

/** A value's elements one after the other in memory. */
export function denselyInMemory(lowering: Lowering, block: Block, id: ValueId): View {
  const known = viewOf(block, id);
  if (known !== undefined && isDense(known)) return known;
  const { dtype, shape } = block.types[id] as { dtype: DType; shape: readonly number[] };
  const view = lowering.temporary(dtype, shape);
  emit(lowering, copyValue(block, id, [view], originOf(block.fusion.definition(id), 'copy')));
  return view;
}

/** Appends a step unless it has nothing to do. */
export function emit(lowering: Lowering, step: Step): void {
  if (step.kind === 'map' && (sizeOf(step.shape) === 0 || step.stores.length === 0)) return;
  lowering.steps.push(step);
}

/** Writes zeros to a place. */
export function fill(lowering: Lowering, block: Block, view: View, origin: Step['origin']): void {
  const rank = view.shape.length;
  const builder = new NodeBuilder(block, rank);
  const node = builder.number(lowering.buffers[view.buffer]?.dtype ?? 'f32', 0);
  const access = accessAt(view, identityMap(rank), rank);
  emit(lowering, { kind: 'map', origin, shape: view.shape, nodes: builder.nodes, stores: [{ node, access }] });
}
