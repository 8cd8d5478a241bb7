/**
 * Fits what depends on values, from the statistics of the training part alone: centre and scale of numbers, vocabularies,
 * classes.
 */
import { DataError } from '../data-error.ts';
import { type Column, cellText, columnOf, placeOf, type Table } from '../table/table.ts';
import type { NumberStatistics, StatisticsOf } from './column-statistics.ts';
import type { CategoryFeature, Feature, Target } from './preparation.ts';
import type { PrepareOptions } from './prepare-options.ts';

/** More channels than this for one column of texts is taken for a mistake. */
const mostLabels = 200;
/** Labels seen less often in training share one channel, so that it has something to learn from. */
const rareBelow = 10;

/** The features of the named columns; those that are constant in training are left out with a note. */
export function fitFeatures(
  table: Table,
  names: readonly string[],
  statistics: StatisticsOf,
  options: PrepareOptions,
  notes: string[],
): Feature[] {
  const { missing = 'forward-fill', unknownCategory = 'other' } = options;
  return names.flatMap((name): Feature[] => {
    const column = columnOf(table, name);
    if (column.kind === 'category') {
      const feature = fitCategory(column, statistics.labels(name), unknownCategory === 'other');
      if (typeof feature === 'number') {
        if (options.features !== undefined) throw tooManyLabels(table, name, feature);
        notes.push(`Column ${name} has ${feature} different texts, too many for a feature, and is left out.`);
        return [];
      }
      if (feature.labels.length + (feature.other ? 1 : 0) < 2) {
        notes.push(`Column ${name} has one label in the training part and is left out.`);
        return [];
      }
      return [feature];
    }
    const { center, scale, mean, known, gaps } = fitNumbers(statistics.numbers(name), options);
    if (known === 0 || scale === 0) {
      const why = known === 0 ? 'has no value' : `is always ${center}`;
      notes.push(`Column ${name} ${why} in the training part and is left out.`);
      return [];
    }
    const marks = gaps > 0 && missing === 'forward-fill';
    if (gaps > 0) {
      const how = marks ? 'the last known value, with marks of it and its age' : 'the mean';
      notes.push(`Column ${name}: ${gaps} values are missing in the training part; ${how} stands for them.`);
    }
    return [{ column: name, kind: 'number', center, scale, fill: mean, missing, marks }];
  });
}

/** Targets of numbers. Errors: `value` when one is constant or has no value. */
export function fitTargets(
  table: Table,
  names: readonly string[],
  statistics: StatisticsOf,
  options: PrepareOptions,
): Target[] {
  return names.map((name) => {
    if (columnOf(table, name).kind === 'category') {
      throw new DataError('value', 'texts cannot be predicted as numbers', {
        ...placeOf(table, undefined, name),
        remedy: 'Use the task classification, or name a column of numbers.',
      });
    }
    const { center, scale, known } = fitNumbers(statistics.numbers(name), options);
    if (known > 0 && scale > 0) return { column: name, center, scale };
    const what = known === 0 ? 'the target has no value in the training part' : `the target is always ${center}`;
    const remedy = 'Name another target, or pass data in which it changes.';
    throw new DataError('value', what, { ...placeOf(table, undefined, name), remedy });
  });
}

/** Labels of the whole table, numbers in their order, texts by code unit. Errors: `value` for one class or too many. */
export function findClasses(table: Table, name: string): string[] {
  const column = columnOf(table, name);
  const found = new Set<string>();
  for (let row = 0; row < table.rows; row++) {
    const text = cellText(column, row);
    if (text !== undefined) found.add(text);
  }
  const place = placeOf(table, undefined, name);
  if (found.size > mostLabels) {
    const remedy = 'Use the task regression for numbers, or name another target.';
    throw new DataError('value', `the target has ${found.size} different values, too many for classes`, {
      ...place,
      remedy,
    });
  }
  if (found.size < 2) {
    const what = found.size === 0 ? 'the target has no value' : `the target has one class only, "${[...found][0]}"`;
    throw new DataError('value', what, { ...place, remedy: 'Pass data with at least two classes.' });
  }
  return sortLabels([...found], column);
}

function sortLabels(labels: string[], column: Column): string[] {
  if (column.kind === 'number') return labels.sort((a, b) => Number(a) - Number(b));
  return labels.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

interface FittedNumbers {
  readonly center: number;
  readonly scale: number;
  readonly mean: number;
  readonly known: number;
  readonly gaps: number;
}

function fitNumbers(
  { known, gaps, mean, squares, least, most }: NumberStatistics,
  { normalise = 'standard' }: PrepareOptions,
): FittedNumbers {
  if (known === 0) return { center: 0, scale: 0, mean: 0, known, gaps };
  // Rounding may leave a trace of spread in a constant.
  const spread = least === most ? 0 : Math.sqrt(squares / known);
  if (least === most) return { center: least, scale: 0, mean: least, known, gaps };
  if (normalise === 'none') return { center: 0, scale: 1, mean, known, gaps };
  if (normalise === 'min-max') return { center: least, scale: most - least, mean, known, gaps };
  return { center: mean, scale: spread, mean, known, gaps };
}

/** The feature, or the number of its labels when they are too many. */
function fitCategory(
  column: Column & { readonly kind: 'category' },
  counts: ReadonlyMap<string, number>,
  other: boolean,
): CategoryFeature | number {
  const labels = [...counts].filter(([, count]) => !other || count >= rareBelow).map(([label]) => label);
  if (labels.length > mostLabels || (labels.length === 0 && counts.size > mostLabels)) return counts.size;
  // With few rows every label is rare; then all of them count.
  const kept = labels.length === 0 ? [...counts.keys()] : labels;
  return { column: column.name, kind: 'category', labels: sortLabels(kept, column), other };
}

function tooManyLabels(table: Table, name: string, count: number): DataError {
  return new DataError('value', `${count} different texts are too many for a feature`, {
    ...placeOf(table, undefined, name),
    remedy: 'Leave the column out, name it as the group, or read it as numbers (option types).',
  });
}
