/**
 * `rheo predict MODEL --data FILE`: predictions of a saved model as a table. Data with known targets (Walker2d) are also
 * measured, by the same function as at the end of training.
 */

import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { withBackend } from '../backends.ts';
import { misuse } from '../failure.ts';
import { formatLoss } from '../format-number.ts';
import type { ModelFile } from '../model-file.ts';
import { readModelFile } from '../model-file.ts';
import { readObservations } from '../observations.ts';
import type { PredictionTable } from '../prediction-table.ts';
import { predictionTable } from '../prediction-table.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { testError } from '../test-error.ts';
import { refuseInputs, writeUserFile } from '../user-file.ts';
import { loadWalker2dData } from '../walker2d-data.ts';

/** Options of the command. */
export interface PredictOptions {
  /** A Walker2d archive or folder (its test windows are predicted), a `.csv` table or a `.npy` array. */
  readonly data: string;
  /** The table; `-` for standard output, not written unless given. */
  readonly out?: string | undefined;
  readonly backend?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Predicted {
  readonly table: PredictionTable;
  readonly figures: { readonly test_mse?: number; readonly baseline_mse?: number };
}

/** Rows shown when the table goes to no file. */
const previewRows = 3;

/** Runs the command. Throws typed errors. */
export async function predict(model: string, options: PredictOptions, terminal: Terminal): Promise<void> {
  const { folder, out, err } = terminal;
  if (options.out === '-' && options.json === true) {
    throw misuse('--json and --out - both want standard output', '--out', 'Name a file: --out predictions.csv');
  }
  const toFile = options.out !== undefined && options.out !== '-' ? options.out : undefined;
  if (toFile !== undefined) refuseInputs(folder, toFile, '--out', [model, options.data]);
  const { table, figures } = await withBackend(options.backend ?? 'wasm', folder, async (backend) => {
    const file = await readModelFile(folder, model, backend);
    return predictFile(file, options.data, terminal, backend);
  });
  // A signal that came while the backend computed is heard now, before anything is written.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (terminal.signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
  if (toFile !== undefined) await writeUserFile(folder, toFile, predictionTable(table));
  if (options.out === '-') out.write(predictionTable(table));
  const rows = table.lengths === undefined ? table.count * table.steps : table.lengths.reduce((a, b) => a + b, 0);
  if (options.json === true) {
    const fields = { ...figures, sequences: table.count, rows, ...(toFile === undefined ? {} : { out: toFile }) };
    out.write(`${jsonLine('result', fields)}\n`);
    return;
  }
  const sink = options.out === '-' ? err : out;
  const width = widthOf(sink);
  const lines: [string, string][] = [];
  if (figures.test_mse !== undefined) lines.push(['test error (MSE)', formatLoss(figures.test_mse)]);
  if (figures.baseline_mse !== undefined) lines.push(['"next = current"', formatLoss(figures.baseline_mse)]);
  lines.push(['predicted', `${rows} rows in ${table.count} sequence${table.count === 1 ? '' : 's'}`]);
  if (toFile !== undefined) lines.push(['table', toFile]);
  sink.write(`${labelled(lines, width).join('\n')}\n`);
  if (options.out !== undefined) return;
  const preview = predictionTable(table, previewRows).trimEnd().split('\n');
  sink.write(`\n${preview.map((line) => cut(line, width)).join('\n')}\n`);
  sink.write(`${wrap('All rows as a table: --out FILE.csv', width)}\n`);
}

async function predictFile(
  { fitted }: ModelFile,
  path: string,
  { folder, signal }: Terminal,
  backend: Backend,
): Promise<Predicted> {
  if (isWalker2d(folder, path)) {
    const { test } = await loadWalker2dData(folder, path);
    const { mse, baseline, predictions } = await testError(fitted, test, backend, path, signal);
    const { count, steps, dt, targets, targetFeatures } = test;
    const table = { count, steps, width: targetFeatures, dt, predictions, targets };
    return { table, figures: { test_mse: mse, baseline_mse: baseline } };
  }
  const data = await readObservations(folder, path);
  const { count, steps, features, dt, values, lengths } = data;
  const { outputs } = await fitted.predict({
    values: { dtype: 'f32', shape: [count, steps, features], data: values },
    dt: { dtype: 'f32', shape: [count, steps], data: dt },
    ...(lengths === undefined ? {} : { lengths }),
  });
  if (outputs.shape.length !== 3) {
    throw misuse('the model gives one output per sequence, not one per step', path, 'Call it through the library');
  }
  const width = outputs.shape[2] ?? 0;
  const table = { count, steps, width, dt, predictions: outputs.data, ...(lengths === undefined ? {} : { lengths }) };
  return { table, figures: {} };
}

function isWalker2d(folder: string, path: string): boolean {
  const folderGiven = statSync(resolve(folder, path), { throwIfNoEntry: false })?.isDirectory() === true;
  return folderGiven || extname(path).toLowerCase() === '.zip';
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
