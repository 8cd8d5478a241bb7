/**
 * What a gradient rule is. Rules emit tensor functions; a missing cotangent stands for zero and costs nothing.
 */

import type { Attributes, InstructionOf, Op, Program } from '@rheo/ir';
import type { Tensor } from '../tensor.ts';
import type { Breaks } from './activity.ts';

/** A cotangent that covers only `start` … `limit` − 1 of an axis; it is zero elsewhere. */
export interface Piece {
  readonly axis: number;
  readonly start: number;
  readonly limit: number;
  /** Number of elements of the whole axis. */
  readonly size: number;
  readonly part: Tensor;
}

/** What a rule returns for an operand; undefined is zero. */
export type Contribution = Tensor | Piece | undefined;

/** What the rule of an op with one result sees. */
export interface Pull<K extends Op> {
  readonly attributes: Attributes[K];
  readonly operands: readonly Tensor[];
  readonly result: Tensor;
  readonly cotangent: Tensor;
  /** Operands whose cotangent is needed; the rule may leave out the others. */
  readonly wanted: readonly boolean[];
}

/** Values of a Program emitted into the current trace, and how cotangents go back through it. */
export interface Differentiated {
  readonly results: readonly Tensor[];
  /** From cotangents of the results to those of the parameters; to be called at most once. */
  pull(cotangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[];
}

/** Emits a Program on operands. `active`: parameters to differentiate by; `seeded`: results that get a cotangent. */
export type Differentiate = (
  program: Program,
  operands: readonly Tensor[],
  active: readonly boolean[],
  seeded: readonly boolean[],
) => Differentiated;

/** What the rule of an op with nested Programs sees; it emits the forward part itself. */
export interface Transform<K extends Op> {
  readonly instruction: InstructionOf<K>;
  readonly operands: readonly Tensor[];
  /** Operands that depend on what is wanted. */
  readonly active: readonly boolean[];
  /** Results that may get a cotangent. */
  readonly seeded: readonly boolean[];
  readonly differentiate: Differentiate;
  readonly breaks: Breaks;
}

/** The gradient rule of an op: `none` has no derivative, and its results are constants to gradients. */
export type GradientRule<K extends Op> =
  | 'none'
  | { readonly pull: (input: Pull<K>) => readonly Contribution[] }
  | { readonly transform: (input: Transform<K>) => Differentiated };
