/**
 * The loop of training: epochs over shuffled batches, losses read now and then, parameters kept on the host after each
 * epoch in which every number was finite.
 *
 * It gives the page or process a turn every tenth of a second, for progress, abort and whatever else runs beside it.
 */

import type { Parameter } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import { epochOrder } from '@rheo/data';
import type { DeviceTensor, ErrorCode } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import type { BatchBuffers } from './batch-buffers.ts';
import type { DeviceLoop } from './device-loop.ts';
import type { Evaluator } from './evaluation.ts';
import type { Fitted, FittedParts } from './fitted.ts';
import { createFitted } from './fitted.ts';
import type { ParameterList } from './programs.ts';
import type { TrainNumbers, TrainOptions } from './train-options.ts';
import type { EpochRecord } from './training-facts.ts';
import { TrainingStopped } from './training-stopped.ts';

/** A compiled training, ready to run. */
export interface Training {
  readonly options: TrainOptions;
  readonly numbers: TrainNumbers;
  readonly initial: FittedParts;
  readonly parameters: ParameterList;
  /** Sequences of the data. */
  readonly count: number;
  readonly orderSeed: number;
  readonly batch: BatchBuffers;
  /** Host input of the loop: index of the step in the whole training. */
  readonly step: Uint32Array;
  /** State: trained parameters, then optimiser slots. */
  readonly loop: DeviceLoop;
  /** Frozen parameters. */
  readonly fixed: readonly DeviceTensor[];
  readonly evaluation: Evaluator | undefined;
}

/** Failures of a backend that end a training but lose nothing that was learnt. */
const backendFailures: readonly ErrorCode[] = ['lost', 'memory', 'backend'];

/** Runs all epochs. Throws `TrainingStopped`. */
export async function runEpochs(training: Training): Promise<Fitted> {
  const { options, numbers, loop, evaluation } = training;
  const history: EpochRecord[] = [];
  const turn = turns();
  let steps = 0;
  let good = fittedOf(training, training.initial.parameters, history, steps);
  const stop = (code: ErrorCode, what: string, remedy: string, cause?: unknown): TrainingStopped =>
    new TrainingStopped(code, { from: '@rheo/train', what, remedy, cause }, good);
  const diverged = (what: string): TrainingStopped =>
    stop('diverged', what, 'Lower the learning rate, clip gradients (clipNorm), or scale the data');

  try {
    for (let epoch = 1; epoch <= numbers.epochs; epoch++) {
      const started = performance.now();
      const done = await runEpoch(training, epoch, steps, turn, {
        diverged: (loss, step) => diverged(`the loss is ${loss} in epoch ${epoch}, step ${step}`),
        aborted: async (step) => {
          good = fittedOf(training, await readParameters(training), history, steps + step);
          return stop('aborted', `training was aborted in epoch ${epoch}`, 'The error holds what was learnt: fitted');
        },
      });
      steps += done.steps;
      const seconds = (performance.now() - started) / 1000;
      const parameters = await readParameters(training);
      const broken = flattenTree(parameters).leaves.findIndex(({ data }) => !data.every(Number.isFinite));
      if (broken >= 0) {
        throw diverged(`parameter ${training.parameters.about[broken]?.path} is not finite after epoch ${epoch}`);
      }
      const found = await evaluation?.run([...loop.state.slice(0, trainedCount(training)), ...training.fixed]);
      if (found !== undefined && !Number.isFinite(found.loss)) {
        throw diverged(`the validation loss is ${found.loss} after epoch ${epoch}`);
      }
      const record: EpochRecord = {
        epoch,
        loss: done.loss,
        ...(found === undefined ? {} : { validationLoss: found.loss }),
      };
      history.push(record);
      good = fittedOf(training, parameters, history, steps);
      await options.onEpoch?.({ ...record, epochs: numbers.epochs, seconds, fitted: good });
    }
  } catch (error) {
    if (error instanceof TrainingStopped || !isRheoError(error) || !backendFailures.includes(error.code)) throw error;
    const what = `the backend failed: ${error.details.what}`;
    throw stop(error.code, what, 'Go on from the parameters of this error on a new backend', error);
  }
  return good;
}

interface Ends {
  diverged(loss: number, step: number): TrainingStopped;
  aborted(step: number): Promise<TrainingStopped>;
}

async function runEpoch(
  training: Training,
  epoch: number,
  firstStep: number,
  turn: () => Promise<void>,
  ends: Ends,
): Promise<{ readonly loss: number; readonly steps: number }> {
  const { options, numbers, loop, batch, count } = training;
  const order = epochOrder(count, options.shuffle === false ? false : training.orderSeed, epoch - 1);
  const steps = Math.ceil(count / batch.rows);
  const used: number[] = [];
  let total = 0;
  for (let step = 0; step < steps; step++) {
    if (options.signal?.aborted === true) throw await ends.aborted(step);
    used.push(batch.fill(order, step * batch.rows));
    training.step[0] = firstStep + step;
    loop.step();
    if (used.length < numbers.readEvery && step + 1 < steps) continue;
    const losses = (await loop.drain()).map(([loss = Number.NaN]) => loss);
    losses.forEach((loss, index) => {
      if (!Number.isFinite(loss)) throw ends.diverged(loss, step + 2 - losses.length + index);
      total += loss * (used[index] ?? 0);
    });
    used.length = 0;
    options.onStep?.({ epoch, step: step + 1, steps, loss: losses.at(-1) ?? Number.NaN });
    await turn();
  }
  return { loss: total / count, steps };
}

/** Gives the process a turn if a tenth of a second has passed since the last, however short its epochs are. */
function turns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last <= 100) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}

/** Parameters of the model as they are on the device. */
async function readParameters({ options, parameters, initial, loop }: Training): Promise<FittedParts['parameters']> {
  const { leaves } = flattenTree(initial.parameters);
  let next = 0;
  const read = leaves.map(async (leaf): Promise<Parameter> => {
    const handle = leaf.trainable ? loop.state[next++] : undefined;
    if (handle === undefined) return leaf;
    return { ...leaf, data: Float32Array.from(await options.backend.read(handle)) };
  });
  return unflattenTree(parameters.structure, await Promise.all(read));
}

function trainedCount({ parameters }: Training): number {
  return parameters.about.filter(({ trainable }) => trainable).length;
}

function fittedOf(
  { initial, options, numbers }: Training,
  parameters: FittedParts['parameters'],
  history: readonly EpochRecord[],
  steps: number,
): Fitted {
  const { loss, optimizer, penalty } = options;
  return createFitted({
    ...initial,
    parameters,
    training: {
      loss: loss.name,
      ...(loss.config === undefined ? {} : { lossConfig: loss.config }),
      optimizer: { name: optimizer.name, config: optimizer.config },
      penalty: penalty === undefined ? null : { rate: penalty.rate, parts: penalty.parts },
      batchSize: numbers.batchSize,
      seed: numbers.seed,
      steps,
      history: [...history],
    },
  });
}
