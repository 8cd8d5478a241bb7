/**
 * Predictions of a table as CSV: series and time as in the user's file, the predicted values in the user's unit or the
 * label with the probability of each class, and the true ones where they are known. One line for each row that was
 * predicted, in the order of the file.
 */

import type { Preparation } from '@rheo/data';
import { labelsOf } from '@rheo/data';
import type { KeyCells } from './key-cells.ts';
import type { RowPredictions } from './predict-rows.ts';

/** The table, or its first `limit` rows. */
export function predictionCsv(
  predictions: RowPredictions,
  keys: KeyCells,
  preparation: Preparation,
  limit: number = Number.POSITIVE_INFINITY,
): string {
  const { rows, outputs, truth, width } = predictions;
  const { classes, targets } = preparation;
  const columns = targets.map(({ column }) => column);
  const withTruth = truth.some((value) => !Number.isNaN(value));
  const header = [
    ...keys.names,
    ...columns.map((name) => `predicted_${name}`),
    ...(classes ?? []).map((label) => `probability_${label}`),
    ...(withTruth ? columns.map((name) => `true_${name}`) : []),
  ];
  const order = Array.from(rows.keys()).sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0));
  const line = (i: number): string[] => {
    const values = outputs.subarray(i * width, (i + 1) * width);
    const right = truth.subarray(i * targets.length, (i + 1) * targets.length);
    const label = classes === null ? [] : labelsOf(preparation, values);
    const known = (value: number): string =>
      Number.isNaN(value) ? '' : classes === null ? shown(value) : (classes[value] ?? '');
    return [
      ...keys.of(rows[i] ?? -1),
      ...label,
      ...Array.from(values, shown),
      ...(withTruth ? Array.from(right, known) : []),
    ];
  };
  const lines = [header, ...order.slice(0, limit).map(line)];
  return lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

/** As many digits as a float32 has. */
function shown(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
