/**
 * Symbolic tensors: what functions compute with while they are traced. They hold a type and no numbers.
 */

import type { DType, Instruction, Shape, TensorType } from '@rheo/ir';

/** A value of a Program that is being traced; it is good in that trace and in the bodies traced inside it. */
export class Tensor {
  readonly type: TensorType;
  /** The trace that made it; tensors of a finished trace are refused. */
  readonly owner: object;
  /** How it came about; undefined for parameters. */
  readonly origin: Origin | undefined;

  constructor(type: TensorType, owner: object, origin?: Origin) {
    this.type = type;
    this.owner = owner;
    this.origin = origin;
  }

  get dtype(): DType {
    return this.type.dtype;
  }

  get shape(): Shape {
    return this.type.shape;
  }
}

/** The recorded operation behind a tensor. */
export interface Origin {
  readonly op: Instruction['op'];
  readonly operands: readonly Tensor[];
  readonly attributes: Instruction['attributes'];
}

/** A tensor, or a number that takes the element type of the other operand. */
export type Operand = Tensor | number;
