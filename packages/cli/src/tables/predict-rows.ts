/**
 * Predictions of a model row by row, in the user's units: numbers of the target columns, or probabilities of the classes.
 * A series is gone through from its first row to its last, as `rheo serve` does.
 */

import type { Preparation, TableSequences } from '@rheo/data';
import { denormalise } from '@rheo/data';
import type { Fitted } from '@rheo/train';

/** N predictions, in the order of the sequences. */
export interface RowPredictions {
  /** Row of the table that each prediction is made at, [N]: the last one it has seen. */
  readonly rows: Int32Array;
  /** Row of the table that holds the truth, [N]; -1 where there is none. */
  readonly targetRows: Int32Array;
  /** Numbers for each prediction: targets, or classes. */
  readonly width: number;
  /** [N, width] */
  readonly outputs: Float64Array;
  /** [N, targets], in the user's unit or as the index of the class; NaN where it is not known. */
  readonly truth: Float64Array;
}

/** Predicts every row of the data. Throws as `fitted.predictSeries` does. */
export async function predictRows(
  fitted: Pick<Fitted, 'predictSeries'>,
  data: TableSequences,
  preparation: Preparation,
  signal?: AbortSignal,
): Promise<RowPredictions> {
  const { classes, targets } = preparation;
  const width = classes?.length ?? targets.length;
  const { data: raw } = await fitted.predictSeries(data, { signal });
  const values = classes === null ? denormalise(preparation, raw) : softmax(raw, width);
  const known = classes === null ? denormalise(preparation, data.targets) : Float64Array.from(data.targets);
  const cells = predictedCells(data);
  const outputs = new Float64Array(cells.length * width);
  const truth = new Float64Array(cells.length * targets.length).fill(Number.NaN);
  cells.forEach(({ output }, i) => {
    outputs.set(values.subarray(output * width, (output + 1) * width), i * width);
    if (data.known[output] !== 1) return;
    truth.set(known.subarray(output * targets.length, (output + 1) * targets.length), i * targets.length);
  });
  return {
    rows: Int32Array.from(cells, ({ cell }) => data.rows[cell] ?? -1),
    targetRows: Int32Array.from(cells, ({ cell }) => data.targetRows[cell] ?? -1),
    width,
    outputs,
    truth,
  };
}

/** Steps that have an output: all real ones, or the last one of each sequence. */
function predictedCells({ at, rows, lengths, count, steps }: TableSequences): { cell: number; output: number }[] {
  if (at === 'end') {
    return Array.from({ length: count }, (_, n) => ({ cell: n * steps + (lengths?.[n] ?? steps) - 1, output: n }));
  }
  const cells: { cell: number; output: number }[] = [];
  rows.forEach((row, cell) => {
    if (row >= 0) cells.push({ cell, output: cell });
  });
  return cells;
}

/** Probabilities from logits, row by row. */
function softmax(logits: Float32Array, width: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += width) {
    const row = logits.subarray(from, from + width);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    row.forEach((logit, c) => {
      const weight = Math.exp(logit - most);
      probabilities[from + c] = weight;
      sum += weight;
    });
    for (let c = 0; c < width; c++) probabilities[from + c] = (probabilities[from + c] ?? 0) / sum;
  }
  return probabilities;
}
