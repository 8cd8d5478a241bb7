/**
 * What a lowering is: a function of the engine's tensors, called within `tidy`, so that it need not free anything.
 */

import type { Attributes, Op } from '@rheo/ir';
import type { Faults } from '../faults.ts';
import type { Tensor, Tfjs } from '../runtime.ts';
import type { BoundType } from '../value.ts';

/** What a lowering may know. */
export interface Context {
  readonly tf: Tfjs;
  /** What the engine was found to get wrong. */
  readonly faults: Faults;
  readonly operands: readonly BoundType[];
  readonly result: BoundType;
}

/**
 * Gives a tensor with the elements of the result in any shape. Operands lie as `engineShape` says and have elements;
 * the operand `index` of gather and scatter_add is flat and clamped.
 */
export type Lowering<K extends Op> = (x: readonly Tensor[], attributes: Attributes[K], context: Context) => Tensor;

/** Ops that the host does itself: sources, what gives integers, and control. */
export type HostOp = 'constant' | 'iota' | 'dimension' | 'argmax' | 'random_bits' | 'scan' | 'while' | 'call';

/** A lowering for every other op. */
export type LoweringTable = { readonly [K in Op]: K extends HostOp ? 'host' : Lowering<K> };

/** Operand `index`, which the verifier has seen to be there. */
export function operand(x: readonly Tensor[], index: number): Tensor {
  return x[index] as Tensor;
}
