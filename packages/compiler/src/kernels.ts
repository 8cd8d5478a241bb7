/**
 * What the compiler makes of a Program: buffers, and steps that read and write them. Plain data, for any target.
 *
 * A step is a loop kernel (map, reduce, product …) or control (loop, while) around steps. All sizes are numbers.
 * Addresses are affine: a constant offset, a stride per kernel axis, and a stride per enclosing scan loop, all in
 * elements of 4 bytes; targets turn them into pointers. Kernels of one loop body run in order.
 */

import type { DType, Op } from '@rheo/ir';

/** Where the memory of a buffer comes from. */
export type BufferKind =
  | 'input' // memory of the caller, by position
  | 'result' // memory of the caller, by position
  | 'constant' // filled once when the Program is loaded
  | 'temporary'; // placed by the memory plan

/** A block of 4-byte elements. */
export interface Buffer {
  readonly id: number;
  readonly kind: BufferKind;
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** Position of an input or result. */
  readonly index?: number;
  /** Contents of a constant. */
  readonly data?: readonly number[];
  /** Where a constant came from. */
  readonly origin?: Origin;
}

/** A term of an address: iteration number of an enclosing loop times a stride in elements. */
export interface LoopTerm {
  readonly loop: number;
  readonly stride: number;
}

/** An affine place in a buffer: offset + Σ strides·axes + Σ loop terms, in elements. */
export interface Access {
  readonly buffer: number;
  readonly offset: number;
  /** One stride per axis of the kernel. */
  readonly strides: readonly number[];
  readonly loops: readonly LoopTerm[];
}

/** An affine function of the kernel's axes. */
export interface Affine {
  readonly constant: number;
  readonly coefficients: readonly number[];
}

/** Ops that stand in the arithmetic of a kernel; the others have become addresses and steps. */
export type ElementwiseOp = Exclude<
  Op,
  | 'constant'
  | 'iota'
  | 'dimension'
  | 'reshape'
  | 'transpose'
  | 'broadcast'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'reverse'
  | 'gather'
  | 'scatter_add'
  | 'reduce_sum'
  | 'reduce_max'
  | 'argmax'
  | 'dot'
  | 'scan'
  | 'while'
  | 'call'
>;

/** A node of a kernel's arithmetic; operands are earlier nodes. */
export type Node =
  | { readonly kind: 'load'; readonly dtype: DType; readonly access: Access }
  | { readonly kind: 'constant'; readonly dtype: DType; readonly value: number }
  /** An iota. */
  | { readonly kind: 'index'; readonly dtype: DType; readonly index: Affine }
  /** An elementwise op; `from` is the dtype of the operands. */
  | {
      readonly kind: 'op';
      readonly op: Op;
      readonly dtype: DType;
      readonly from: DType;
      readonly args: readonly number[];
      /** Bits kept, for random_bits. */
      readonly bits?: number;
    }
  /** An element of `access` moved by stride × (the value of node `index` clamped to 0 … size − 1). */
  | {
      readonly kind: 'gather';
      readonly dtype: DType;
      readonly access: Access;
      readonly index: number;
      readonly size: number;
      readonly stride: number;
    }
  /** The element of the product whose epilogue this is. */
  | { readonly kind: 'product'; readonly dtype: 'f32' };

/** A value to be written. */
export interface Store {
  readonly node: number;
  readonly access: Access;
}

/** Where a kernel came from, for profiles and function names. */
export interface Origin {
  readonly name: string;
  readonly layer?: string;
}

/** For every point of `shape`: evaluate the nodes, write the stores. */
export interface MapStep {
  readonly kind: 'map';
  readonly origin: Origin;
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
  readonly stores: readonly Store[];
}

/** Sums or maxima of nodes over the last `reduced` axes of `shape`, side by side; the stores' strides there are 0. */
export interface ReduceStep {
  readonly kind: 'reduce';
  readonly origin: Origin;
  readonly op: 'reduce_sum' | 'reduce_max';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly reduced: number;
  readonly nodes: readonly Node[];
  readonly stores: readonly Store[];
}

/**
 * Adds nodes to what their places hold: for every point of `shape`, each store's place gets the node's value added. Along
 * the axes over which a sum runs its place stands still (stride 0); different sums may run over different axes.
 */
export interface SumsStep {
  readonly kind: 'sums';
  readonly origin: Origin;
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
  readonly stores: readonly Store[];
}

/** Position of the largest element along `size` elements of stride `stride`, for every point of `shape`. */
export interface ArgmaxStep {
  readonly kind: 'argmax';
  readonly origin: Origin;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly size: number;
  readonly stride: number;
  readonly load: Access;
  readonly store: Access;
}

/** Copies B[K,N] of any strides into column panels: [batch][⌈N/panel⌉][K][panel], zero padded. */
export interface PackStep {
  readonly kind: 'pack';
  readonly origin: Origin;
  readonly k: number;
  readonly n: number;
  /** Columns of a panel. */
  readonly panel: number;
  readonly kStride: number;
  readonly nStride: number;
  readonly batch: readonly { readonly size: number; readonly stride: number }[];
  readonly from: Access;
  readonly to: number;
}

/** The right operand of a product as it lies in memory. */
export interface NaturalOperand {
  /** Place of B[0,0]; strides are those of the batch axes. */
  readonly access: Access;
  readonly kStride: number;
  readonly nStride: number;
}

/** C[m,n] = Σ_k A[m,k]·B[k,n] for every batch; B is packed. C goes through the epilogue or straight into its store. */
export interface ProductStep {
  readonly kind: 'product';
  readonly origin: Origin;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Place of A[0,0]; strides are those of the batch axes. */
  readonly a: Access;
  readonly mStride: number;
  readonly kStride: number;
  /** Packed B: [panels] per batch item, `batchStride` elements apart (0 when shared). */
  readonly packed: number;
  /** Columns of a panel of it. */
  readonly panel: number;
  readonly batch: readonly { readonly size: number; readonly packedStride: number }[];
  /** B where the target asked for no packing; `packed` is then its own buffer, and the packed strides are 0. */
  readonly natural?: NaturalOperand;
  /** Map over [batch…, m, n]; a node of kind 'product' is C. */
  readonly epilogue: MapStep;
}

/** store[…clamped index…] += value, over `shape`, after zeroing; the index moves along `stride`. */
export interface ScatterStep {
  readonly kind: 'scatter';
  readonly origin: Origin;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
  readonly value: number;
  readonly index: number;
  readonly size: number;
  readonly stride: number;
  readonly store: Access;
  /** Elements to clear first, from the store's offset on. */
  readonly clear: number;
}

/** Runs its body for iteration numbers 0 … length − 1, or downwards in reverse. */
export interface LoopStep {
  readonly kind: 'loop';
  readonly origin: Origin;
  readonly loop: number;
  readonly length: number;
  readonly reverse: boolean;
  /**
   * True if iterations do not depend on each other: a scan without carries at the top level, such as a loop over tiles.
   * They may run at the same time, if each has its own copy of the buffers that the memory plan calls private.
   */
  readonly parallel: boolean;
  readonly body: readonly Step[];
}

/** Runs `test`; while the flag is set, runs `body` and tests again. */
export interface WhileStep {
  readonly kind: 'while';
  readonly origin: Origin;
  readonly test: readonly Step[];
  readonly flag: Access;
  readonly body: readonly Step[];
}

/** A unit of work. */
export type Step =
  | MapStep
  | ReduceStep
  | SumsStep
  | ArgmaxStep
  | PackStep
  | ProductStep
  | ScatterStep
  | LoopStep
  | WhileStep;

/** A lowered Program. */
export interface Lowered {
  readonly buffers: readonly Buffer[];
  /** Work that depends on bound inputs only; run once by `bind`. */
  readonly prepare: readonly Step[];
  readonly steps: readonly Step[];
}

/** Columns of a panel where the target asks for no other width. */
export const panelWidth = 8;

/** Elements of a packed right operand. */
export function packedSize(k: number, n: number, panel: number = panelWidth): number {
  return Math.ceil(n / panel) * panel * k;
}

/** Reads and writes of a step, nested ones included: buffer ids. */
export function touched(step: Step): { reads: Set<number>; writes: Set<number> } {
  const reads = new Set<number>();
  const writes = new Set<number>();
  visit(step, reads, writes);
  return { reads, writes };
}

function visit(step: Step, reads: Set<number>, writes: Set<number>): void {
  const nodes = (list: readonly Node[]): void => {
    for (const node of list) if (node.kind === 'load' || node.kind === 'gather') reads.add(node.access.buffer);
  };
  switch (step.kind) {
    case 'map':
      nodes(step.nodes);
      for (const store of step.stores) writes.add(store.access.buffer);
      break;
    case 'reduce':
      nodes(step.nodes);
      for (const store of step.stores) writes.add(store.access.buffer);
      break;
    case 'sums':
      nodes(step.nodes);
      for (const { access } of step.stores) {
        reads.add(access.buffer);
        writes.add(access.buffer);
      }
      break;
    case 'argmax':
      reads.add(step.load.buffer);
      writes.add(step.store.buffer);
      break;
    case 'pack':
      reads.add(step.from.buffer);
      writes.add(step.to);
      break;
    case 'product':
      reads.add(step.a.buffer);
      reads.add(step.packed);
      visit(step.epilogue, reads, writes);
      break;
    case 'scatter':
      nodes(step.nodes);
      writes.add(step.store.buffer);
      break;
    case 'loop':
      for (const inner of step.body) visit(inner, reads, writes);
      break;
    case 'while':
      for (const inner of step.test) visit(inner, reads, writes);
      reads.add(step.flag.buffer);
      for (const inner of step.body) visit(inner, reads, writes);
      break;
  }
}
