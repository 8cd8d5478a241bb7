/**
 * The language as data: Programs, instructions, and the 48 ops with their attributes and kinds.
 *
 * A Program is closed, immutable, plain data: typed parameters, instructions in static single assignment form,
 * results. Values are numbered densely: the parameters first, then the results of each instruction in order. Nested
 * Programs (bodies of scan, while and call) are closed too and see only their parameters. `metadata` and parameter
 * names explain; they never change a meaning or the hash.
 *
 * This table is the single list; every rule table (shape, meaning, gradient, batching, lowering) is typed by it as
 * `RuleTable`, so a missing rule does not compile. Meanings that a name does not tell are written beside the
 * attribute types; shapes are explicit everywhere, nothing broadcasts by itself.
 * Every op is total: it never traps, indices clamp, conversions saturate. That is what makes moving code legal.
 */

import type { Dim, DType, Shape, TensorType } from './types.ts';

/** Number of a value within its Program. */
export type ValueId = number;

/** A typed input of a Program. */
export interface Param {
  readonly type: TensorType;
  readonly name?: string;
}

/** Where an instruction came from; errors, profiles and kernels speak in it. */
export interface Metadata {
  /** Path of the layer that traced it: `model/0/cfc`. */
  readonly layer?: string;
  /** Name of the value for people. */
  readonly name?: string;
}

/** One instruction of op `K`; it defines values `id` … `id + types.length − 1`. */
export interface InstructionOf<K extends Op> {
  readonly op: K;
  readonly id: ValueId;
  readonly operands: readonly ValueId[];
  readonly attributes: Attributes[K];
  /** Types of the values it defines: one, but for scan, while and call. */
  readonly types: readonly TensorType[];
  readonly metadata?: Metadata;
}

/** An instruction of any op; switching on `op` narrows the attributes. */
export type Instruction = { readonly [K in Op]: InstructionOf<K> }[Op];

/** The language's unit; see the head of this file. */
export interface Program {
  readonly params: readonly Param[];
  readonly instructions: readonly Instruction[];
  readonly results: readonly ValueId[];
}

/** Ops without attributes. */
export type NoAttributes = Readonly<Record<string, never>>;

/** Attributes of every op. */
export interface Attributes {
  /** Elements in row-major order, f32 values as doubles (rounded once by the backend), bool as 0 or 1. */
  readonly constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly value: readonly number[] };
  /** 0, 1, 2 … along `axis`, equal along the others. i32, u32 or a float. */
  readonly iota: { readonly dtype: DType; readonly shape: Shape; readonly axis: number };
  /** The size behind a name, i32[]. Folds when the name is bound. */
  readonly dimension: { readonly name: string };

  readonly neg: NoAttributes;
  readonly abs: NoAttributes;
  /** −1, 0 or 1; sign(0) = 0 and sign(NaN) = NaN. */
  readonly sign: NoAttributes;
  readonly floor: NoAttributes;
  readonly exp: NoAttributes;
  readonly expm1: NoAttributes;
  readonly log: NoAttributes;
  readonly log1p: NoAttributes;
  /** Accuracy is stated for |x| ≤ 8192. */
  readonly sin: NoAttributes;
  /** Accuracy is stated for |x| ≤ 8192. */
  readonly cos: NoAttributes;
  readonly sqrt: NoAttributes;
  readonly tanh: NoAttributes;
  readonly logistic: NoAttributes;
  readonly erf: NoAttributes;

  /** u32 wraps; i32 is exact within ±2^24 on all backends. */
  readonly add: NoAttributes;
  readonly sub: NoAttributes;
  readonly mul: NoAttributes;
  /** Floats only. */
  readonly div: NoAttributes;
  /** NaN if either is NaN; the gradient of a tie is one half each. */
  readonly max: NoAttributes;
  readonly min: NoAttributes;

  /** Comparisons give bool; with NaN they are false. */
  readonly eq: NoAttributes;
  readonly lt: NoAttributes;
  readonly le: NoAttributes;
  readonly and: NoAttributes;
  readonly or: NoAttributes;
  readonly not: NoAttributes;

  /** Operands p, a, b of one shape: a where p is true, b elsewhere. */
  readonly select: NoAttributes;
  /** Float to i32: toward zero, saturating, NaN gives 0; u32 to i32 saturates. To bool: x ≠ 0. Nothing converts to u32. */
  readonly convert: { readonly to: DType };

  /** Row-major; a named dimension is neither merged nor split. */
  readonly reshape: { readonly shape: Shape };
  /** Result axis i is operand axis permutation[i]. */
  readonly transpose: { readonly permutation: readonly number[] };
  /** Operand axis i is result axis axes[i] (increasing); sizes are equal, a 1 is not stretched. */
  readonly broadcast: { readonly shape: Shape; readonly axes: readonly number[] };
  /** Elements start … limit − 1 along a static axis. */
  readonly slice: { readonly axis: number; readonly start: number; readonly limit: number };
  /** `low` zeros before and `high` zeros after, along a static axis. */
  readonly pad: { readonly axis: number; readonly low: number; readonly high: number };
  readonly concat: { readonly axis: number };
  readonly reverse: { readonly axis: number };
  /** Operands x, index (i32): shape x[:axis] + index.shape + x[axis+1:]; indices clamp to 0 … n − 1, n ≥ 1. */
  readonly gather: { readonly axis: number };
  /** Operands updates, index (i32): zeros of `size` on `axis` plus every update; indices clamp, repeats add up. */
  readonly scatter_add: { readonly axis: number; readonly size: Dim };

  /** Axes are removed; the empty sum is 0. */
  readonly reduce_sum: { readonly axes: readonly number[] };
  /** Needs at least one element; NaN propagates. */
  readonly reduce_max: { readonly axes: readonly number[] };
  /** i32, the lowest index at ties, unspecified for NaN; needs at least one element. */
  readonly argmax: { readonly axis: number };
  /** Result axes: batch, free of left, free of right. The order of summation is free. */
  readonly dot: {
    readonly contract: readonly [readonly number[], readonly number[]];
    readonly batch: readonly [readonly number[], readonly number[]];
  };
  /** Operands key u32[2], high u32[S], low u32[S]: the upper `bits` bits of the first word of threefry2x32-20. */
  readonly random_bits: { readonly bits: number };

  /**
   * Operands: consts, carries, xs (leading axis `length`). Body parameters: consts, carries, slices of xs; body
   * results: carries, slices of ys. In reverse it walks from the last index to the first and ys stay at their
   * index. Length 0 returns the carries unchanged and empty ys.
   */
  readonly scan: {
    readonly body: Program;
    readonly length: Dim;
    readonly reverse: boolean;
    readonly consts: number;
    readonly carries: number;
  };
  /** Operands: consts, carries. cond(consts, carries) → bool[]; body(consts, carries) → carries. Has no reverse rule. */
  readonly while: { readonly cond: Program; readonly body: Program; readonly consts: number };
  /** A named part. Inlined before code is made. */
  readonly call: { readonly body: Program; readonly name: string; readonly gradient: CallGradient };
}

/**
 * How a `call` is differentiated: as its body; not at all; or by its own pair of Programs.
 * forward(operands) → results, then residuals; backward(residuals, cotangents of the float results) → cotangents of
 * the float operands, each in order.
 */
export type CallGradient = 'inline' | 'stop' | { readonly forward: Program; readonly backward: Program };

/** Name of an op; one spelling everywhere. */
export type Op = keyof Attributes;

/** A table that has an entry for every op; leaving one out is a compile error. */
export type RuleTable<Rules extends Record<Op, unknown>> = { readonly [K in Op]: Rules[K] };

/** What an op is made of, for passes and compilers that treat a family alike. */
export type OpKind =
  | 'source' // no operands
  | 'unary' // elementwise, one operand
  | 'binary' // elementwise, two operands
  | 'compare' // elementwise, bool result
  | 'select'
  | 'convert'
  | 'movement' // moves or repeats elements, computes nothing
  | 'index' // moves elements by run-time indices
  | 'reduce'
  | 'dot'
  | 'random'
  | 'control'; // has nested Programs

/** The kind of every op. */
export const opKinds: { readonly [K in Op]: OpKind } = {
  constant: 'source',
  iota: 'source',
  dimension: 'source',
  neg: 'unary',
  abs: 'unary',
  sign: 'unary',
  floor: 'unary',
  exp: 'unary',
  expm1: 'unary',
  log: 'unary',
  log1p: 'unary',
  sin: 'unary',
  cos: 'unary',
  sqrt: 'unary',
  tanh: 'unary',
  logistic: 'unary',
  erf: 'unary',
  add: 'binary',
  sub: 'binary',
  mul: 'binary',
  div: 'binary',
  max: 'binary',
  min: 'binary',
  eq: 'compare',
  lt: 'compare',
  le: 'compare',
  and: 'compare',
  or: 'compare',
  not: 'compare',
  select: 'select',
  convert: 'convert',
  reshape: 'movement',
  transpose: 'movement',
  broadcast: 'movement',
  slice: 'movement',
  pad: 'movement',
  concat: 'movement',
  reverse: 'movement',
  gather: 'index',
  scatter_add: 'index',
  reduce_sum: 'reduce',
  reduce_max: 'reduce',
  argmax: 'reduce',
  dot: 'dot',
  random_bits: 'random',
  scan: 'control',
  while: 'control',
  call: 'control',
};

/** All ops, in table order. */
export const ops: readonly Op[] = Object.keys(opKinds) as Op[];
