/**
 * Failures of preparing a table in the words of the command line: where `@rheo/data` names an option of its functions, the
 * remedy names the option that the user has.
 */

import { DataError, isDataError } from '@rheo/data';

/** What is wrong, and what the command's user can do about it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^time runs backwards/,
    'Sort the rows, ask for it (--order sort), or name the column that tells series apart (--group)',
  ],
  [
    /^the time repeats/,
    'Name the column that tells series apart (--group), or say which row counts: --repeats first, last or mean',
  ],
  [/^the target has one class only/, 'Pass data with at least two classes, or name another target (--target)'],
  [/too many for classes$/, 'Use --task regression for numbers, or name another target (--target)'],
  [/^texts cannot be predicted as numbers/, 'Use --task classification, or name a column of numbers (--target)'],
  [/^the (target is always|target has no value)/, 'Name another target (--target), or pass data in which it changes'],
  [/^no feature is left/, 'Name columns that change in the training part (--features)'],
  [/has no row with a target$/, 'Pass more rows, a shorter --horizon, or other shares (--validation, --test)'],
  [/^the \w+ part of a split/, 'Pass more data, another --split, or --validation 0 and --test 0'],
  [/^cells of kind \w+.* are no times$/, 'Name another column (--time), or write times as numbers or 2024-01-31 12:00'],
  [/where numbers are needed$/, 'Leave the column out (--ignore), or name it as the time (--time)'],
];

/** Runs `use`; a `DataError` of it speaks of the command's options. */
export function inOptions<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!isDataError(error)) throw error;
    const [, remedy] = remedies.find(([what]) => what.test(error.details.what)) ?? [];
    if (remedy === undefined) throw error;
    const { from: _, what, cause, ...place } = error.details;
    throw new DataError(error.code, what, { ...place, remedy: `${remedy}.` }, cause === undefined ? {} : { cause });
  }
}
