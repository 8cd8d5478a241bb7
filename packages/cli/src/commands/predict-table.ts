/**
 * `rheo predict MODEL --data FILE` for a model of a table: every row of a new one predicted, in the user's units.
 */

import type { ModelFile } from '../model-file.ts';
import type { TableRecord } from '../table-record.ts';
import { keyCells } from '../tables/key-cells.ts';
import { measurePart } from '../tables/measure-part.ts';
import { predictionCsv } from '../tables/prediction-csv.ts';
import { readForModel } from '../tables/read-for-model.ts';
import type { Terminal } from '../terminal.ts';
import type { Predicted } from './predict.ts';

/** Predicts. Rows whose targets are known are measured too. Throws typed errors. */
export async function predictTable(
  { fitted }: ModelFile,
  { preparation, usual }: TableRecord,
  path: string,
  { folder, signal }: Terminal,
): Promise<Predicted> {
  const { table, data, notes } = await readForModel(folder, [path], preparation, 'predict');
  const measured = await measurePart({ fitted, table, data, preparation, usual, signal });
  const { predictions, scored } = measured;
  const keys = await keyCells(folder, path, table, preparation);
  return {
    csv: (limit) => predictionCsv(predictions, keys, preparation, limit),
    rows: predictions.rows.length,
    sequences: data.keys.length,
    figures: scored?.figures ?? {},
    lines: (scored?.scores ?? [])
      .slice(0, 1)
      .map(({ name, model, baseline }) => [
        name,
        baseline === undefined ? model : `${model} (${scored?.baselineName}: ${baseline})`,
      ]),
    notes,
  };
}
