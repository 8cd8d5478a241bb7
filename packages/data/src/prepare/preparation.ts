/**
 * A preparation: all that turns rows of a table into the numbers of a model and back, as plain JSON. It is fitted once on
 * the training part and then travels with the model, so that new tables are read exactly as the first one was.
 */
import type { ColumnKind } from '../table/table.ts';

/** What is predicted. `next-step` is a forecast of every target one row ahead. */
export type Task = 'regression' | 'classification' | 'next-step' | 'forecast';

/** What the cells of a time column are; times are kept in seconds since 1970, or as they stand for `number`. */
export type TimeUnit =
  | 'date'
  | 'epoch-seconds'
  | 'epoch-milliseconds'
  | 'epoch-microseconds'
  | 'epoch-nanoseconds'
  | 'number';

/** Where time comes from, and what is done with rows out of order. */
export interface TimePreparation {
  readonly column: string;
  readonly unit: TimeUnit;
  /** Rows of a series that run backwards in time: an error, or sorted. */
  readonly order: 'error' | 'sort';
  /** Rows of a series with the same time: an error, the first or last of them, or their mean. */
  readonly repeats: 'error' | 'first' | 'last' | 'mean';
}

/** A number: `(x - center) / scale`. */
export interface NumberFeature {
  readonly column: string;
  readonly kind: 'number';
  readonly center: number;
  readonly scale: number;
  /** Stands for a missing value, in the user's unit: always, or until the series has a first value. */
  readonly fill: number;
  readonly missing: 'forward-fill' | 'mean';
  /** Two further channels say whether the value is known, and how long ago it was: log(1 + scaled time). */
  readonly marks: boolean;
}

/** A text: a channel per label, 1 where it holds, and one for any other label if `other`. All are 0 where missing. */
export interface CategoryFeature {
  readonly column: string;
  readonly kind: 'category';
  readonly labels: readonly string[];
  readonly other: boolean;
}

export type Feature = NumberFeature | CategoryFeature;

/** Sine and cosine of the place in a cycle of the calendar, in UTC. */
export type CalendarCycle = 'day' | 'week' | 'year';

/** A number to predict: `(y - center) / scale`; 0 and 1 for classes. */
export interface Target {
  readonly column: string;
  readonly center: number;
  readonly scale: number;
}

/** How far ahead the target lies. */
export type Horizon =
  | { readonly kind: 'steps'; readonly steps: number }
  /** In the unit of the times (seconds for dates); the row nearest to it within the tolerance is the target. */
  | { readonly kind: 'time'; readonly ahead: number; readonly tolerance: number };

/** See the file; stored as JSON beside a model. */
export interface Preparation {
  readonly format: 'rheo.preparation';
  readonly version: 1;
  readonly task: Task;
  /** Rows are one unit of time apart where null. */
  readonly time: TimePreparation | null;
  /** Elapsed times are divided by it; in seconds, or in the unit of a `number` column. */
  readonly timeScale: number;
  /** Columns that tell series apart; one series when empty. */
  readonly group: readonly string[];
  readonly features: readonly Feature[];
  readonly calendar: readonly CalendarCycle[];
  readonly targets: readonly Target[];
  /** Labels of the classes, in the order of the model's outputs; null unless the task is classification. */
  readonly classes: readonly string[] | null;
  /** Whether every step has a target, or the sequence has one at its end. */
  readonly at: 'step' | 'end';
  readonly horizon: Horizon | null;
  readonly window: { readonly steps: number; readonly stride: number };
}

/**
 * Kinds that new tables must be read with (option `types` of the readers) where the first rows of a small table could be
 * taken for another: labels that look like numbers, dates.
 */
export function columnKinds({ features, time }: Preparation): Record<string, ColumnKind> {
  const categories = features
    .filter(({ kind }) => kind === 'category')
    .map(({ column }) => [column, 'category'] as const);
  const dates = time?.unit === 'date' ? [[time.column, 'time'] as const] : [];
  return Object.fromEntries<ColumnKind>([...categories, ...dates]);
}

/** Names of the model's inputs, in order. */
export function channelNames({ features, calendar }: Pick<Preparation, 'features' | 'calendar'>): string[] {
  const names = features.flatMap((feature) => {
    const { column } = feature;
    if (feature.kind === 'number') return feature.marks ? [column, `${column} known`, `${column} age`] : [column];
    return [...feature.labels, ...(feature.other ? ['(other)'] : [])].map((label) => `${column} = ${label}`);
  });
  return [...names, ...calendar.flatMap((cycle) => [`sine of ${cycle}`, `cosine of ${cycle}`])];
}
