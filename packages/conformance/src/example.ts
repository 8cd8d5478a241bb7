/**
 * What most cases are made of: a Program with inputs, and how exact a backend must be on it.
 */

import type { Program, TensorData } from '@rheo/ir';
import type { Tolerance } from './tolerance.ts';

/** A Program with inputs, and how exact a backend must be on it. */
export interface Example {
  readonly program: Program;
  readonly inputs: readonly TensorData[];
  /** Numbers for named dimensions. */
  readonly dims?: Readonly<Record<string, number>>;
  readonly tolerance?: Tolerance;
  /** Passes to switch on or off. */
  readonly passes?: Readonly<Record<string, boolean>>;
}
