/**
 * How a training run tells where it stands. Three ways of showing it implement this: a bar for terminals, plain lines
 * for pipes and the log, JSON lines for programs.
 */

import type { EpochReport, StepReport } from '@rheo/train';

/** What a run is about to do. */
export interface RunStart {
  readonly task: string;
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

/** Receives a run. */
export interface Progress {
  start(run: RunStart): void;
  step(report: StepReport): void;
  epoch(report: EpochReport): void;
  /** The epochs are over, or the run failed: whatever redraws itself must stop. */
  end(): void;
  note(text: string): void;
  result(result: RunResult): void;
}

/** Tells several. */
export function tee(parts: readonly Progress[]): Progress {
  const all = (tell: (part: Progress) => void): void => {
    for (const part of parts) tell(part);
  };
  return {
    start: (run) => all((part) => part.start(run)),
    step: (report) => all((part) => part.step(report)),
    epoch: (report) => all((part) => part.epoch(report)),
    end: () => all((part) => part.end()),
    note: (text) => all((part) => part.note(text)),
    result: (result) => all((part) => part.result(result)),
  };
}
