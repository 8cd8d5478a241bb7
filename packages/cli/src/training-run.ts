/**
 * The epochs of a run, whatever is trained: each leaves a checkpoint in the run folder, and an interruption leaves what
 * was learnt and the words that say how to go on.
 */

import { isRheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import type { Fitted, TrainOptions } from '@rheo/train';
import { TrainingStopped, toTrainingCheckpoint, train } from '@rheo/train';
import { badFile, misuse } from './failure.ts';
import type { InterruptedRun } from './interrupted-run.ts';
import { checkpointFile } from './interrupted-run.ts';
import type { Progress } from './progress/progress.ts';
import type { RunFolder } from './run-folder.ts';

/** What surrounds the epochs. */
export interface TrainingRun {
  readonly run: RunFolder;
  readonly progress: Progress;
  /** The run that is resumed. */
  readonly before: InterruptedRun<unknown> | undefined;
  readonly signal: AbortSignal | undefined;
  /** The command that goes on, without the folder. */
  readonly command: string;
}

/** What came out. */
export interface TrainedRun {
  readonly fitted: Fitted;
  /** True when it was interrupted before its last epoch. */
  readonly stopped: boolean;
  /** Duration of each epoch, those before an interruption included. */
  readonly seconds: readonly number[];
}

/**
 * Trains. A run that is interrupted after its first epoch is given back `stopped`; one that loses its device or diverges
 * throws as `train` does, with the checkpoint kept unless it would diverge again.
 */
export async function trainInRun(
  model: Layer,
  options: Omit<TrainOptions, 'resume' | 'signal' | 'onStep' | 'onEpoch'>,
  { run, progress, before, signal, command }: TrainingRun,
): Promise<TrainedRun> {
  // On a line of its own, to be copied.
  const goOn = `\nGo on with: ${command} --resume ${/\s/.test(run.path) ? JSON.stringify(run.path) : run.path}`;
  const seconds = [...(before?.seconds ?? [])];
  try {
    const fitted = await train(model, {
      ...options,
      signal,
      onStep: (report) => progress.step(report),
      resume: before?.state,
      onEpoch: async (report) => {
        seconds.push(report.seconds);
        progress.epoch(report);
        await run.write(checkpointFile, toTrainingCheckpoint(report.state));
        run.keep();
      },
    });
    progress.end();
    return { fitted, stopped: false, seconds };
  } catch (error) {
    // A full disk, for example.
    if (isRheoError(error) && error.code === 'file' && seconds.length > 0) {
      const { what, where = run.path } = error.details;
      throw badFile('file', `${what}; the run is kept up to its last checkpoint`, where, `Make room.${goOn}`);
    }
    if (!(error instanceof TrainingStopped) || error.fitted.history.length === 0) throw error;
    progress.end();
    const done = error.fitted.history.length;
    // It would diverge again.
    if (error.code === 'diverged') run.keep(false);
    else if (error.code !== 'aborted') progress.note(`The run is kept up to epoch ${done}.${goOn}`);
    if (error.code !== 'aborted') throw error;
    // Newer than that of the last epoch: it holds the steps since.
    await run.write(checkpointFile, toTrainingCheckpoint(error.state));
    progress.note(`Interrupted after ${done} of ${options.epochs} epochs; keeping what was learnt.${goOn}`);
    return { fitted: error.fitted, stopped: true, seconds };
  }
}

/** Throws `argument` when a run that is resumed is already beyond so many epochs. */
export function refuseFewerEpochs(before: InterruptedRun<unknown> | undefined, epochs: number): void {
  const { history = [] } = before?.state?.training ?? {};
  const begunEpochs = history.length + (before?.state?.underWay.steps ? 1 : 0);
  if (begunEpochs <= epochs) return;
  const remedy = `It counts from the start of the run: pass at least ${begunEpochs}, or leave it out`;
  throw misuse(`the run is in epoch ${begunEpochs}, beyond ${epochs}`, '--epochs', remedy);
}
