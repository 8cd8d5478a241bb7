/**
 * What a run of walker2d tells when it starts and when it ends, in words and as JSON.
 */

import { counted, formatLoss, formatSeconds } from './format-number.ts';
import type { RunOutcome, RunStart } from './progress/progress.ts';

/** What a run is about to do. */
export interface Walker2dStart {
  readonly recipe: string;
  readonly data: string;
  readonly windows: { readonly train: number; readonly validation: number; readonly test: number };
  readonly steps: number;
  readonly features: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly backend: string;
  readonly out: string;
  /** Error of "next = current" on the validation windows. */
  readonly validationBaseline: number;
  /** Epochs done before, of a run that is resumed. */
  readonly resumedAfter?: number | undefined;
}

/** How a run ended. */
export interface RunResult {
  readonly test_mse: number;
  /** Error of "next = current" on the test windows. */
  readonly baseline_mse: number;
  readonly epochs: number;
  readonly seconds_per_epoch: number;
  readonly us_per_streaming_step: number;
  readonly parameters: number;
  readonly seed: number;
  readonly seconds: number;
  /** True when the run was ended before its last epoch. */
  readonly stopped: boolean;
  readonly out: string;
  readonly files: readonly string[];
}

/** The start of a run, as `Progress` takes it. */
export function walker2dStart(run: Walker2dStart): RunStart {
  const { batchSize, validationBaseline, resumedAfter, ...facts } = run;
  const { windows, steps, features, parameters, epochs, seed, backend } = run;
  return {
    lines: [
      `Training on ${run.data}: ${windows.train} windows of ${steps} steps, ${features} values per step.`,
      `Recipe ${run.recipe}: ${parameters} parameters, ${counted(epochs, 'epoch')}, batches of ${batchSize}, seed ${seed}, backend ${backend}.`,
      ...(resumedAfter === undefined ? [] : [`Going on after epoch ${resumedAfter}.`]),
      `Predicting "next = current" has an error of ${formatLoss(validationBaseline)} on the validation windows.`,
    ],
    facts: {
      task: 'walker2d',
      ...facts,
      batch_size: batchSize,
      validation_baseline: validationBaseline,
      ...(resumedAfter === undefined ? {} : { resumed_after: resumedAfter }),
    },
    epochs,
  };
}

/** The end of a run, as `Progress` takes it. */
export function walker2dOutcome(result: RunResult): RunOutcome {
  return { figures: labelledResult(result), facts: { ...result }, out: result.out, files: result.files };
}

/** What came out: labels and values. */
export function labelledResult(result: RunResult): [string, string][] {
  const { test_mse: test, baseline_mse: baseline } = result;
  const stopped = result.stopped ? ', interrupted' : '';
  return [
    ['test error (MSE)', formatLoss(test)],
    ['"next = current"', `${formatLoss(baseline)} (${compare(baseline / test)})`],
    ['time per epoch', `${formatSeconds(result.seconds_per_epoch)} (${counted(result.epochs, 'epoch')}${stopped})`],
    ['streaming step', `${result.us_per_streaming_step.toFixed(1)} µs`],
  ];
}

/** How a baseline compares with a model: `2.9 times as much`. */
function compare(ratio: number): string {
  if (!Number.isFinite(ratio)) return 'not comparable';
  return ratio >= 1 ? `${ratio.toFixed(1)} times as much` : 'the model is worse';
}
