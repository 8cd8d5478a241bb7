/**
 * Training: checks the options and the state to go on from, compiles one Program for the step, and hands it to the epochs.
 */

import type { Parameter } from '@rheo/core';
import { compile, foldIn, key, watchDevice } from '@rheo/core';
import type { DeviceTensor } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { build } from '@rheo/layers';
import { batchBuffers } from './batch-buffers.ts';
import { deviceLoop, donatedState } from './device-loop.ts';
import { evaluator } from './evaluation.ts';
import type { Fitted } from './fitted.ts';
import { outputForm, parameterList } from './fitted.ts';
import { Kept } from './kept.ts';
import { measurement } from './metrics/measurement.ts';
import type { Objective } from './objective.ts';
import { prepareData } from './prepare-data.ts';
import { stepProgram } from './programs.ts';
import { resumedState } from './resume.ts';
import { runEpochs } from './run-epochs.ts';
import { startState } from './start-state.ts';
import type { TrainOptions } from './train-options.ts';
import { readNumbers } from './train-options.ts';
import { failureOfTraining } from './training-failure.ts';
import { stateValues } from './training-state.ts';
import { refuseUntruncatable } from './truncated-step.ts';

/** Keys apart from those of the parameters, which count up from 0. */
const dropoutSite = 2 ** 32 - 1;
const orderSite = 2 ** 32 - 2;

/**
 * Trains a model from its first parameters (or those given), or goes on with a training that was interrupted. Equal
 * options and seed give equal bits on one backend, however often it was interrupted. Throws `argument`, `shape` or `value`
 * for bad options and data before anything runs, and `TrainingStopped` with the last good parameters and the state to
 * resume from when it ends early.
 */
export async function train(model: Layer, options: TrainOptions): Promise<Fitted> {
  const numbers = readNumbers(options);
  const { backend, loss, penalty, optimizer } = options;
  const { batchSize, accumulate, truncate, seed } = numbers;
  const { metrics = [] } = options;
  const { features } = options.data;
  const built = build(model, features);
  const form = outputForm(built);
  const { perStep } = form;
  const data = prepareData(options.data, form, loss, 'data');
  if (options.validation !== undefined && options.validation.features !== features) {
    throw new RheoError('shape', {
      from: '@rheo/train',
      what: `the validation has ${options.validation.features} features, the data ${features}`,
      where: 'validation',
      remedy: 'Cut both from one data set, with the same features in the same order',
    });
  }
  const validation =
    options.validation === undefined ? undefined : prepareData(options.validation, form, loss, 'validation');
  const measuredData = options.metricsOn === 'validation' ? undefined : await measurement(metrics, data, form);
  const measuredValidation = validation && (await measurement(metrics, validation, form));
  if (truncate !== undefined) refuseUntruncatable(built);
  // Sequences that are no longer than a chunk are not truncated.
  const chunk = truncate !== undefined && truncate < data.steps ? truncate : undefined;
  const batch = batchBuffers(data, batchSize * accumulate, perStep, accumulate);
  const start = startState(model, built, options, numbers, features, chunk, await data.mark());
  const stepsPerEpoch = Math.ceil(data.count / batch.rows);
  const state =
    options.resume === undefined ? start : resumedState(options.resume, { start, built, numbers, stepsPerEpoch });
  const kept = new Kept({ model, backend, loss, penalty }, Object.freeze(state));

  const watch = watchDevice(backend);
  const owned = new Set<{ dispose(): void }>();
  const own = <T extends { dispose(): void }>(one: T): T => {
    owned.add(one);
    return one;
  };
  let phase: 'setup' | 'run' = 'setup';
  try {
    watch.check();
    const objective: Objective = { model, loss, penalty, parameters: parameterList(state.parameters) };
    // The recipes of the originals count full batches in the decay, whatever becomes of the rest.
    const fullBatches = Math.max(1, Math.floor(data.count / (batchSize * accumulate)));
    const stepForm = { stepsPerEpoch: fullBatches, parts: accumulate, chunk };
    const program = stepProgram(objective, optimizer, batch.types, stepForm);
    const values = stateValues(state, optimizer.slots);
    const varied = [...values.trained, ...values.slots];
    const executable = own(
      await watch.wait(compile(backend, program, { donate: donatedState(backend, varied.length) })),
    );
    const set = { backend, batchSize, form };
    const evaluation =
      validation && own(await evaluator(objective, validation, { ...set, measured: measuredValidation }));
    const measured = measuredData && own(await evaluator(objective, data, { ...set, measured: measuredData }));

    const upload = ({ data: numbersOf, type }: Parameter): DeviceTensor => own(backend.upload(numbersOf, type));
    const handles = varied.map(upload);
    const fixed = values.frozen.map(upload);
    const step = new Uint32Array(1);
    const { decision } = optimizer.schedule ?? {};
    // Refuses a history to go on from that it cannot go by.
    const decided = decision && Float32Array.of(decision.after(state.training.history));
    const buffers = [...batch.buffers, foldIn(key(seed), dropoutSite), step, ...(decided ? [decided] : [])];
    const loop = own(deviceLoop({ backend, executable, state: handles, fixed, buffers, sizes: [1] }));
    // They are the loop's now, and soon replaced.
    for (const handle of handles) owned.delete(handle);
    phase = 'run';
    const orderSeed = foldIn(key(seed), orderSite)[0] ?? 0;
    const evaluators = { evaluation, measured };
    return await runEpochs({
      options,
      numbers,
      kept,
      watch,
      orderSeed,
      batch,
      step,
      decided,
      loop,
      fixed,
      ...evaluators,
    });
  } catch (error) {
    throw await failureOfTraining(error, kept, watch, phase);
  } finally {
    watch.free(owned);
  }
}
