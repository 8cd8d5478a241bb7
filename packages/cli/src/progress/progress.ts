/**
 * How a training run tells where it stands. Three ways of showing it implement this: a bar for terminals, plain lines
 * for pipes and the log, JSON lines for programs.
 */

import type { EpochReport, StepReport } from '@rheo/train';

/** Names and values of a JSON event. Names are stable. */
export type EventFacts = { readonly [name: string]: unknown };

/** What a run is about to do. */
export interface RunStart {
  /** For people, a sentence or two each. */
  readonly lines: readonly string[];
  /** For programs. */
  readonly facts: EventFacts;
  readonly epochs: number;
  /** Of the validation part, the most telling first. */
  readonly metrics?: readonly ShownMetric[];
}

/** A metric of the history. */
export interface ShownMetric {
  readonly key: string;
  /** A word or two. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/** How a run ended. */
export interface RunOutcome {
  /** For people: labels and values. */
  readonly figures: readonly (readonly [string, string])[];
  /** For programs; holds `out` and `files` too. */
  readonly facts: EventFacts;
  /** The run folder, and the files in it. */
  readonly out: string;
  readonly files: readonly string[];
  /** For people, below everything: what to do next, a line each. */
  readonly next?: readonly string[];
}

/** Receives a run. */
export interface Progress {
  start(run: RunStart): void;
  step(report: StepReport): void;
  epoch(report: EpochReport): void;
  /** The epochs are over, or the run failed: whatever redraws itself must stop. */
  end(): void;
  note(text: string): void;
  result(outcome: RunOutcome): void;
}

/** The metrics that an epoch has, in words: `accuracy 93.1 %`. */
export function metricTexts(
  metrics: readonly ShownMetric[],
  { validationMetrics = {} }: Pick<EpochReport, 'validationMetrics'>,
): string[] {
  return metrics.flatMap(({ key, label, format }) => {
    const value = validationMetrics[key];
    return value === undefined ? [] : [`${label} ${format(value)}`];
  });
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
    result: (outcome) => all((part) => part.result(outcome)),
  };
}
