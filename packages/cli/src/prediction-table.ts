/**
 * Predictions as a CSV table: sequence, step, elapsed time, the predicted values, and the true ones where they are known.
 */

import { formatFloat32 } from './format-number.ts';

/** What the table shows. */
export interface PredictionTable {
  readonly count: number;
  readonly steps: number;
  readonly width: number;
  readonly dt: Float32Array;
  /** [N, T, width] */
  readonly predictions: Float32Array;
  /** [N, T, width] */
  readonly targets?: Float32Array;
  readonly lengths?: Int32Array;
}

/** The table, or its first `limit` rows. */
export function predictionTable(table: PredictionTable, limit: number = Number.POSITIVE_INFINITY): string {
  const { count, steps, width, dt, predictions, targets, lengths } = table;
  const names = (prefix: string): string[] => Array.from({ length: width }, (_, index) => `${prefix}_${index}`);
  const header = [
    'sequence',
    'step',
    'elapsed',
    ...names('predicted'),
    ...(targets === undefined ? [] : names('true')),
  ];
  const lines = [header.join(',')];
  for (let row = 0; row < count; row++) {
    for (let step = 0; step < (lengths?.[row] ?? steps); step++) {
      if (lines.length > limit) return `${lines.join('\n')}\n`;
      const at = row * steps + step;
      const numbers = (source: Float32Array): string[] =>
        Array.from(source.subarray(at * width, (at + 1) * width), formatFloat32);
      const cells = [row, step, formatFloat32(dt[at] ?? 0), ...numbers(predictions)];
      lines.push([...cells, ...(targets === undefined ? [] : numbers(targets))].join(','));
    }
  }
  return `${lines.join('\n')}\n`;
}
