/**
 * Parameters: leaves of a model's tree, with what optimisers and checkpoints must know about them.
 */

import type { TensorType } from '@rheo/ir';

/** What a parameter is for; optimisers and regularisers choose by it. */
export type ParameterRole = 'kernel' | 'recurrent' | 'bias' | 'scale' | 'time' | 'embedding' | 'wiring';

/** A set of values that a parameter must not leave. */
export type ParameterConstraint = 'nonnegative';

/** A trained (or fixed) tensor of a model with its values on the host. */
export interface Parameter {
  readonly type: TensorType;
  readonly role: ParameterRole;
  /** False for what gradients pass by: masks, polarities. */
  readonly trainable: boolean;
  /** What a training step keeps to: `nonnegative`, max(0, value) after each update. None if absent. */
  readonly constraint?: ParameterConstraint | undefined;
  /** Dense, row-major. */
  readonly data: Float32Array;
}
