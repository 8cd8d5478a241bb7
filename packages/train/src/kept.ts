/**
 * The last good state of a training, the model that it is, and the error that carries both out when training ends early.
 */

import type { Backend, ErrorCode } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import type { Fitted } from './fitted.ts';
import { createFitted } from './fitted.ts';
import type { L2 } from './l2.ts';
import type { Loss } from './losses/loss.ts';
import type { EpochRecord } from './training-facts.ts';
import type { TrainingState } from './training-state.ts';
import { TrainingStopped } from './training-stopped.ts';

/** What stays the same while a model is trained. */
export interface FixedParts {
  readonly model: Layer;
  readonly backend: Backend;
  readonly loss: Loss;
  readonly penalty: L2 | undefined;
}

/** What changes from one state to the next. */
export interface Advance extends Pick<TrainingState, 'parameters' | 'slots' | 'underWay' | 'best'> {
  readonly steps: number;
  readonly history: readonly EpochRecord[];
}

/** Holds what training would lose. */
export class Kept {
  readonly #parts: FixedParts;
  #state: TrainingState;
  #fitted: Fitted;

  constructor(parts: FixedParts, state: TrainingState) {
    this.#parts = parts;
    this.#state = state;
    this.#fitted = fittedOf(parts, state);
  }

  get state(): TrainingState {
    return this.#state;
  }

  /** The model at the state. */
  get fitted(): Fitted {
    return this.#fitted;
  }

  /** The model that training gives: that of the best epoch where one is kept. */
  get result(): Fitted {
    const { best, training } = this.#state;
    if (best === undefined) return this.#fitted;
    const { parameters, epoch } = best;
    return fittedOf(this.#parts, this.#state, { parameters, training: { ...training, bestEpoch: epoch } });
  }

  /** Takes the place of what was kept. */
  advance({ steps, history, ...numbers }: Advance): void {
    const { training } = this.#state;
    this.#state = Object.freeze({ ...this.#state, ...numbers, training: { ...training, steps, history } });
    this.#fitted = fittedOf(this.#parts, this.#state);
  }

  /** The error with which training ends. */
  stop(code: ErrorCode, what: string, remedy: string, cause?: unknown): TrainingStopped {
    return new TrainingStopped(code, { from: '@rheo/train', what, remedy, cause }, this.result, this.#state);
  }

  /** The error for numbers that are not finite. */
  diverged(what: string): TrainingStopped {
    return this.stop('diverged', what, 'Lower the learning rate, clip gradients (clipNorm), or scale the data');
  }
}

function fittedOf(
  parts: FixedParts,
  state: TrainingState,
  { parameters, training }: Pick<TrainingState, 'parameters' | 'training'> = state,
): Fitted {
  return createFitted({ ...parts, features: state.features, parameters, training, state });
}
