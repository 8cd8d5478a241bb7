/** New tables through a fitted preparation: the same columns, numbers and windows as in training. */
import { DataError } from '../data-error.ts';
import { nearestName } from '../table/nearest-name.ts';
import { placeOf, type Table } from '../table/table.ts';
import type { Preparation } from './preparation.ts';
import { sequencesOf } from './sequences-of.ts';
import { seriesOf } from './series.ts';
import type { TableSequences } from './table-sequences.ts';

/** What the sequences are for. */
export interface ApplyOptions {
  /** `predict` (default) keeps every row and needs no target; `evaluate` needs targets and leaves rows without out. */
  readonly purpose?: 'predict' | 'evaluate';
  /** Rows between the starts of windows. Default: windows side by side; with one target at the end, as in training. */
  readonly stride?: number;
}

/** Sequences of a new table. */
export interface PreparedSequences {
  readonly data: TableSequences;
  readonly notes: readonly string[];
}

/**
 * Prepares a table as the training data was. When predicting, targets are read where the table has their columns, and
 * `known` says which steps have one.
 * Errors: DataError: `argument` (columns missing, with the nearest name of what is there), `dtype`, `value`.
 */
export function prepare(table: Table, preparation: Preparation, options: ApplyOptions = {}): PreparedSequences {
  const { purpose = 'predict' } = options;
  const { time, group, features, targets, at, window } = preparation;
  const stride = options.stride ?? (at === 'end' ? window.stride : undefined);
  if (stride !== undefined && (!Number.isSafeInteger(stride) || stride < 1)) {
    throw new DataError('argument', `stride is ${stride}`, { remedy: 'Use a whole number of at least 1.' });
  }
  const inputs = [...(time === null ? [] : [time.column]), ...group, ...features.map(({ column }) => column)];
  const wanted = targets.map(({ column }) => column);
  needColumns(table, purpose === 'evaluate' ? [...inputs, ...wanted] : inputs);
  const withTargets = wanted.every((name) => table.columns.some((column) => column.name === name));
  const { series, notes: found } = seriesOf(table, group, time);
  const notes = [...table.notes, ...found];
  const whole = series.map((one, s) => ({ series: s, from: 0, to: one.rows.length }));
  const rules = { name: 'table', stride, onlyKnown: purpose === 'evaluate', withTargets, notes };
  const data = sequencesOf(table, series, whole, preparation, rules);
  if (data !== undefined) return { data, notes };
  throw new DataError('value', 'the table has no row with a target', {
    ...placeOf(table),
    remedy: 'Pass longer series, or prepare the table for prediction.',
  });
}

function needColumns(table: Table, needed: readonly string[]): void {
  const names = table.columns.map(({ name }) => name);
  const missing = needed.filter((name, i) => !names.includes(name) && needed.indexOf(name) === i);
  if (missing.length === 0) return;
  const spare = names.filter((name) => !needed.includes(name));
  const guesses = missing.flatMap((name) => {
    const near = nearestName(name, spare);
    return near === undefined ? [] : [`${near} may be ${name}`];
  });
  const hint = guesses.length > 0 ? ` ${guesses.join(', ')}.` : '';
  throw new DataError('argument', `the table lacks the columns ${missing.join(', ')} that the model was trained with`, {
    ...placeOf(table),
    remedy: `Pass a table with the columns ${needed.join(', ')}.${hint}`,
  });
}
