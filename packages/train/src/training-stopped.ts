/**
 * The error with which training ends early; it keeps what was learnt.
 */

import type { ErrorCode, ErrorDetails } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Fitted } from './fitted.ts';

/**
 * Training ended before its last epoch: `diverged` (a loss or a parameter is not finite), `aborted` (the caller's
 * signal), or the backend's failure (`lost`, `memory`, `backend`).
 */
export class TrainingStopped extends RheoError {
  // Private, so that printing the error does not print the model.
  readonly #fitted: Fitted;

  constructor(code: ErrorCode, details: ErrorDetails, fitted: Fitted) {
    super(code, details);
    this.#fitted = fitted;
  }

  /** The last good parameters: of the stop itself when aborted, else of the end of the last good epoch (or the start). */
  get fitted(): Fitted {
    return this.#fitted;
  }
}
