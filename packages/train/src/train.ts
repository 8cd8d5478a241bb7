/**
 * Training: checks the options and the state to go on from, compiles one Program for the step, and hands it to the epochs.
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree, foldIn, key } from '@rheo/core';
import type { DeviceTensor } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { build, describe, initialise, matchParameters } from '@rheo/layers';
import { batchBuffers } from './batch-buffers.ts';
import { dataMark } from './data-mark.ts';
import { deviceLoop, donatedState } from './device-loop.ts';
import { watchDevice } from './device-watch.ts';
import { evaluator } from './evaluation.ts';
import type { Fitted } from './fitted.ts';
import { outputForm, parameterList } from './fitted.ts';
import { Kept } from './kept.ts';
import type { Objective } from './programs.ts';
import { splitTypes, stepProgram } from './programs.ts';
import { resumedState } from './resume.ts';
import { runEpochs } from './run-epochs.ts';
import type { TrainOptions } from './train-options.ts';
import { readNumbers } from './train-options.ts';
import { prepareData } from './training-data.ts';
import { failureOfTraining } from './training-failure.ts';
import type { TrainingState } from './training-state.ts';
import { emptySlots } from './training-state.ts';

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
  const { batchSize, seed } = numbers;
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
  const parameters: Tree<Parameter> =
    options.parameters === undefined
      ? initialise(model, { features, seed })
      : matchParameters(built, options.parameters);
  const batch = batchBuffers(data, batchSize, perStep);
  const start: TrainingState = {
    model: describe(model),
    features,
    parameters,
    slots: emptySlots(optimizer.slots, parameters),
    training: {
      loss: loss.name,
      ...(loss.config === undefined ? {} : { lossConfig: loss.config }),
      optimizer: { name: optimizer.name, config: optimizer.config },
      penalty: penalty === undefined ? null : { rate: penalty.rate, parts: penalty.parts },
      batchSize,
      seed,
      steps: 0,
      history: [],
    },
    shuffle: options.shuffle !== false,
    data: dataMark(data),
    underWay: { steps: 0, lossSum: 0 },
  };
  const stepsPerEpoch = Math.ceil(data.count / batch.rows);
  const { epochs } = numbers;
  const state =
    options.resume === undefined ? start : resumedState(options.resume, { start, built, epochs, stepsPerEpoch });
  const kept = new Kept({ model, backend, loss, penalty }, Object.freeze(state));

  const watch = watchDevice(backend);
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(one: T): T => {
    owned.push(one);
    return one;
  };
  let phase: 'setup' | 'run' = 'setup';
  try {
    watch.check();
    const objective: Objective = { model, loss, penalty, parameters: parameterList(state.parameters) };
    const { trained } = splitTypes(objective.parameters);
    // The recipes of the originals count full batches in the decay, whatever becomes of the rest.
    const decaySteps = Math.max(1, Math.floor(data.count / batchSize));
    const program = stepProgram(objective, optimizer, batch.types, decaySteps);
    const donate = donatedState(backend, trained.length * (1 + optimizer.slots.length));
    const executable = own(await watch.wait(compile(backend, program, { donate })));
    const evaluation = validation && own(await evaluator(objective, validation, { backend, batchSize, perStep }));

    const { leaves, paths } = flattenTree(state.parameters);
    const upload = ({ data: values, type }: Parameter): DeviceTensor => own(backend.upload(values, type));
    const varied = leaves.filter(({ trainable }) => trainable);
    const variedPaths = paths.filter((_, index) => leaves[index]?.trainable);
    const slots = optimizer.slots.flatMap((slot) =>
      varied.map((leaf, index) => ({ ...leaf, data: state.slots[slot]?.[variedPaths[index] ?? ''] ?? leaf.data })),
    );
    const fixed = leaves.filter(({ trainable }) => !trainable).map(upload);
    const step = new Uint32Array(1);
    const loop = own(
      deviceLoop({
        backend,
        executable,
        state: [...varied, ...slots].map(upload),
        fixed,
        buffers: [...batch.buffers, foldIn(key(seed), dropoutSite), step],
        scalars: 1,
      }),
    );
    phase = 'run';
    const orderSeed = foldIn(key(seed), orderSite)[0] ?? 0;
    return await runEpochs({ options, numbers, kept, watch, orderSeed, batch, step, loop, fixed, evaluation });
  } catch (error) {
    throw await failureOfTraining(error, kept, watch, phase);
  } finally {
    watch.free(owned);
  }
}
