/**
 * What the report of a run is made from: plain data, in the user's own units, without a model or a backend.
 *
 * Arrays are row-major and of equal lengths where their shapes say so. Numbers that are unknown are NaN in arrays and
 * absent elsewhere; a picture leaves them out and says how many there were.
 */

import type { Task } from '@rheo/data';

/** Everything that the report shows. */
export interface RunFacts {
  /** Headline, for example `traffic_volume from Metro_Interstate_Traffic_Volume.csv`. */
  readonly title: string;
  /** One or two sentences under the headline: how it came out. */
  readonly summary?: string;
  readonly task: Task;
  readonly learning: LearningFacts;
  /** Quality on the held-out part beside that of the baseline, best first. */
  readonly scores: readonly Score[];
  /** Further labels and values: parameters, epochs, seconds, seed, backend … */
  readonly figures: readonly (readonly [string, string])[];
  /** Decisions and findings, one sentence each. */
  readonly notes: readonly string[];
  /** Predictions on data that the model has not seen; absent when nothing was held out. */
  readonly heldOut?: HeldOutFacts;
  readonly time: TimeFacts;
  /** Shown as indented JSON. */
  readonly config: unknown;
}

/** How training went. */
export interface LearningFacts {
  /** The loss as people call it: `mean squared error`, `cross entropy`. */
  readonly loss: string;
  readonly history: readonly EpochFacts[];
  /** The epoch whose parameters were kept; absent where they are those of the last one. */
  readonly bestEpoch?: number;
  /** Metrics of the history. */
  readonly metrics?: readonly MetricFacts[];
  /** A forecast without a model, and its loss on the validation part, in the unit of the history. */
  readonly baseline?: { readonly name: string; readonly loss?: number };
}

/** A metric of the validation part. */
export interface MetricFacts {
  /** Its name in the history. */
  readonly key: string;
  /** As people call it. */
  readonly name: string;
  /** That of the baseline. */
  readonly baseline?: number;
}

/** One epoch; see `EpochRecord` of @rheo/train. */
export interface EpochFacts {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly validationLoss?: number;
  /** Of the validation part, by their keys. */
  readonly validationMetrics?: { readonly [key: string]: number };
  /** Learning rate at the end of the epoch. */
  readonly rate?: number;
}

/** A score, formatted for people with its unit. */
export interface Score {
  readonly name: string;
  readonly model: string;
  /** The same score of the baseline of {@link LearningFacts}. */
  readonly baseline?: string;
}

/** What times are. */
export interface TimeFacts {
  /** `date`: seconds since 1970. `number`: the unit of the user's column. `steps`: there is no time column. */
  readonly kind: 'date' | 'number' | 'steps';
  /** Name of the time column, or of its unit, for axes. */
  readonly name?: string;
  /** Gaps between the rows of each series, all of them or a fair sample: seconds for dates, else the column's unit. */
  readonly gaps: ArrayLike<number>;
}

/** The held-out part, N predictions in the order of their series and times. */
export interface HeldOutFacts {
  /** `test` or `validation`. */
  readonly part: string;
  /** Time of what is predicted, [N]: seconds since 1970 for dates, else the column's unit; row numbers without times. */
  readonly times: ArrayLike<number>;
  /** Time since the observation before it, [N]; for tasks that look ahead, from the last row seen to the row predicted. */
  readonly elapsed: ArrayLike<number>;
  /** Which of `keys` each prediction is of, [N]. */
  readonly series: ArrayLike<number>;
  /** Name of each series; one empty name when there is one series. */
  readonly keys: readonly string[];
  /** How far ahead is predicted, as said to people: `1 row`, `6 h`; for tasks that look ahead. */
  readonly horizon?: string;
  readonly outcome: NumberOutcome | ClassOutcome;
}

/** Predicted numbers. */
export interface NumberOutcome {
  readonly kind: 'numbers';
  readonly targets: readonly { readonly name: string; readonly unit?: string }[];
  /** [N, targets] */
  readonly truth: ArrayLike<number>;
  /** [N, targets] */
  readonly predictions: ArrayLike<number>;
  /** What the baseline of {@link LearningFacts} predicts, [N, targets]; its errors are drawn beside those of the model. */
  readonly baseline?: ArrayLike<number>;
}

/** Predicted classes. */
export interface ClassOutcome {
  readonly kind: 'classes';
  readonly target: string;
  readonly labels: readonly string[];
  /** Index of the true label, [N]. */
  readonly truth: ArrayLike<number>;
  /** [N, labels], each row summing to 1. The predicted label is the first with the largest. */
  readonly probabilities: ArrayLike<number>;
}
