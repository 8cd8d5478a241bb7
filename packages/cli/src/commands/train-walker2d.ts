/**
 * `rheo train walker2d`: trains a recipe on the data, measures it on the test windows and as a stream, and leaves a run
 * folder with the model, the record of the run and its pictures.
 *
 * An interrupted run that has learnt something is finished as it stands and marked `stopped`. After each epoch the folder
 * has a checkpoint, from which a run that was stopped, killed or failed goes on with `resume`, to the same bits; a run
 * that has none leaves nothing behind.
 */

import { basename, resolve } from 'node:path';
import { flattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { describe, initialise } from '@rheo/layers';
import type { Fitted } from '@rheo/train';
import { TrainingStopped, toCheckpoint, toTrainingCheckpoint, train, walker2dSetup } from '@rheo/train';
import { withBackend } from '../backends.ts';
import { badFile, misuse } from '../failure.ts';
import type { InterruptedRun } from '../interrupted-run.ts';
import { checkpointFile, readInterruptedRun } from '../interrupted-run.ts';
import { toExtra } from '../model-record.ts';
import { learningCurve } from '../pictures/learning-curve.ts';
import { page } from '../pictures/page.ts';
import { mostIrregular, predictionsPicture } from '../pictures/predictions.ts';
import { progressBar } from '../progress/bar.ts';
import { jsonLines } from '../progress/json-lines.ts';
import { labelledResult, plainLines } from '../progress/plain-lines.ts';
import type { Progress, RunResult } from '../progress/progress.ts';
import { tee } from '../progress/progress.ts';
import { recipes } from '../recipes.ts';
import type { RunFolder } from '../run-folder.ts';
import { claimNextRunFolder, claimRunFolder, reopenRunFolder } from '../run-folder.ts';
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
  /**
   * Folder of a run to go on with. Recipe, seed, data, backend and epochs are its own; data may be named anew, the backend
   * may be another, and there may be more epochs.
   */
  readonly resume?: string | undefined;
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
  refuseOwnSettings(options);
  // Known at once when there is none.
  const source = options.resume === undefined ? trainingSource(options.data) : undefined;
  // Claims its folder before the data is read: a wrong --out is known at once.
  const run = openRun(options, folder);
  const shown = shownProgress(options, terminal);
  const written = tee([
    plainLines((text) => run.append('log.txt', text)),
    jsonLines((line) => run.append('metrics.jsonl', line)),
  ]);
  const progress = tee([shown, written]);
  try {
    const before = options.resume === undefined ? undefined : await readInterruptedRun(run);
    const backendName = options.backend ?? before?.settings.backend ?? 'wasm';
    const recipe = before?.settings.recipe ?? options.recipe ?? (source?.bundled ? 'sample' : 'cfc');
    const path = options.data ?? before?.settings.data.path ?? source?.path ?? '';
    // An engine that is missing is known before the data is read, too.
    const result = await withBackend(backendName, folder, async (backend) => {
      const data = await loadWalker2dData(folder, path);
      if (before !== undefined && data.fingerprint !== before.settings.data.fingerprint) {
        const remedy = 'Pass the data that the run was begun with: --data FILE';
        throw badFile('value', 'these are not the data of the run', path, remedy);
      }
      return runWith({ options, backendName, recipe, data, before, run, progress, terminal }, backend);
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

function openRun({ resume, out }: TrainWalker2dOptions, folder: string): RunFolder {
  if (resume !== undefined) return reopenRunFolder(folder, resume);
  return out === undefined ? claimNextRunFolder(folder, 'walker2d', new Date()) : claimRunFolder(folder, out);
}

/** A run that goes on has settings of its own. */
function refuseOwnSettings(options: TrainWalker2dOptions): void {
  const fixed = (['recipe', 'seed', 'out'] as const).find((name) => options[name] !== undefined);
  if (options.resume === undefined || fixed === undefined) return;
  const remedy = 'Leave it out, or train anew without --resume';
  throw misuse(`a run that is resumed keeps its own ${fixed}`, `--${fixed}`, remedy);
}

interface Settings {
  readonly options: TrainWalker2dOptions;
  readonly backendName: string;
  readonly recipe: string;
  readonly data: LoadedWalker2d;
  /** The run that is resumed. */
  readonly before: InterruptedRun | undefined;
  readonly run: RunFolder;
  readonly progress: Progress;
  readonly terminal: Terminal;
}

async function runWith(
  { options, backendName, recipe, data, before, run, progress, terminal }: Settings,
  backend: Backend,
): Promise<RunResult> {
  const { features, steps } = data.train;
  const { model, epochs: recipeEpochs, ...setup } = walker2dSetup(recipes[recipe], features);
  const epochs = options.epochs ?? before?.settings.epochs ?? recipeEpochs;
  const seed = options.seed ?? before?.settings.seed ?? 1;
  const { history = [] } = before?.state?.training ?? {};
  const begunEpochs = history.length + (before?.state?.underWay.steps ? 1 : 0);
  if (begunEpochs > epochs) {
    const remedy = `It counts from the start of the run: pass at least ${begunEpochs}, or leave it out`;
    throw misuse(`the run is in epoch ${begunEpochs}, beyond ${epochs}`, '--epochs', remedy);
  }
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
    backend_option: backendName,
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
    ...(before === undefined ? {} : { resumedAfter: history.length }),
  });

  // On a line of its own, to be copied.
  const goOn = `\nGo on with: rheo train walker2d --resume ${/\s/.test(run.path) ? JSON.stringify(run.path) : run.path}`;
  const begun = performance.now();
  const seconds = [...(before?.seconds ?? [])];
  const earlier = seconds.reduce((sum, one) => sum + one, 0);
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
      resume: before?.state,
      onEpoch: async (report) => {
        seconds.push(report.seconds);
        progress.epoch(report);
        await run.write(checkpointFile, toTrainingCheckpoint(report.state));
        run.keep();
      },
    });
  } catch (error) {
    if (!(error instanceof TrainingStopped) || error.fitted.history.length === 0) throw error;
    progress.end();
    // It would diverge again.
    if (error.code === 'diverged') run.keep(false);
    else if (error.code !== 'aborted') {
      progress.note(`The run is kept up to epoch ${error.fitted.history.length}.${goOn}`);
    }
    if (error.code !== 'aborted') throw error;
    stopped = true;
    fitted = error.fitted;
    // Newer than that of the last epoch: it holds the steps since.
    await run.write(checkpointFile, toTrainingCheckpoint(error.state));
  }
  progress.end();
  const done = fitted.history.length;
  if (stopped) progress.note(`Interrupted after ${done} of ${epochs} epochs; keeping what was learnt.${goOn}`);

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
  const learning = {
    loss: 'mean squared error',
    history: fitted.history,
    baseline: { name: '"next = current"', loss: validationBaseline },
  };
  const pictures = {
    'learning-curve.svg': learningCurve(learning, 760),
    'predictions.svg': predictionsPicture(data.test, test.predictions, mostIrregular(data.test)),
  };
  const result: RunResult = {
    test_mse: test.mse,
    baseline_mse: test.baseline,
    epochs: done,
    seconds_per_epoch: median(seconds),
    us_per_streaming_step: stepTime,
    parameters,
    seed,
    seconds: earlier + (performance.now() - begun) / 1000,
    stopped,
    out: run.path,
    files: [
      'model.safetensors',
      'report.html',
      ...Object.keys(pictures),
      'metrics.jsonl',
      'config.json',
      'log.txt',
      checkpointFile,
    ],
  };
  await run.write('model.safetensors', toCheckpoint(fitted, toExtra(record)));
  for (const [name, svg] of Object.entries(pictures)) await run.write(name, `${svg}\n`);
  const report = page({
    title: `Walker2d, recipe ${recipe}`,
    sections: [
      { blocks: [{ kind: 'table', rows: labelledResult(result) }] },
      {
        heading: 'Training',
        blocks: [
          {
            kind: 'picture',
            caption: 'Loss by epoch; that of training is measured with dropout.',
            wide: pictures['learning-curve.svg'],
            narrow: learningCurve(learning, 336),
          },
        ],
      },
      {
        heading: 'Predictions',
        blocks: [
          {
            kind: 'picture',
            caption: 'One test window: the true next row and its prediction, for the four values that move most.',
            wide: pictures['predictions.svg'],
          },
        ],
      },
      {
        heading: 'Configuration',
        blocks: [
          {
            kind: 'source',
            label: 'config.json',
            text: JSON.stringify({ ...config, data: { ...config.data, path: basename(data.path) } }, null, 2),
          },
        ],
      },
    ],
  });
  await run.write('report.html', report);
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
