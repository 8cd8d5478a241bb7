/**
 * `rheo predict MODEL --data FILE`: predictions of a saved model as a table. Data with known targets are also measured, by
 * the same function as at the end of training.
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
import { predictTable } from './predict-table.ts';

/** Options of the command. */
export interface PredictOptions {
  /**
   * Of a model of a table, a table with its columns. Else a Walker2d archive or folder (its test windows are predicted), a
   * `.csv` table or a `.npy` array.
   */
  readonly data: string;
  /** The table; `-` for standard output, not written unless given. */
  readonly out?: string | undefined;
  readonly backend?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Predictions of a file, whatever it is. */
export interface Predicted {
  /** The table as CSV, or its first `limit` rows. */
  readonly csv: (limit?: number) => string;
  readonly rows: number;
  readonly sequences: number;
  /** For programs; empty where no truth is known. */
  readonly figures: Readonly<Record<string, number>>;
  /** The same for people. */
  readonly lines: readonly (readonly [string, string])[];
  /** Findings, one sentence each. */
  readonly notes: readonly string[];
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
  const predicted = await withBackend(options.backend ?? 'wasm', folder, async (backend) => {
    const file = await readModelFile(folder, model, backend);
    return file.table === undefined
      ? predictFile(file, options.data, terminal, backend)
      : predictTable(file, file.table, options.data, terminal);
  });
  const { rows, sequences, figures, notes } = predicted;
  // A signal that came while the backend computed is heard now, before anything is written.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (terminal.signal?.aborted === true) throw new RheoError('aborted', { from: '@rheo/cli', what: 'interrupted' });
  if (toFile !== undefined) await writeUserFile(folder, toFile, predicted.csv());
  if (options.out === '-') out.write(predicted.csv());
  if (options.json === true) {
    const more = { ...(notes.length === 0 ? {} : { notes }), ...(toFile === undefined ? {} : { out: toFile }) };
    out.write(`${jsonLine('result', { ...figures, sequences, rows, ...more })}\n`);
    return;
  }
  const sink = options.out === '-' ? err : out;
  const width = widthOf(sink);
  const counted = `${rows} rows in ${sequences} sequence${sequences === 1 ? '' : 's'}`;
  const lines = [...predicted.lines, ['predicted', counted] as const];
  if (notes.length > 0) sink.write(`${wrap(notes.map((note) => `- ${note}`).join('\n'), width)}\n\n`);
  sink.write(`${labelled(toFile === undefined ? lines : [...lines, ['table', toFile]], width).join('\n')}\n`);
  if (options.out !== undefined) return;
  const preview = predicted.csv(previewRows).trimEnd().split('\n');
  sink.write(`\n${preview.map((line) => cut(line, width)).join('\n')}\n`);
  sink.write(`\n${wrap('All rows as a table: --out FILE.csv', width)}\n`);
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
    return {
      ...plainTable(table),
      figures: { test_mse: mse, baseline_mse: baseline },
      lines: [
        ['test error (MSE)', formatLoss(mse)],
        ['"next = current"', formatLoss(baseline)],
      ],
    };
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
  return plainTable(table);
}

function plainTable(table: PredictionTable): Predicted {
  const { count, steps, lengths } = table;
  return {
    csv: (limit) => predictionTable(table, limit),
    rows: lengths === undefined ? count * steps : lengths.reduce((a, b) => a + b, 0),
    sequences: count,
    figures: {},
    lines: [],
    notes: [],
  };
}

function isWalker2d(folder: string, path: string): boolean {
  const folderGiven = statSync(resolve(folder, path), { throwIfNoEntry: false })?.isDirectory() === true;
  return folderGiven || extname(path).toLowerCase() === '.zip';
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
