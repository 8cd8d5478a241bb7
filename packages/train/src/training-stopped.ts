/**
 * The error with which training ends early; it keeps what was learnt, and where to go on.
 */

import type { ErrorCode, ErrorDetails } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Fitted } from './fitted.ts';
import type { TrainingState } from './training-state.ts';

/**
 * Training ended before its last epoch: `diverged` (a loss or a parameter is not finite), `aborted` (the caller's
 * signal), the backend's end or failure (`lost`, `disposed`, `memory`, `backend`), or data that cannot be read any more
 * (`file`).
 */
export class TrainingStopped extends RheoError {
  // Private, so that printing the error does not print the model.
  readonly #fitted: Fitted;
  readonly #state: TrainingState;

  constructor(code: ErrorCode, details: ErrorDetails, fitted: Fitted, state: TrainingState) {
    super(code, details);
    this.#fitted = fitted;
    this.#state = state;
  }

  /** The last good parameters: of the stop itself when aborted, else of the end of the last good epoch (or the start). */
  get fitted(): Fitted {
    return this.#fitted;
  }
  /** The training at the parameters of `fitted`, for `resume`: within an epoch when aborted, else between two. */
  get state(): TrainingState {
    return this.#state;
  }
}
