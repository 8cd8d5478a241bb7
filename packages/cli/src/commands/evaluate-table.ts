/**
 * `rheo evaluate MODEL --data FILE` for a model of a table: its scores on the rows of a new one, beside the baseline's.
 */

import { misuse } from '../failure.ts';
import type { ModelFile } from '../model-file.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { TableRecord } from '../table-record.ts';
import { measurePart } from '../tables/measure-part.ts';
import { readForModel } from '../tables/read-for-model.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import type { EvaluateOptions } from './evaluate.ts';

/** Measures and prints. Throws typed errors. */
export async function evaluateTable(
  { fitted }: ModelFile,
  { preparation, usual, dataNames }: TableRecord,
  { data: path, json }: EvaluateOptions,
  { folder, out, signal }: Terminal,
): Promise<void> {
  if (path === undefined) {
    const remedy = `Pass a table with the columns of ${dataNames.join(', ')}: --data FILE`;
    throw misuse('there is nothing to evaluate the model on', '--data', remedy);
  }
  const { table, data, notes } = await readForModel(folder, [path], preparation, 'evaluate');
  const { scored } = await measurePart({ fitted, table, data, preparation, usual, signal });
  if (scored === undefined) throw misuse('no row has a known target', path, 'Pass rows with the column to predict');
  if (json === true) {
    out.write(`${jsonLine('result', { ...scored.figures, rows: scored.rows, data: path, notes })}\n`);
    return;
  }
  const rows = scored.scores.map(({ name, model, baseline }): [string, string] => [
    name,
    baseline === undefined ? model : `${model} (${scored.baselineName}: ${baseline})`,
  ]);
  const width = widthOf(out);
  if (notes.length > 0) out.write(`${wrap(notes.map((note) => `- ${note}`).join('\n'), width)}\n\n`);
  out.write(`${labelled([...rows, ['rows', `${scored.rows} of ${path}`]], width).join('\n')}\n`);
}
