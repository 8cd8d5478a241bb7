/**
 * From a table to sequences for training: chooses what was not said, divides the rows, fits on the training part alone,
 * and cuts windows. Every choice is a note.
 */
import { DataError } from '../data-error.ts';
import type { Table } from '../table/table.ts';
import {
  chooseCalendar,
  chooseColumns,
  chooseHorizon,
  chooseTime,
  chooseTimeScale,
  chooseWindow,
  listOf,
  medianGap,
} from './choose-defaults.ts';
import { findClasses, fitFeatures, fitTargets } from './fit-columns.ts';
import type { Preparation } from './preparation.ts';
import { checkPrepareOptions, type PrepareOptions } from './prepare-options.ts';
import { sequencesOf } from './sequences-of.ts';
import { seriesOf } from './series.ts';
import { type Segment, splitSeries } from './split-series.ts';
import type { TableSequences } from './table-sequences.ts';

/** Sequences of each part, and how they were made. */
export interface PreparedTable {
  readonly preparation: Preparation;
  readonly train: TableSequences;
  /** Absent when its share is 0. Its windows stand side by side, so that every row counts once. */
  readonly validation?: TableSequences;
  /** As the validation part. */
  readonly test?: TableSequences;
  /** Decisions and findings, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Fits a preparation to a table and prepares its parts with it.
 * Errors: DataError: `argument` (options, columns that there are not), `dtype` (a column of the wrong kind), `value`
 * (time out of order with its line, one class, a constant target, no feature left, a part without a target).
 */
export function fitPreparation(table: Table, options: PrepareOptions): PreparedTable {
  checkPrepareOptions(options);
  const notes: string[] = [...table.notes];
  const group = listOf(options.group);
  const time = chooseTime(table, options, notes);
  const names = chooseColumns(table, options, time, group, notes);
  const classes = options.task === 'classification' ? findClasses(table, names.targets[0] ?? '') : null;
  if (classes !== null) notes.push(`${classes.length} classes: ${classes.slice(0, 20).join(', ')}.`);
  const set = seriesOf(table, group, time);
  const { series } = set;
  notes.push(...set.notes);
  if (group.length > 0) notes.push(`${series.length} series by ${group.join(', ')}.`);
  const window = chooseWindow(series, options, notes);
  const parts = splitSeries(series, options.split ?? {}, window.steps);
  notes.push(...parts.notes);

  const features = fitFeatures(table, names.features, series, parts.train, options, notes);
  const gap = medianGap(series, parts.train);
  const timeScale = chooseTimeScale(gap, options, time, notes);
  const calendar = chooseCalendar(series, parts.train, gap, options, time, notes);
  if (features.length + calendar.length === 0) {
    throw new DataError('value', 'no feature is left', { remedy: 'Name columns that change in the training part.' });
  }
  // A next step of nothing in particular is that of every number.
  const numbers = features.filter(({ kind }) => kind === 'number').map(({ column }) => column);
  const targets = names.targets.length > 0 ? names.targets : numbers;
  if (targets.length === 0) {
    throw new DataError('argument', 'no feature is a number, so there is no next value', { remedy: 'Name a target.' });
  }
  const preparation: Preparation = {
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
        ? fitTargets(table, targets, series, parts.train, options)
        : targets.map((column) => ({ column, center: 0, scale: 1 })),
    classes,
    at: options.at ?? 'step',
    horizon: chooseHorizon(options, gap, notes),
    window,
  };
  const part = (name: string, segments: readonly Segment[], stride: number | undefined): TableSequences => {
    const rules = { name, stride, onlyKnown: true, withTargets: true, notes };
    const cut = sequencesOf(table, series, segments, preparation, rules);
    if (cut !== undefined) return cut;
    throw new DataError('value', `the ${name} has no row with a target`, {
      remedy: 'Pass longer series, a shorter horizon or a larger share, or split by another rule.',
    });
  };
  const evaluationStride = preparation.at === 'end' ? window.stride : undefined;
  return {
    preparation,
    train: part('training part', parts.train, window.stride),
    ...(parts.validation.length === 0
      ? {}
      : { validation: part('validation part', parts.validation, evaluationStride) }),
    ...(parts.test.length === 0 ? {} : { test: part('test part', parts.test, evaluationStride) }),
    notes,
  };
}
