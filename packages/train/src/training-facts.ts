/**
 * The record of a training run that a checkpoint carries, and its check when it comes from a file.
 */

import { RheoError } from '@rheo/ir';
import type { Json } from '@rheo/layers';
import type { LossConfig } from './losses/loss.ts';
import type { MetricValues } from './metrics/measurement.ts';

/** One epoch of training. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean of the loss over the epoch, with dropout and penalty, each batch at the parameters before it. */
  readonly loss: number;
  /** Loss on the validation data after the epoch, with penalty. */
  readonly validationLoss?: number;
  /** Metrics of the training data after the epoch, without dropout; present where metrics are asked for. */
  readonly metrics?: MetricValues;
  /** The same of the validation data. */
  readonly validationMetrics?: MetricValues;
  /** Share of the rate in the epoch, by a schedule that decides between epochs; present with one. */
  readonly rateFactor?: number;
}

/** How a model was trained, as plain data for checkpoints. */
export interface TrainingFacts {
  readonly loss: string;
  /** Options of the loss; absent where it has none. */
  readonly lossConfig?: LossConfig;
  readonly optimizer: { readonly name: string; readonly config: Json };
  readonly penalty: { readonly rate: number; readonly parts: 'all' | readonly string[] } | null;
  readonly batchSize: number;
  /** Batches per step; absent for 1. */
  readonly accumulate?: number;
  /** Steps of a sequence for each update; absent for all. */
  readonly truncate?: number;
  readonly seed: number;
  /** Steps taken. */
  readonly steps: number;
  readonly history: readonly EpochRecord[];
  /** The epoch whose parameters were kept as the best; absent where they are those of the last step. */
  readonly bestEpoch?: number;
}

/** The facts, checked field by field. Throws `format` naming the field. */
export function readTrainingFacts(value: unknown, file: string): TrainingFacts {
  const wrong = (field: string): RheoError =>
    new RheoError('format', {
      from: '@rheo/train',
      what: `training.${field} is missing or of the wrong kind`,
      where: file,
      remedy: 'Save the checkpoint again',
    });
  const record = asRecord(value) ?? {};
  const { loss, lossConfig, penalty, batchSize, seed, steps, history, bestEpoch, accumulate, truncate } = record;
  if (lossConfig !== undefined && asRecord(lossConfig) === undefined) throw wrong('lossConfig');
  const optimizer = asRecord(record['optimizer']);
  if (typeof loss !== 'string') throw wrong('loss');
  if (optimizer === undefined || typeof optimizer['name'] !== 'string') throw wrong('optimizer');
  const numbers = { batchSize, seed, steps };
  for (const [field, number] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(number) || Number(number) < 0) throw wrong(field);
  }
  if (accumulate !== undefined && !(Number.isSafeInteger(accumulate) && Number(accumulate) > 1))
    throw wrong('accumulate');
  if (truncate !== undefined && !(Number.isSafeInteger(truncate) && Number(truncate) >= 1)) throw wrong('truncate');
  if (!Array.isArray(history)) throw wrong('history');
  const isEpoch = Number.isSafeInteger(bestEpoch) && Number(bestEpoch) >= 1 && Number(bestEpoch) <= history.length;
  if (bestEpoch !== undefined && !isEpoch) throw wrong('bestEpoch');
  return {
    loss,
    ...(lossConfig === undefined ? {} : { lossConfig: lossConfig as LossConfig }),
    optimizer: { name: optimizer['name'], config: (optimizer['config'] ?? {}) as Json },
    penalty: readPenalty(penalty, () => wrong('penalty')),
    // In the order in which training writes them: equal facts are equal texts.
    batchSize: Number(batchSize),
    ...(accumulate === undefined ? {} : { accumulate: Number(accumulate) }),
    ...(truncate === undefined ? {} : { truncate: Number(truncate) }),
    seed: Number(seed),
    steps: Number(steps),
    history: history.map((entry: unknown, index) => readEpoch(entry, () => wrong(`history[${index}]`))),
    ...(bestEpoch === undefined ? {} : { bestEpoch: Number(bestEpoch) }),
  };
}

function readPenalty(value: unknown, wrong: () => RheoError): TrainingFacts['penalty'] {
  if (value === null || value === undefined) return null;
  const { rate, parts } = asRecord(value) ?? {};
  const named = Array.isArray(parts) && parts.every((part) => typeof part === 'string');
  if (typeof rate !== 'number' || !(rate >= 0) || !(parts === 'all' || named)) throw wrong();
  return { rate, parts };
}

function readEpoch(value: unknown, wrong: () => RheoError): EpochRecord {
  const { epoch, loss, validationLoss, metrics, validationMetrics, rateFactor } = asRecord(value) ?? {};
  if (typeof epoch !== 'number' || typeof loss !== 'number') throw wrong();
  for (const number of [validationLoss, rateFactor])
    if (number !== undefined && typeof number !== 'number') throw wrong();
  for (const values of [metrics, validationMetrics]) {
    if (values === undefined) continue;
    const record = asRecord(values);
    if (record === undefined || !Object.values(record).every((number) => typeof number === 'number')) throw wrong();
  }
  // In the order in which training writes them.
  const known = { epoch, loss, validationLoss, metrics, validationMetrics, rateFactor };
  return Object.fromEntries(Object.entries(known).filter(([, entry]) => entry !== undefined)) as unknown as EpochRecord;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
