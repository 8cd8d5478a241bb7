/**
 * The decisions of fitting, apart from how what they rest on was found: in a table in memory or in passes over one on a
 * disk. Both go through here, so that they decide the same.
 */
import { DataError } from '../data-error.ts';
import type { Table } from '../table/table.ts';
import {
  chooseCalendar,
  chooseColumns,
  chooseHorizon,
  chooseTime,
  chooseTimeScale,
  listOf,
} from './choose-defaults.ts';
import type { StatisticsOf } from './column-statistics.ts';
import { findClasses, fitFeatures, fitTargets } from './fit-columns.ts';
import type { Preparation, TimePreparation } from './preparation.ts';
import type { PrepareOptions } from './prepare-options.ts';
import type { TimeFacts } from './time-facts.ts';

/** What names and kinds of the columns, the range of times and the values of the target decide. */
export interface ColumnChoice {
  readonly group: readonly string[];
  readonly time: TimePreparation | null;
  readonly features: readonly string[];
  readonly targets: readonly string[];
  readonly classes: readonly string[] | null;
}

/**
 * The first decisions. Instead of all rows the table may have the least and the largest time, and each value of the target
 * of a classification once.
 */
export function chooseFromColumns(table: Table, options: PrepareOptions, notes: string[]): ColumnChoice {
  const group = listOf(options.group);
  const time = chooseTime(table, options, notes);
  const names = chooseColumns(table, options, time, group, notes);
  const classes = options.task === 'classification' ? findClasses(table, names.targets[0] ?? '') : null;
  if (classes !== null) notes.push(`${classes.length} classes: ${classes.slice(0, 20).join(', ')}.`);
  return { group, time, ...names, classes };
}

/** What is known once rows are divided. */
export interface FittedFacts {
  readonly window: Preparation['window'];
  readonly statistics: StatisticsOf;
  readonly facts: TimeFacts;
}

/** The preparation; of the table only names and kinds of columns are looked at. Errors: as `fitPreparation`. */
export function assemblePreparation(
  table: Table,
  options: PrepareOptions,
  choice: ColumnChoice,
  { window, statistics, facts }: FittedFacts,
  notes: string[],
): Preparation {
  const { group, time, classes } = choice;
  const features = fitFeatures(table, choice.features, statistics, options, notes);
  const timeScale = chooseTimeScale(facts.gap, options, time, notes);
  const calendar = chooseCalendar(facts, options, time, notes);
  if (features.length + calendar.length === 0) {
    throw new DataError('value', 'no feature is left', { remedy: 'Name columns that change in the training part.' });
  }
  // A next step of nothing in particular is that of every number.
  const numbers = features.filter(({ kind }) => kind === 'number').map(({ column }) => column);
  const targets = choice.targets.length > 0 ? choice.targets : numbers;
  if (targets.length === 0) {
    throw new DataError('argument', 'no feature is a number, so there is no next value', { remedy: 'Name a target.' });
  }
  return {
    format: 'rheo.preparation',
    version: 1,
    task: options.task,
    time,
    timeScale,
    group,
    features,
    calendar,
    targets:
      classes === null
        ? fitTargets(table, targets, statistics, options)
        : targets.map((column) => ({ column, center: 0, scale: 1 })),
    classes,
    at: options.at ?? 'step',
    horizon: chooseHorizon(options, facts.gap, notes),
    window,
  };
}

/** The error for a part without a sequence. */
export function withoutTarget(part: string): DataError {
  return new DataError('value', `the ${part} has no row with a target`, {
    remedy: 'Pass longer series, a shorter horizon or a larger share, or split by another rule.',
  });
}
