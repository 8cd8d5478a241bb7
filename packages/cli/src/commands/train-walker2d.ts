/**
 * `rheo train walker2d`: trains a recipe on the data, measures it on the test windows and as a stream, and leaves a run
 * folder with the model, the record of the run and its pictures.
 *
 * An interrupted run that has learnt something is finished as it stands and marked `stopped`; any other failure leaves
 * nothing behind.
 */

import { basename, resolve } from 'node:path';
import { flattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { describe, initialise } from '@rheo/layers';
import type { Fitted } from '@rheo/train';
import { TrainingStopped, toCheckpoint, train, walker2dSetup } from '@rheo/train';
import { withBackend } from '../backends.ts';
import { toExtra } from '../model-record.ts';
import { learningCurve } from '../pictures/learning-curve.ts';
import { mostIrregular, predictionsPicture } from '../pictures/predictions.ts';
import { reportPage } from '../pictures/report.ts';
import { progressBar } from '../progress/bar.ts';
import { jsonLines } from '../progress/json-lines.ts';
import { labelledResult, plainLines } from '../progress/plain-lines.ts';
import type { Progress, RunResult } from '../progress/progress.ts';
import { tee } from '../progress/progress.ts';
import { recipes } from '../recipes.ts';
import type { RunFolder } from '../run-folder.ts';
import { claimNextRunFolder, claimRunFolder } from '../run-folder.ts';
import { streamingRemark, streamingSpeed } from '../streaming-speed.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf } from '../terminal.ts';
import { nextIsCurrent, testError } from '../test-error.ts';
import type { LoadedWalker2d } from '../walker2d-data.ts';
import { loadWalker2dData } from '../walker2d-data.ts';
import { trainingSource } from '../walker2d-source.ts';

/** Options of the command; absent ones have defaults. */
export interface TrainWalker2dOptions {
  /** Archive or folder; the bundled sample inside the repository unless given. */
  readonly data?: string | undefined;
  /** A name of `recipes`; `cfc` unless given, `sample` with the bundled sample. */
  readonly recipe?: string | undefined;
  /** The recipe's own number unless given. */
  readonly epochs?: number | undefined;
  /** 1 unless given. */
  readonly seed?: number | undefined;
  /** Run folder; the next free one under `runs` unless given. */
  readonly out?: string | undefined;
  /** As `--backend` takes it; `wasm` unless given. */
  readonly backend?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What the command leaves, for programs that call it. */
export interface TrainedWalker2d {
  readonly result: RunResult;
  /** Path of the model file, absolute. */
  readonly model: string;
}

/** Runs the command. Throws typed errors; see `failure.ts` for their exit codes. */
export async function trainWalker2d(options: TrainWalker2dOptions, terminal: Terminal): Promise<TrainedWalker2d> {
  const { folder } = terminal;
  const { path, bundled } = trainingSource(options.data);
  const recipe = options.recipe ?? (bundled ? 'sample' : 'cfc');
  // Claims its folder before the data is read: a wrong --out is known at once.
  const run =
    options.out === undefined
      ? claimNextRunFolder(folder, 'walker2d', new Date())
      : claimRunFolder(folder, options.out);
  const shown = shownProgress(options, terminal);
  const written = tee([
    plainLines((text) => run.append('log.txt', text)),
    jsonLines((line) => run.append('metrics.jsonl', line)),
  ]);
  const progress = tee([shown, written]);
  try {
    // An engine that is missing is known before the data is read, too.
    const result = await withBackend(options.backend ?? 'wasm', folder, async (backend) => {
      const data = await loadWalker2dData(folder, path);
      return runWith({ options, recipe, data, run, progress, terminal }, backend);
    });
    written.result(result);
    run.finish();
    shown.result(result);
    return { result, model: resolve(folder, run.path, 'model.safetensors') };
  } finally {
    progress.end();
    run.discard();
  }
}

interface Settings {
  readonly options: TrainWalker2dOptions;
  readonly recipe: string;
  readonly data: LoadedWalker2d;
  readonly run: RunFolder;
  readonly progress: Progress;
  readonly terminal: Terminal;
}

async function runWith(
  { options, recipe, data, run, progress, terminal }: Settings,
  backend: Backend,
): Promise<RunResult> {
  const { features, steps } = data.train;
  const { model, epochs: recipeEpochs, ...setup } = walker2dSetup(recipes[recipe], features);
  const epochs = options.epochs ?? recipeEpochs;
  const seed = options.seed ?? 1;
  const { leaves } = flattenTree(initialise(model, { features, seed }));
  const parameters = leaves.reduce((sum, { data: numbers }) => sum + numbers.length, 0);
  const windows = { train: data.train.count, validation: data.validation.count, test: data.test.count };
  const validationBaseline = nextIsCurrent(data.validation);
  const config = {
    task: 'walker2d',
    recipe,
    epochs,
    batch_size: setup.batchSize,
    seed,
    backend: backend.name,
    data: { path: resolve(terminal.folder, data.path), fingerprint: data.fingerprint, windows, steps, features },
    optimizer: { name: setup.optimizer.name, ...setup.optimizer.config },
    penalty: { ...setup.penalty },
    model: describe(model),
    parameters,
    versions: { node: process.version },
  };
  const configText = `${JSON.stringify(config, null, 2)}\n`;
  await run.write('config.json', configText);
  progress.start({
    task: 'walker2d',
    recipe,
    data: basename(data.path),
    windows,
    steps,
    features,
    parameters,
    epochs,
    batchSize: setup.batchSize,
    seed,
    backend: backend.name,
    out: run.path,
    validationBaseline,
  });

  const begun = performance.now();
  const seconds: number[] = [];
  let stopped = false;
  let fitted: Fitted;
  try {
    fitted = await train(model, {
      ...setup,
      data: data.train,
      validation: data.validation,
      epochs,
      seed,
      backend,
      signal: terminal.signal,
      onStep: (report) => progress.step(report),
      onEpoch: (report) => {
        seconds.push(report.seconds);
        progress.epoch(report);
      },
    });
  } catch (error) {
    if (!(error instanceof TrainingStopped) || error.code !== 'aborted' || seconds.length === 0) throw error;
    stopped = true;
    fitted = error.fitted;
  }
  progress.end();
  if (stopped) progress.note(`Interrupted after ${seconds.length} of ${epochs} epochs; keeping what was learnt.`);

  const test = await testError(fitted, data.test, backend, data.path);
  const stepTime = await streamingSpeed(fitted, data.test);
  const remark = streamingRemark(backend);
  if (remark !== undefined) progress.note(remark);
  const record = {
    task: 'walker2d',
    recipe,
    dataName: basename(data.path),
    dataFingerprint: data.fingerprint,
    testMse: test.mse,
  };
  const pictures = {
    'learning-curve.svg': learningCurve(fitted.history, validationBaseline),
    'predictions.svg': predictionsPicture(data.test, test.predictions, mostIrregular(data.test)),
  };
  const result: RunResult = {
    test_mse: test.mse,
    baseline_mse: test.baseline,
    epochs: seconds.length,
    seconds_per_epoch: median(seconds),
    us_per_streaming_step: stepTime,
    parameters,
    seed,
    seconds: (performance.now() - begun) / 1000,
    stopped,
    out: run.path,
    files: ['model.safetensors', 'report.html', ...Object.keys(pictures), 'metrics.jsonl', 'config.json', 'log.txt'],
  };
  await run.write('model.safetensors', toCheckpoint(fitted, toExtra(record)));
  for (const [name, svg] of Object.entries(pictures)) await run.write(name, `${svg}\n`);
  const page = reportPage({
    title: `Walker2d, recipe ${recipe}`,
    figures: labelledResult(result),
    pictures: [
      { caption: 'Loss by epoch, on a logarithmic axis.', svg: pictures['learning-curve.svg'] },
      {
        caption: 'One test window: the true next row and its prediction, for the four values that move most.',
        svg: pictures['predictions.svg'],
      },
    ],
    config: JSON.stringify({ ...config, data: { ...config.data, path: basename(data.path) } }, null, 2),
  });
  await run.write('report.html', page);
  return result;
}

/** Progress on the terminal in the form asked for. */
function shownProgress({ json }: TrainWalker2dOptions, { out }: Terminal): Progress {
  if (json === true) return jsonLines((line) => out.write(`${line}\n`));
  if (out.isTTY === true) return progressBar(out);
  return plainLines((text) => out.write(`${text}\n`), widthOf(out));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
