/**
 * Which failure ends a training, and as what: the end of the device and the failures of a backend become
 * `TrainingStopped`, which loses nothing, and so do data that cannot be read any more; a fault in the caller's own code stays
 * as it is.
 */

import type { DeviceWatch } from '@rheo/core';
import type { ErrorCode } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import type { Kept } from './kept.ts';
import { TrainingStopped } from './training-stopped.ts';

/** Failures of a backend that end a training but lose nothing that was learnt. */
const backendFailures: readonly ErrorCode[] = ['lost', 'memory', 'backend'];

/** What a callback of the caller threw, as `cause`. */
class CallerFailure extends Error {}

/** Runs the caller's code, its failure marked as the caller's. */
export async function callerCode(run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new CallerFailure('a callback failed', { cause });
  }
}

/** What to throw for what was thrown while a training was set up or ran. */
export async function failureOfTraining(
  thrown: unknown,
  kept: Kept,
  watch: DeviceWatch,
  phase: 'setup' | 'run',
): Promise<unknown> {
  const ofCaller = thrown instanceof CallerFailure;
  const error = ofCaller ? thrown.cause : thrown;
  if (error instanceof TrainingStopped) return error;
  const code = isRheoError(error) ? error.code : undefined;
  // An engine may fail a run a moment before it says that its device is lost.
  if (watch.gone === undefined) await new Promise((resolve) => setTimeout(resolve, 0));
  const { gone } = watch;
  const ofBackend = code !== undefined && (backendFailures.includes(code) || code === 'disposed');
  const remedy = 'Go on with a new backend: train(model, { …, backend, resume: error.state })';
  if (gone !== undefined && (ofBackend || !ofCaller)) {
    const what = gone.reason === 'lost' ? `the device was lost: ${gone.message}` : 'the backend was disposed';
    return kept.stop(gone.reason, `training ended after ${stepsOf(kept)}: ${what}`, remedy, error);
  }
  if (phase === 'run' && code === 'file' && !ofCaller) {
    const what = `training ended after ${stepsOf(kept)}: its data could not be read: ${messageOf(error)}`;
    return kept.stop(code, what, 'Make the data readable and go on: train(model, { …, resume: error.state })', error);
  }
  // Handles and executables are training's own: what was disposed under it is the backend.
  const ends = phase === 'run' ? backendFailures : (['lost'] as const);
  if (code === undefined || !(ends.includes(code as never) || (code === 'disposed' && !ofCaller))) return error;
  return kept.stop(
    code,
    `training ended after ${stepsOf(kept)}: the backend failed: ${messageOf(error)}`,
    remedy,
    error,
  );
}

function messageOf(error: unknown): string {
  return isRheoError(error) ? error.details.what : String(error);
}

function stepsOf({ state }: Kept): string {
  const { steps } = state.training;
  return steps === 1 ? '1 good step' : `${steps} good steps`;
}
