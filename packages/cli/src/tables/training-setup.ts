/**
 * Model, loss, optimiser and numbers of a training from its settings: what is not set has a default that depends on the
 * data, and comes back as a setting, so that the run can be repeated.
 */

import type { Layer } from '@rheo/layers';
import type { Loss, Optimizer, Schedule } from '@rheo/train';
import {
  adam,
  adamw,
  cosine,
  crossEntropy,
  crossEntropyWith,
  exponential,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  oneCycle,
  onPlateau,
  rmsprop,
  sgd,
  usualBatchSize,
  usualEpochs,
} from '@rheo/train';
import { misuse } from '../failure.ts';
import type { TrainSettings } from '../settings/train-settings.ts';
import { modelOf, takesElapsed } from './cells.ts';
import { countedClasses } from './counted-classes.ts';
import type { EpochMetric } from './epoch-metrics.ts';
import { epochMetrics, usualMetrics } from './epoch-metrics.ts';
import type { PreparedParts } from './prepare-parts.ts';

/** Settings of model and training, each with its value. */
export type ResolvedSettings = Required<
  Pick<
    TrainSettings,
    | 'cell'
    | 'units'
    | 'wiring'
    | 'backbone'
    | 'backboneLayers'
    | 'dropout'
    | 'epochs'
    | 'batch'
    | 'accumulate'
    | 'truncate'
    | 'optimizer'
    | 'rate'
    | 'schedule'
    | 'scheduleEpochs'
    | 'loss'
    | 'classWeights'
    | 'metrics'
    | 'clip'
    | 'patience'
    | 'keep'
    | 'seed'
    | 'backend'
  >
>;

/** All that `train` takes besides data and backend. */
export interface TrainingSetup {
  readonly settings: ResolvedSettings;
  readonly model: Layer;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Of the validation part. */
  readonly metrics: readonly EpochMetric[];
  /** What was chosen, one sentence each. */
  readonly notes: readonly string[];
}

/** The setup of a training. Throws `argument` for settings that do not go together. */
export async function trainingSetup(given: TrainSettings, parts: PreparedParts): Promise<TrainingSetup> {
  const { preparation, train, validation } = parts;
  const classes = preparation.classes !== null;
  const batch = given.batch ?? usualBatchSize(train.source.count);
  const accumulate = given.accumulate ?? 1;
  const stepsPerEpoch = Math.ceil(train.source.count / (batch * accumulate));
  const epochs = given.epochs ?? usualEpochs(stepsPerEpoch);
  const optimizer = given.optimizer ?? 'adam';
  const { patience, keep } = choosing(given, validation !== undefined);
  const settings: ResolvedSettings = {
    cell: given.cell ?? 'cfc',
    units: given.units ?? 64,
    wiring: given.wiring ?? 'full',
    backbone: given.backbone ?? 128,
    backboneLayers: given.backboneLayers ?? 1,
    dropout: given.dropout ?? 0,
    epochs,
    batch,
    accumulate,
    truncate: given.truncate ?? null,
    optimizer,
    rate: given.rate ?? (optimizer === 'sgd' ? 0.05 : 0.005),
    schedule: given.schedule ?? 'cosine',
    scheduleEpochs: given.scheduleEpochs ?? epochs,
    loss: given.loss ?? (classes ? 'cross-entropy' : 'mse'),
    classWeights: given.classWeights ?? null,
    metrics: metricsOf(given, parts),
    clip: given.clip === undefined ? 1 : given.clip,
    patience,
    keep,
    seed: given.seed ?? 1,
    backend: given.backend ?? 'wasm',
  };
  refuseUnfit(settings, classes);
  const metrics = epochMetrics(settings.metrics, preparation);
  const counted = await countedClasses(settings.classWeights, preparation, train.source);
  const { cell } = settings;
  const outputs = preparation.classes?.length ?? preparation.targets.length;
  return {
    settings,
    model: modelOf({ ...settings, atEnd: preparation.at === 'end', outputs }),
    loss: counted === undefined ? losses[settings.loss]() : crossEntropyWith({ classWeights: counted.weights }),
    optimizer: optimizerOf(settings, validation !== undefined),
    metrics,
    notes: [
      ...(takesElapsed(cell) ? [] : [`The cell ${cell} is not told the time between rows.`]),
      ...(counted === undefined ? [] : [counted.note]),
      ...(given.metrics === undefined && validation !== undefined && onDisk(parts) ? [withoutMetrics] : []),
    ],
  };
}

const losses: Readonly<Record<ResolvedSettings['loss'], () => Loss>> = {
  mse: () => meanSquaredError,
  mae: () => meanAbsoluteError,
  huber: () => huber(),
  'cross-entropy': () => crossEntropy,
};

/** What people call a loss. */
export const lossNames: Readonly<Record<ResolvedSettings['loss'], string>> = {
  mse: 'mean squared error',
  mae: 'mean absolute error',
  huber: 'Huber loss',
  'cross-entropy': 'cross entropy',
};

/** Patience and the best epoch need a validation part. */
function choosing(
  { patience, keep }: TrainSettings,
  validated: boolean,
): Required<Pick<TrainSettings, 'patience' | 'keep'>> {
  if (validated) return { patience: patience === undefined ? 10 : patience, keep: keep ?? 'best' };
  const needed = typeof patience === 'number' ? '--patience' : keep === 'best' ? '--keep' : undefined;
  if (needed === undefined) return { patience: null, keep: 'last' };
  const remedy = 'Set rows apart for it: --validation 0.15, or leave the option out';
  throw misuse('there is no validation part to tell the best epoch by', needed, remedy);
}

const withoutMetrics = 'No metrics by epoch, as those need memory: ask for them (--metrics).';

function onDisk({ train, validation }: PreparedParts): boolean {
  return train.source !== train.data || validation?.source !== validation?.data;
}

/** Metrics need a validation part, and all of its targets in memory. */
function metricsOf({ metrics }: TrainSettings, parts: PreparedParts): ResolvedSettings['metrics'] {
  const { preparation, validation } = parts;
  if (metrics === undefined) return validation === undefined || onDisk(parts) ? [] : usualMetrics(preparation);
  if (metrics.length === 0 || validation !== undefined) return metrics;
  const remedy = 'Set rows apart for it: --validation 0.15, or leave the option out';
  throw misuse('there is no validation part to measure', '--metrics', remedy);
}

function refuseUnfit({ loss, cell, wiring }: ResolvedSettings, classes: boolean): void {
  if (classes !== (loss === 'cross-entropy')) {
    const what = classes ? `${lossNames[loss]} is no loss of classes` : 'cross entropy is a loss of classes';
    throw misuse(what, '--loss', classes ? 'Use cross-entropy, or leave it out' : 'Use mse, mae or huber');
  }
  if (wiring === 'ncp' && cell !== 'cfc' && cell !== 'ltc') {
    throw misuse(`the cell ${cell} has no wiring`, '--wiring', 'Use it with --cell cfc or ltc, or leave it out');
  }
}

function optimizerOf(settings: ResolvedSettings, validated: boolean): Optimizer {
  const { optimizer, rate, clip } = settings;
  const decay = scheduleOf(settings, validated);
  const options = {
    learningRate: rate,
    ...(clip === null ? {} : { clipGlobalNorm: clip }),
    ...(decay === undefined ? {} : { decay }),
  };
  switch (optimizer) {
    case 'adam':
      return adam(options);
    case 'adamw':
      return adamw(options);
    case 'rmsprop':
      return rmsprop(options);
    case 'sgd':
      return sgd({ ...options, momentum: 0.9 });
  }
}

function scheduleOf({ schedule, scheduleEpochs: epochs }: ResolvedSettings, validated: boolean): Schedule | undefined {
  switch (schedule) {
    case 'constant':
      return undefined;
    case 'exponential':
      return exponential({ rate: 0.95 });
    case 'cosine':
      return cosine({ epochs, final: 0.01 });
    case 'one-cycle':
      return oneCycle({ epochs });
    case 'on-plateau':
      // Within the usual patience of training, so that a lower rate is tried before it ends.
      return onPlateau({ factor: 0.3, patience: 3, watch: validated ? 'validation' : 'training' });
  }
}
