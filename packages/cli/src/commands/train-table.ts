/**
 * `rheo train FILE…`: trains on a table of the user's own, measures the result on rows that were set apart, beside what
 * would be predicted without a model, and leaves a run folder. What was not said is chosen from the data, and told.
 *
 * Interruption, checkpoints and `--resume` are as in `rheo train walker2d`.
 */

import { basename, extname, resolve } from 'node:path';
import { flattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { initialise } from '@rheo/layers';
import { toCheckpoint } from '@rheo/train';
import { withBackend } from '../backends.ts';
import { misuse } from '../failure.ts';
import type { InterruptedRun } from '../interrupted-run.ts';
import { checkpointFile, readInterruptedRun } from '../interrupted-run.ts';
import { runReport } from '../pictures/run-report.ts';
import type { RunOptions, RunSession } from '../run-session.ts';
import { refuseSettled, withRun } from '../run-session.ts';
import type { GivenSettings } from '../settings/config-file.ts';
import { configText, mapFiles, readConfigFile } from '../settings/config-file.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { TrainSettings } from '../settings/train-settings.ts';
import { optionOf, settingKeys } from '../settings/train-settings.ts';
import { toTableExtra } from '../table-record.ts';
import { baselineFacts } from '../tables/baseline.ts';
import { learningFacts } from '../tables/learning-facts.ts';
import type { Measured } from '../tables/measure-part.ts';
import { measurePart } from '../tables/measure-part.ts';
import { memoryBudget } from '../tables/memory-budget.ts';
import type { Part } from '../tables/own-part.ts';
import { prepareFromDisk } from '../tables/prepare-from-disk.ts';
import type { PreparedParts } from '../tables/prepare-parts.ts';
import { prepareParts } from '../tables/prepare-parts.ts';
import { rowFacts } from '../tables/row-facts.ts';
import { tableFacts } from '../tables/table-facts.ts';
import type { MeasuredPart, TableOutcome } from '../tables/table-words.ts';
import { tableFigures, tableOutcome, tableStart, tableSummary } from '../tables/table-words.ts';
import { trainingSetup } from '../tables/training-setup.ts';
import type { Terminal } from '../terminal.ts';
import { refuseFewerEpochs, trainInRun } from '../training-run.ts';

/** Options of the command: every setting, the run folder, and a file of settings. */
export interface TrainTableOptions extends Omit<GivenSettings, 'data'>, RunOptions {
  /** JSON with settings; those of the command line count before them. */
  readonly config?: string | undefined;
}

/** What the command leaves, for programs that call it. */
export interface TrainedTable {
  readonly result: TableOutcome;
  /** Path of the model file, absolute. */
  readonly model: string;
}

/** Runs the command. Throws typed errors; see `failure.ts` for their exit codes. */
export async function trainTable(
  files: readonly string[],
  options: TrainTableOptions,
  terminal: Terminal,
): Promise<TrainedTable> {
  const { folder } = terminal;
  const { config, resume, out } = options;
  const given = settingsOf(options);
  const { epochs: _, backend: __, ...settled } = given;
  const named = Object.fromEntries(Object.entries(settled).map(([key, value]) => [optionOf(key), value]));
  refuseSettled(resume, { config, out, ...named });
  const fromFile = config === undefined ? {} : await readConfigFile(folder, config);
  const asked = { ...fromFile, ...given, ...(files.length === 0 ? {} : { data: files }) };
  if (resume === undefined) requireData(asked);
  return withRun(runName(asked.data), options, terminal, async (session) => {
    const before = resume === undefined ? undefined : await readInterruptedRun(session.run, readRunSettings);
    const settings = requireData({ ...before?.settings, ...asked });
    return withBackend(settings.backend ?? 'wasm', folder, async (backend) => {
      // A turn for the signal, which then ends the training before its first step.
      const { files: scratch } = session.run;
      const disk = { budget: memoryBudget(folder, settings), scratch, signal: terminal.signal };
      const parts = (await prepareFromDisk(folder, settings, disk)) ?? (await prepareParts(folder, settings, disk));
      try {
        const result = await trainParts({ settings, parts, before, session, terminal, backend });
        const model = resolve(folder, session.run.path, 'model.safetensors');
        return { outcome: tableOutcome(result, session.run.path), result, model };
      } finally {
        await parts.dispose();
      }
    });
  });
}

interface Training {
  readonly settings: TrainSettings;
  readonly parts: PreparedParts;
  /** The run that is resumed. */
  readonly before: InterruptedRun<TrainSettings> | undefined;
  readonly session: RunSession;
  readonly terminal: Terminal;
  readonly backend: Backend;
}

async function trainParts(training: Training): Promise<TableOutcome> {
  const { settings: given, parts, before, session, terminal, backend } = training;
  const { run, progress } = session;
  const { preparation, train, validation, roles } = parts;
  const setup = await trainingSetup(given, parts);
  const settings = resolved(given, parts, setup.settings);
  const { epochs, batch, accumulate, truncate, seed, patience, keep } = setup.settings;
  refuseFewerEpochs(before, epochs);
  const { leaves } = flattenTree(initialise(setup.model, { features: train.source.features, seed }));
  const parameters = leaves.reduce((sum, { data }) => sum + data.length, 0);
  await run.write('config.json', configText(settings, terminal.folder));
  const notes = [...parts.notes, ...setup.notes];
  const dataNames = given.data.map((file) => basename(file));
  const start = {
    data: dataNames,
    preparation,
    sequences: {
      train: train.source.count,
      validation: validation?.source.count ?? 0,
      test: parts.test?.source.count ?? 0,
    },
    steps: train.source.steps,
    channels: train.source.features,
    parameters,
    settings: setup.settings,
    metrics: setup.metrics,
    backend: backend.name,
    out: run.path,
    notes,
    ...(before === undefined ? {} : { resumedAfter: before.state?.training.history.length ?? 0 }),
  };
  progress.start(tableStart(start));

  const begun = performance.now();
  const earlier = (before?.seconds ?? []).reduce((sum, one) => sum + one, 0);
  const { fitted, stopped } = await trainInRun(
    setup.model,
    {
      data: train.source,
      validation: validation?.source,
      loss: setup.loss,
      metrics: setup.metrics.map(({ metric }) => metric),
      metricsOn: validation === undefined ? 'all' : 'validation',
      optimizer: setup.optimizer,
      epochs,
      batchSize: batch,
      accumulate,
      truncate: truncate ?? undefined,
      seed,
      keep,
      patience: patience ?? undefined,
      backend,
    },
    { run, progress, before, signal: terminal.signal, command: 'rheo train' },
  );

  const usual = baselineFacts(train.data, preparation).usual;
  const measure = async (part: Part | undefined): Promise<Measured | undefined> =>
    part && (await measurePart({ fitted, table: part.table, data: part.data, preparation, usual }));
  const onValidation = await measure(validation);
  const onTest = await measure(parts.test);
  const measured: MeasuredPart[] = [
    ...(onTest === undefined ? [] : [{ part: 'test' as const, measured: onTest }]),
    ...(onValidation === undefined ? [] : [{ part: 'validation' as const, measured: onValidation }]),
  ];
  const [heldOut] = measured;
  const record = {
    preparation,
    dataNames,
    usual,
    measured:
      heldOut?.measured.scored === undefined
        ? undefined
        : { part: heldOut.part, figures: heldOut.measured.scored.figures },
  };
  const result: TableOutcome = {
    target: roles.target,
    measured,
    epochs: fitted.history.length,
    bestEpoch: fitted.training?.bestEpoch,
    parameters,
    seed,
    seconds: earlier + (performance.now() - begun) / 1000,
    stopped,
    files: ['model.safetensors', 'report.html', 'metrics.jsonl', 'config.json', 'log.txt', checkpointFile],
  };
  await run.write('model.safetensors', toCheckpoint(fitted, toTableExtra(record)));
  const facts = tableFacts({
    title: `${preparation.targets.map(({ column }) => column).join(', ')} from ${dataNames.join(', ')}`,
    summary: tableSummary(result),
    preparation,
    learning: learningFacts(fitted, setup, preparation, onValidation),
    figures: tableFigures(result),
    notes,
    heldOut,
    rows: rowFacts(train.table, preparation),
    config: mapFiles(settings, (file) => basename(file)),
  });
  await run.write('report.html', runReport(facts));
  return result;
}

/** The settings among the options of the command. */
function settingsOf(options: TrainTableOptions): Omit<GivenSettings, 'data'> {
  const entries = settingKeys.map((key) => [key, options[key]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** All settings with their values, those that were chosen too. */
function resolved(given: TrainSettings, { roles, preparation }: PreparedParts, chosen: object): TrainSettings {
  return {
    ...given,
    task: roles.task,
    target: preparation.targets.map(({ column }) => column),
    features: preparation.features.map(({ column }) => column),
    time: roles.time,
    group: roles.group.length === 0 ? null : roles.group,
    ...chosen,
  };
}

function readRunSettings(config: Readonly<Record<string, unknown>>, file: string): TrainSettings {
  if (config['task'] === 'walker2d') {
    throw misuse(`${file} is of a run of walker2d`, '--resume', 'Go on with: rheo train walker2d --resume DIR');
  }
  return requireData(readSettings(config, file));
}

function requireData(settings: GivenSettings): TrainSettings {
  const { data, ...rest } = settings;
  if (data !== undefined && data.length > 0) return { ...rest, data };
  const remedy = 'Name a file: rheo train data.csv. Or begin with the walking robot: rheo train walker2d';
  throw misuse('there is nothing to train on', '<files>', remedy);
}

/** What run folders begin with where none is named. */
function runName([file = 'table']: readonly string[] = []): string {
  return basename(file, extname(file)).replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'table';
}
