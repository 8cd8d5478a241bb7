/**
 * `rheo evaluate MODEL`: the test error of a saved model, from its file and the data alone: a table for a model
 * of one, else Walker2d.
 */

import { basename } from 'node:path';
import { withBackend } from '../backends.ts';
import { formatLoss } from '../format-number.ts';
import { readModelFile } from '../model-file.ts';
import type { ModelRecord } from '../model-record.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import { streamingRemark, streamingSpeed } from '../streaming-speed.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { testError } from '../test-error.ts';
import type { LoadedWalker2d } from '../walker2d-data.ts';
import { loadWalker2dData } from '../walker2d-data.ts';
import { evaluationSources, noSource } from '../walker2d-source.ts';
import { evaluateTable } from './evaluate-table.ts';

/** Options of the command. */
export interface EvaluateOptions {
  /** A table for a model of one. Else a Walker2d archive or folder; the data of the training unless given. */
  readonly data?: string | undefined;
  readonly backend?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Runs the command and prints the figures. Throws typed errors. */
export async function evaluate(model: string, options: EvaluateOptions, terminal: Terminal): Promise<void> {
  const { folder, out, signal } = terminal;
  await withBackend(options.backend ?? 'wasm', folder, async (backend) => {
    const file = await readModelFile(folder, model, backend);
    const { fitted, record, table } = file;
    if (table !== undefined) {
      await evaluateTable(file, table, options, terminal);
      return;
    }
    const data = await findData(folder, model, options.data, record);
    const { mse, baseline } = await testError(fitted, data.test, backend, data.path, signal);
    const sameData = record?.dataFingerprint === data.fingerprint;
    const asTrained = sameData ? record.testMse === mse : undefined;
    const stepTime = await streamingSpeed(fitted, data.test);
    if (options.json === true) {
      out.write(
        `${jsonLine('result', {
          test_mse: mse,
          baseline_mse: baseline,
          us_per_streaming_step: stepTime,
          windows: data.test.count,
          data: data.path,
          ...(asTrained === undefined ? {} : { as_printed_at_training: asTrained }),
        })}\n`,
      );
      return;
    }
    const remark = sameData
      ? asTrained
        ? 'The same as at the end of its training, to the last bit.'
        : `At the end of its training it was ${formatLoss(record.testMse)}; backends differ in the last digits.`
      : 'These are not the data that the model was trained with.';
    const width = widthOf(out);
    const rows: [string, string][] = [
      ['test error (MSE)', formatLoss(mse)],
      ['"next = current"', formatLoss(baseline)],
      ['streaming step', `${stepTime.toFixed(1)} µs`],
      ['data', `${basename(data.path)}, ${data.test.count} test windows`],
    ];
    const remarks = [streamingRemark(backend), remark].filter((text) => text !== undefined);
    out.write(`${labelled(rows, width).join('\n')}\n${wrap(remarks.join('\n'), width)}\n`);
  });
}

/** The data named, or the data that the model was trained on, found by its fingerprint. */
async function findData(
  folder: string,
  model: string,
  given: string | undefined,
  record: ModelRecord | undefined,
): Promise<LoadedWalker2d> {
  if (given !== undefined) return loadWalker2dData(folder, given);
  for (const path of evaluationSources(folder, model, record)) {
    const data = await loadWalker2dData(folder, path).catch(() => undefined);
    if (data !== undefined && data.fingerprint === record?.dataFingerprint) return data;
  }
  throw noSource(record);
}
