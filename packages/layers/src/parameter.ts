/**
 * What a layer asks for: the types of its parameters and how they start, as data.
 */

import type { ParameterConstraint, ParameterRole } from '@rheo/core';
import type { TensorType } from '@rheo/ir';

/** How a parameter starts. */
export type Initialiser =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in ±limit. */
  | { readonly kind: 'uniform'; readonly limit: number }
  /** Uniform between two values; with `softplus`, what is stored is the number whose softplus that is. */
  | { readonly kind: 'range'; readonly low: number; readonly high: number; readonly softplus?: boolean }
  /** −1 or 1. */
  | { readonly kind: 'signs' }
  /** Given values, row-major. */
  | { readonly kind: 'values'; readonly values: readonly number[] }
  /** Rows or columns orthonormal, whichever are fewer. */
  | { readonly kind: 'orthogonal' };

/** A parameter that a layer asks for. */
export interface ParameterSpec {
  readonly type: TensorType;
  readonly role: ParameterRole;
  readonly trainable: boolean;
  readonly constraint?: ParameterConstraint | undefined;
  readonly initial: Initialiser;
}

/** A trainable float32 parameter. */
export function parameter(shape: readonly number[], role: ParameterRole, initial: Initialiser): ParameterSpec {
  return { type: { dtype: 'f32', shape }, role, trainable: true, initial };
}

/** Xavier (Glorot) uniform over a matrix of these fans, times `gain`. */
export function xavier(fanIn: number, fanOut: number, gain: number = 1): Initialiser {
  return { kind: 'uniform', limit: gain * Math.sqrt(6 / (fanIn + fanOut)) };
}

/** Uniform in ±1/√fanIn, as torch.nn.Linear starts its weights and biases. */
export function fanIn(inputs: number): Initialiser {
  return { kind: 'uniform', limit: 1 / Math.sqrt(Math.max(inputs, 1)) };
}

/** A constant start. */
export function startAt(value: number): Initialiser {
  return { kind: 'constant', value };
}
