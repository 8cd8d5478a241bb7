/**
 * One comparison: a model with given parameters on given inputs, and what an original computed for them.
 */

import type { Layer } from '@rheo/layers';
import type { FlatArray } from './flat-array.ts';

/** Tensors by parameter path or state path. */
export type ByPath = Readonly<Record<string, FlatArray>>;

export interface ParityCase {
  readonly model: Layer;
  /** The same model in forms that must give the same numbers. */
  readonly otherForms?: readonly Layer[];
  readonly features: number;
  /** True if inputs and outputs have time first. */
  readonly timeMajor: boolean;
  readonly parameters: ByPath;
  /** [batch, time, features], or time first. */
  readonly values: FlatArray;
  readonly dt: FlatArray | undefined;
  readonly mask: FlatArray | undefined;
  /** States that do not start at zero. */
  readonly state: ByPath;
  readonly expected: {
    readonly outputs: FlatArray;
    readonly finalState: ByPath;
    /** Gradients of the sum of squared outputs. */
    readonly parameters: ByPath;
    readonly values: FlatArray | undefined;
    readonly state: ByPath;
  };
}

/** A vector that the runner has no case for; the message says why. */
export class Unsupported extends Error {}
