/**
 * The forecast that a model must beat: the last value for what lies ahead, the mean for numbers of the present, the
 * commonest class for classes. Mean and class are those of the training part.
 */

import type { Preparation, TableSequences } from '@rheo/data';
import { denormalise } from '@rheo/data';
import type { RowPredictions } from './predict-rows.ts';
import type { RowFacts } from './row-facts.ts';

/** What a baseline needs of the training part; kept in the model file. */
export interface BaselineFacts {
  /** Means of the targets in the user's unit; of classes, the index of the commonest. */
  readonly usual: readonly number[];
}

/** The facts of a training part. */
export function baselineFacts(
  { targets, known, targetFeatures }: TableSequences,
  preparation: Preparation,
): BaselineFacts {
  const values = preparation.classes === null ? denormalise(preparation, targets) : targets;
  const rows = known.reduce((sum, bit) => sum + bit, 0);
  if (preparation.classes === null) {
    const sums = new Array<number>(targetFeatures).fill(0);
    known.forEach((bit, i) => {
      for (let t = 0; bit === 1 && t < targetFeatures; t++)
        sums[t] = (sums[t] ?? 0) + (values[i * targetFeatures + t] ?? 0);
    });
    return { usual: sums.map((sum) => sum / rows) };
  }
  const counts = new Array<number>(preparation.classes.length).fill(0);
  known.forEach((bit, i) => {
    const label = values[i] ?? 0;
    if (bit === 1) counts[label] = (counts[label] ?? 0) + 1;
  });
  return { usual: [counts.indexOf(Math.max(...counts))] };
}

/** What people call it, with its article. */
export function baselineName({ task, classes }: Preparation): string {
  if (task === 'forecast' || task === 'next-step') return 'the last value';
  return classes === null ? 'the mean' : 'the commonest class';
}

/** What it predicts, [N, targets], for the rows of a model's predictions. */
export function baselinePredictions(
  { rows }: Pick<RowPredictions, 'rows'>,
  { current }: RowFacts,
  { task, targets }: Preparation,
  { usual }: BaselineFacts,
): Float64Array {
  const width = targets.length;
  const ahead = task === 'forecast' || task === 'next-step';
  const predicted = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let t = 0; t < width; t++) {
      const last = ahead ? current?.[row * width + t] : undefined;
      predicted[i * width + t] = last === undefined || Number.isNaN(last) ? (usual[t] ?? 0) : last;
    }
  });
  return predicted;
}
