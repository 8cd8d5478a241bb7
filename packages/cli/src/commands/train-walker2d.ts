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
import { toCheckpoint, walker2dSetup } from '@rheo/train';
import { withBackend } from '../backends.ts';
import { badFile } from '../failure.ts';
import type { InterruptedRun } from '../interrupted-run.ts';
import { checkpointFile, readInterruptedRun } from '../interrupted-run.ts';
import { toExtra } from '../model-record.ts';
import { learningCurve } from '../pictures/learning-curve.ts';
import { page } from '../pictures/page.ts';
import { mostIrregular, predictionsPicture } from '../pictures/predictions.ts';
import { fullWidth, phoneWidth } from '../pictures/sizes.ts';
import type { Progress } from '../progress/progress.ts';
import { recipes } from '../recipes.ts';
import type { RunFolder } from '../run-folder.ts';
import { refuseSettled, withRun } from '../run-session.ts';
import { streamingRemark, streamingSpeed } from '../streaming-speed.ts';
import type { Terminal } from '../terminal.ts';
import { nextIsCurrent, testError } from '../test-error.ts';
import { refuseFewerEpochs, trainInRun } from '../training-run.ts';
import type { LoadedWalker2d } from '../walker2d-data.ts';
import { loadWalker2dData } from '../walker2d-data.ts';
import { trainingSource } from '../walker2d-source.ts';
import type { RunResult, Walker2dStart } from '../walker2d-words.ts';
import { labelledResult, walker2dOutcome, walker2dStart } from '../walker2d-words.ts';

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
  const { resume, recipe, seed, out } = options;
  refuseSettled(resume, { recipe, seed, out });
  // Known at once when there is none.
  const source = resume === undefined ? trainingSource(options.data) : undefined;
  return withRun('walker2d', options, terminal, async ({ run, progress }) => {
    const before = resume === undefined ? undefined : await readInterruptedRun(run, readSettings);
    const backendName = options.backend ?? before?.settings.backend ?? 'wasm';
    const recipeName = before?.settings.recipe ?? recipe ?? (source?.bundled ? 'sample' : 'cfc');
    const path = options.data ?? before?.settings.data.path ?? source?.path ?? '';
    // An engine that is missing is known before the data is read, too.
    const result = await withBackend(backendName, folder, async (backend) => {
      const data = await loadWalker2dData(folder, path);
      if (before !== undefined && data.fingerprint !== before.settings.data.fingerprint) {
        const remedy = 'Pass the data that the run was begun with: --data FILE';
        throw badFile('value', 'these are not the data of the run', path, remedy);
      }
      return runWith({ options, backendName, recipe: recipeName, data, before, run, progress, terminal }, backend);
    });
    return { outcome: walker2dOutcome(result), result, model: resolve(folder, run.path, 'model.safetensors') };
  });
}

/** How a run was set up. */
interface RunSettings {
  readonly recipe: string;
  readonly epochs: number;
  readonly seed: number;
  /** As `--backend` takes it. */
  readonly backend: string;
  readonly data: { readonly path: string; readonly fingerprint: string };
}

function readSettings(config: Readonly<Record<string, unknown>>, file: string): RunSettings {
  const { task, recipe, epochs, seed, backend_option: backend, data } = config;
  const { path: dataPath, fingerprint } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = [epochs, seed].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
  const texts = [recipe, backend, dataPath, fingerprint].every((value) => typeof value === 'string');
  if (task === 'walker2d' && numbers && texts && Object.hasOwn(recipes, String(recipe))) {
    return { recipe, epochs, seed, backend, data: { path: dataPath, fingerprint } } as RunSettings;
  }
  const remedy = 'Train anew; the file must be as rheo train walker2d wrote it';
  throw badFile('format', 'the settings of the run are not whole', file, remedy);
}

interface Settings {
  readonly options: TrainWalker2dOptions;
  readonly backendName: string;
  readonly recipe: string;
  readonly data: LoadedWalker2d;
  /** The run that is resumed. */
  readonly before: InterruptedRun<RunSettings> | undefined;
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
  refuseFewerEpochs(before, epochs);
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
  const start: Walker2dStart = {
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
    ...(before === undefined ? {} : { resumedAfter: before.state?.training.history.length ?? 0 }),
  };
  progress.start(walker2dStart(start));

  const begun = performance.now();
  const earlier = (before?.seconds ?? []).reduce((sum, one) => sum + one, 0);
  const { fitted, stopped, seconds } = await trainInRun(
    model,
    { ...setup, data: data.train, validation: data.validation, epochs, seed, backend },
    { run, progress, before, signal: terminal.signal, command: 'rheo train walker2d' },
  );

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
  const predicted = (width: number): string =>
    predictionsPicture(data.test, test.predictions, mostIrregular(data.test), width);
  const pictures = {
    'learning-curve.svg': learningCurve(learning, fullWidth),
    'predictions.svg': predicted(fullWidth),
  };
  const result: RunResult = {
    test_mse: test.mse,
    baseline_mse: test.baseline,
    epochs: fitted.history.length,
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
            caption: 'Loss by epoch; that of training is measured with dropout. The dashed line is "next = current".',
            wide: pictures['learning-curve.svg'],
            narrow: learningCurve(learning, phoneWidth),
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
            narrow: predicted(phoneWidth),
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
