/**
 * The options of `train`, and their check.
 */

import type { Parameter, Tree } from '@rheo/core';
import type { SequenceSource } from '@rheo/data';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Fitted } from './fitted.ts';
import type { L2 } from './l2.ts';
import type { Loss } from './losses/loss.ts';
import type { Metric } from './metrics/metric.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import type { TrainingData } from './training-data.ts';
import type { EpochRecord } from './training-facts.ts';
import type { TrainingState } from './training-state.ts';

/** Where training stands when losses have been read. */
export interface StepReport {
  /** From 1. */
  readonly epoch: number;
  /** Steps done in this epoch, and how many it has. */
  readonly step: number;
  readonly steps: number;
  /** Loss of the last step. */
  readonly loss: number;
}

/** What `onEpoch` is told. */
export interface EpochReport extends EpochRecord {
  readonly epochs: number;
  /** Duration of the epoch's steps, without validation. */
  readonly seconds: number;
  /** The model as it is now, whatever `keep` says, to save or to predict with. */
  readonly fitted: Fitted;
  /** All that is needed to go on from here: `train(model, { …, resume: state })`. */
  readonly state: TrainingState;
}

/** Options of `train`. */
export interface TrainOptions {
  /** Plain arrays, or a source that makes sequences when they are asked for. */
  readonly data: TrainingData | SequenceSource;
  /** Evaluated after each epoch. */
  readonly validation?: TrainingData | SequenceSource | undefined;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Added to the loss. */
  readonly penalty?: L2 | undefined;
  readonly epochs: number;
  /** Sequences per step; 32 unless given. */
  readonly batchSize?: number | undefined;
  /**
   * Batches per step; 1 unless given. The step is that of one batch of batchSize × accumulate sequences, in the memory of a
   * batch of batchSize: gradients of the parts are added up.
   */
  readonly accumulate?: number | undefined;
  /**
   * Truncated backpropagation through time: sequences are worked through in chunks of so many steps, with an update after
   * each, the state carried on without gradient. Whole sequences unless given, or where they are no longer than that.
   */
  readonly truncate?: number | undefined;
  /** Measured after each epoch, for the history. */
  readonly metrics?: readonly Metric[] | undefined;
  /** What they are measured on: the training and the validation data (unless given), or the validation data alone. */
  readonly metricsOn?: 'all' | 'validation' | undefined;
  /** Decides first parameters, order of the data and dropout: an integer of 0 … 2^53 − 1; 0 unless given. */
  readonly seed?: number | undefined;
  /**
   * Ends training when so many epochs in a row had no validation loss lower than the lowest before; needs `validation`.
   * Never unless given.
   */
  readonly patience?: number | undefined;
  /**
   * Whose parameters the fitted model has: those of the last step (unless given), or of the epoch with the lowest
   * validation loss, which needs `validation`.
   */
  readonly keep?: 'last' | 'best' | undefined;
  /** New order in each epoch; true unless given. */
  readonly shuffle?: boolean | undefined;
  readonly backend: Backend;
  /** Parameters to start from, instead of the model's own. */
  readonly parameters?: Tree<Parameter> | undefined;
  /**
   * Goes on from here as if the training had never stopped: to the same bits on the same backend. All options but the
   * backend must be as they were; `epochs`, which counts from the very start, may be larger.
   */
  readonly resume?: TrainingState | undefined;
  /** Steps between two readings of the loss; 1 on a synchronous backend, else 16, and at each epoch's end. */
  readonly readEvery?: number | undefined;
  onStep?(report: StepReport): void;
  /** Awaited if it returns a promise. */
  onEpoch?(report: EpochReport): void | Promise<void>;
  /** Ends training at the next step, with what was learnt until then. */
  readonly signal?: AbortSignal | undefined;
}

/** The numbers of the options, defaults filled in. */
export interface TrainNumbers {
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly truncate: number | undefined;
  readonly seed: number;
  readonly readEvery: number;
  readonly patience: number | undefined;
  readonly keep: 'last' | 'best';
}

/** Every option once, so that a misspelt one is noticed. */
const known: Readonly<Record<keyof TrainOptions, true>> = {
  data: true,
  validation: true,
  loss: true,
  optimizer: true,
  penalty: true,
  epochs: true,
  batchSize: true,
  accumulate: true,
  truncate: true,
  metrics: true,
  metricsOn: true,
  seed: true,
  patience: true,
  keep: true,
  shuffle: true,
  backend: true,
  parameters: true,
  resume: true,
  readEvery: true,
  onStep: true,
  onEpoch: true,
  signal: true,
};

/** Checks and completes the numbers. Throws `argument` naming the option. */
export function readNumbers(options: TrainOptions): TrainNumbers {
  const { backend, epochs, batchSize = 32, accumulate = 1, truncate, seed = 0, patience, keep = 'last' } = options;
  for (const name of ['data', 'loss', 'optimizer', 'backend'] as const) {
    if (typeof options[name] !== 'object' || options[name] === null) {
      throw wrongOption(name, options[name], 'train needs it: { data, loss, optimizer, epochs, backend }');
    }
  }
  // A setup is often spread with its model in it.
  const odd = Object.keys(options).find((name) => name !== 'model' && !Object.hasOwn(known, name));
  if (odd !== undefined) {
    const what = `train: no option ${JSON.stringify(odd)}`;
    const remedy = `There are ${Object.keys(known).join(', ')}`;
    throw new RheoError('argument', { from: '@rheo/train', what, where: odd, remedy });
  }
  if (backend.capabilities === undefined) {
    throw wrongOption('backend', backend, 'It takes a backend, such as await wasm()');
  }
  if (options.resume !== undefined && options.parameters !== undefined) {
    throw wrongOption('parameters', options.parameters, 'A training that is resumed has its own; leave them out');
  }
  const { readEvery = backend.capabilities.synchronous ? 1 : 16 } = options;
  const counts = { epochs, batchSize, accumulate, readEvery, truncate: truncate ?? 1, patience: patience ?? 1 };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) throw wrongOption(name, value, 'It takes an integer of at least 1');
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw wrongOption('seed', seed, 'It takes an integer of 0 … 2^53 − 1');
  }
  if (keep !== 'last' && keep !== 'best') throw wrongOption('keep', keep, 'It takes "last" or "best"');
  if ((keep === 'best' || patience !== undefined) && options.validation === undefined) {
    const remedy = 'Pass data to measure epochs by, set apart from the training: { validation }';
    throw wrongOption('validation', undefined, `patience and keep: 'best' need it. ${remedy}`);
  }
  const { metricsOn = 'all' } = options;
  if (metricsOn !== 'all' && metricsOn !== 'validation') {
    throw wrongOption('metricsOn', metricsOn, 'It takes "all" or "validation"');
  }
  if (metricsOn === 'validation' && options.validation === undefined) {
    throw wrongOption('validation', undefined, 'metricsOn: "validation" needs it. Pass it, or measure on all');
  }
  const { watch } = options.optimizer.schedule?.decision ?? {};
  if (watch === 'validation' && options.validation === undefined) {
    const remedy = "Pass { validation }, or go by the training loss: onPlateau({ watch: 'training' })";
    throw wrongOption('validation', undefined, `the schedule goes by its loss. ${remedy}`);
  }
  return { epochs, batchSize, accumulate, truncate, seed, readEvery, patience, keep };
}

function wrongOption(name: string, value: unknown, remedy: string): RheoError {
  const shown = typeof value === 'number' || value === undefined ? String(value) : typeof value;
  return new RheoError('argument', { from: '@rheo/train', what: `train: ${name} is ${shown}`, where: name, remedy });
}
