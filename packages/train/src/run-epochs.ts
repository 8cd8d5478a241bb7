/**
 * The loop of training: epochs over shuffled batches, losses read now and then, parameters and optimiser state kept on the
 * host after each epoch in which every number was finite.
 *
 * Everything that a step depends on follows from the state that is kept, the data and the options, so that an epoch may
 * begin at any step of it. It gives the page or process a turn every tenth of a second, for progress, abort and whatever
 * else runs beside it.
 */

import type { DeviceWatch, Parameter } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import { epochOrder } from '@rheo/data';
import type { DeviceTensor } from '@rheo/ir';
import type { BatchBuffers } from './batch-buffers.ts';
import { bestEpoch, outOfPatience } from './best-epoch.ts';
import type { DeviceLoop } from './device-loop.ts';
import type { Evaluator } from './evaluation.ts';
import type { Fitted } from './fitted.ts';
import type { Kept } from './kept.ts';
import type { TrainNumbers, TrainOptions } from './train-options.ts';
import type { EpochRecord } from './training-facts.ts';
import { callerCode } from './training-failure.ts';
import type { TrainingState } from './training-state.ts';

/** A compiled training, ready to run. */
export interface Training {
  readonly options: TrainOptions;
  readonly numbers: TrainNumbers;
  /** Where it begins, and what has been reached. */
  readonly kept: Kept;
  readonly watch: DeviceWatch;
  readonly orderSeed: number;
  readonly batch: BatchBuffers;
  /** Host input of the loop: index of the step in the whole training. */
  readonly step: Uint32Array;
  /** Host input of the loop, where the schedule decides between epochs: what it decided. */
  readonly decided: Float32Array | undefined;
  /** State: trained parameters, then optimiser slots. */
  readonly loop: DeviceLoop;
  /** Frozen parameters. */
  readonly fixed: readonly DeviceTensor[];
  readonly evaluation: Evaluator | undefined;
  /** Of the training data, where there are metrics. */
  readonly measured: Evaluator | undefined;
}

/** Runs all epochs that are not done yet. Throws `TrainingStopped`, and what the backend or a callback throws. */
export async function runEpochs(training: Training): Promise<Fitted> {
  const { options, numbers, kept, loop, evaluation, measured, decided } = training;
  const decision = options.optimizer.schedule?.decision;
  const turn = turns();
  const first = kept.state.training.history.length + 1;
  for (let epoch = first; epoch <= numbers.epochs; epoch++) {
    if (outOfPatience(kept.state.training.history, numbers.patience)) break;
    const rateFactor = decision?.after(kept.state.training.history);
    if (rateFactor !== undefined) decided?.fill(rateFactor);
    const started = performance.now();
    const done = await runEpoch(training, epoch, turn);
    const seconds = (performance.now() - started) / 1000;
    const reached = await readState(training, `after epoch ${epoch}`);
    const parametersNow = [...loop.state.slice(0, reached.trained), ...training.fixed];
    const found = await evaluation?.run(parametersNow);
    if (found !== undefined && !Number.isFinite(found.loss)) {
      throw kept.diverged(`the validation loss is ${found.loss} after epoch ${epoch}`);
    }
    const { metrics } = (await measured?.run(parametersNow)) ?? {};
    if (measured !== undefined && metrics === undefined)
      throw kept.diverged(`the model is not finite after epoch ${epoch}`);
    const record: EpochRecord = {
      epoch,
      loss: done.loss,
      ...(found === undefined ? {} : { validationLoss: found.loss }),
      ...(metrics === undefined ? {} : { metrics }),
      ...(found?.metrics === undefined ? {} : { validationMetrics: found.metrics }),
      ...(rateFactor === undefined ? {} : { rateFactor }),
    };
    const history = [...kept.state.training.history, record];
    const { parameters } = reached.numbers;
    const best = bestEpoch(history) === epoch ? { epoch, parameters } : kept.state.best;
    kept.advance({
      ...reached.numbers,
      steps: done.steps,
      history,
      underWay: { steps: 0, lossSum: 0 },
      best: numbers.keep === 'best' ? best : undefined,
    });
    const { fitted, state } = kept;
    await callerCode(() => options.onEpoch?.({ ...record, epochs: numbers.epochs, seconds, fitted, state }));
  }
  return kept.result;
}

/** The rest of an epoch; gives its mean loss and the steps of the training until its end. */
async function runEpoch(
  training: Training,
  epoch: number,
  turn: () => Promise<void>,
): Promise<{ readonly loss: number; readonly steps: number }> {
  const { options, numbers, loop, batch, kept, watch } = training;
  const { count } = kept.state.data;
  const begun = kept.state.underWay;
  const before = kept.state.training.steps - begun.steps;
  const order = epochOrder(count, options.shuffle === false ? false : training.orderSeed, epoch - 1);
  const steps = Math.ceil(count / batch.rows);
  const used: number[] = [];
  let lossSum = begun.lossSum;
  const readLosses = async (step: number): Promise<number> => {
    const losses = (await loop.drain()).map(([loss]) => loss?.[0] ?? Number.NaN);
    losses.forEach((loss, index) => {
      if (!Number.isFinite(loss)) {
        throw kept.diverged(`the loss is ${loss} in epoch ${epoch}, step ${step + 1 - losses.length + index}`);
      }
      lossSum += loss * (used[index] ?? 0);
    });
    used.length = 0;
    return losses.at(-1) ?? Number.NaN;
  };
  for (let step = begun.steps; step < steps; step++) {
    watch.check();
    if (options.signal?.aborted === true) {
      if (step > begun.steps) {
        await readLosses(step);
        const { numbers: read } = await readState(training, `at step ${step} of epoch ${epoch}`);
        const { best, training: facts } = kept.state;
        kept.advance({
          ...read,
          steps: before + step,
          history: facts.history,
          underWay: { steps: step, lossSum },
          best,
        });
      }
      const remedy = 'The error holds what was learnt (fitted), and the state to go on from: { resume: error.state }';
      throw kept.stop('aborted', `training was aborted in epoch ${epoch}`, remedy);
    }
    const filled = batch.fill(order, step * batch.rows);
    // Waiting for what is there already would cost a turn for each step.
    used.push(typeof filled === 'number' ? filled : await filled);
    training.step[0] = before + step;
    loop.step();
    if (used.length < numbers.readEvery && step + 1 < steps) continue;
    const loss = await readLosses(step + 1);
    await callerCode(() => options.onStep?.({ epoch, step: step + 1, steps, loss }));
    await turn();
  }
  return { loss: lossSum / count, steps: before + steps };
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

/** Parameters and optimiser state as they are on the device. Throws `diverged` unless all are finite. */
async function readState(
  { options, kept, watch, loop }: Training,
  when: string,
): Promise<{ readonly numbers: Pick<TrainingState, 'parameters' | 'slots'>; readonly trained: number }> {
  const { leaves, paths, structure } = flattenTree(kept.state.parameters);
  const trained = paths.filter((_, index) => leaves[index]?.trainable);
  const read = await watch.wait(Promise.all(loop.state.map((handle) => options.backend.read(handle))));
  const names = ['parameter', ...options.optimizer.slots.map((slot) => `slot ${slot} of`)];
  const groups = names.map((name, group) =>
    trained.map((path, index) => {
      const data = read[group * trained.length + index] ?? new Float32Array(0);
      if (!data.every(Number.isFinite)) throw kept.diverged(`${name} ${path} is not finite ${when}`);
      return [path, data instanceof Float32Array ? data : new Float32Array(data)] as const;
    }),
  );
  const values = new Map(groups[0]);
  const next = leaves.map((leaf, index): Parameter => ({ ...leaf, data: values.get(paths[index] ?? '') ?? leaf.data }));
  const slots = options.optimizer.slots.map((slot, index) => [slot, Object.fromEntries(groups[index + 1] ?? [])]);
  return {
    numbers: { parameters: unflattenTree(structure, next), slots: Object.fromEntries(slots) },
    trained: trained.length,
  };
}
