/** Outputs of a model as predictions of the rows of a table: numbers in the units of their columns, or classes. */

import type { Preparation, TableSequences } from '@rheo/data';
import { denormalise, labelsOf } from '@rheo/data';

/** One prediction. */
export interface RowPrediction {
  /** Row of the table, from 0, after which it is made: the last one that the model has seen. */
  readonly row: number;
  /** Time of the row: seconds since 1970, or the unit of the column; the number of the row where there is no time. */
  readonly time: number;
  /** Cells of the group columns. */
  readonly keys: readonly string[];
  /** By target column: a number in the unit of the column, or a label. */
  readonly values: { readonly [column: string]: number | string };
  /** Of classes: how probable each label is. */
  readonly probabilities?: { readonly [label: string]: number };
}

/** Predictions for all real steps, or for the last step of each sequence where the model has one output for it. */
export function rowPredictions(data: TableSequences, preparation: Preparation, outputs: Float32Array): RowPrediction[] {
  const { classes, targets } = preparation;
  const numbers = classes === null ? denormalise(preparation, outputs) : undefined;
  const labels = classes === null ? undefined : labelsOf(preparation, outputs);
  const columns = targets.map(({ column }) => column);
  return stepsOf(data).map(({ step, item }) => ({
    row: data.rows[step] ?? -1,
    time: data.times[step] ?? Number.NaN,
    keys: data.keys[data.series[Math.floor(step / data.steps)] ?? 0] ?? [],
    values: Object.fromEntries(
      columns.map((column, index) => [
        column,
        labels?.[item] ?? numbers?.[item * columns.length + index] ?? Number.NaN,
      ]),
    ),
    ...(classes === null ? {} : { probabilities: probabilitiesOf(classes, outputs, item) }),
  }));
}

/** Steps that have an output, and the place of it. */
function stepsOf({ at, rows, lengths, count, steps }: TableSequences): { step: number; item: number }[] {
  if (at === 'end') {
    return Array.from({ length: count }, (_, n) => ({ step: n * steps + (lengths?.[n] ?? steps) - 1, item: n }));
  }
  const all = Array.from(rows, (row, step) => ({ row, step, item: step }));
  return all.filter(({ row }) => row >= 0);
}

/** The softmax of the outputs of one item. */
function probabilitiesOf(classes: readonly string[], outputs: Float32Array, item: number): Record<string, number> {
  const logits = outputs.subarray(item * classes.length, (item + 1) * classes.length);
  const most = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return Object.fromEntries(classes.map((label, index) => [label, (weights[index] ?? 0) / sum]));
}
