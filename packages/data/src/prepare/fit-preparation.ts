/**
 * From a table to sequences for training: chooses what was not said, divides the rows, fits on the training part alone,
 * and cuts windows. Every choice is a note.
 */
import type { Table } from '../table/table.ts';
import { assemblePreparation, chooseFromColumns, withoutTarget } from './assemble-preparation.ts';
import { chooseWindow } from './choose-defaults.ts';
import { tableStatistics } from './column-statistics.ts';
import type { Preparation } from './preparation.ts';
import { checkPrepareOptions, type PrepareOptions } from './prepare-options.ts';
import { sequencesOf } from './sequences-of.ts';
import { seriesOf } from './series.ts';
import { type Segment, splitSeries } from './split-series.ts';
import type { TableSequences } from './table-sequences.ts';
import { timeFacts } from './time-facts.ts';

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
  const choice = chooseFromColumns(table, options, notes);
  const { group, time } = choice;
  const set = seriesOf(table, group, time);
  const { series } = set;
  notes.push(...set.notes);
  if (group.length > 0) notes.push(`${series.length} series by ${group.join(', ')}.`);
  const longest = series.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const window = chooseWindow(longest, options, notes);
  const parts = splitSeries(series, options.split ?? {}, window.steps);
  notes.push(...parts.notes);
  const statistics = tableStatistics(table, series, parts.train);
  const facts = timeFacts(series, parts.train);
  const preparation = assemblePreparation(table, options, choice, { window, statistics, facts }, notes);
  const part = (name: string, segments: readonly Segment[], stride: number | undefined): TableSequences => {
    const rules = { name, stride, onlyKnown: true, withTargets: true, notes };
    const cut = sequencesOf(table, series, segments, preparation, rules);
    if (cut !== undefined) return cut;
    throw withoutTarget(name);
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
