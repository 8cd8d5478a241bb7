/**
 * Training: checks the options, compiles one Program for the step, and hands it to the epochs.
 */

import type { Parameter, Tree } from '@rheo/core';
import { compile, flattenTree, foldIn, key } from '@rheo/core';
import type { DeviceTensor } from '@rheo/ir';
import { allocate, elementCount, RheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { build, initialise, matchParameters } from '@rheo/layers';
import { batchBuffers } from './batch-buffers.ts';
import { deviceLoop, donatedState } from './device-loop.ts';
import { evaluator } from './evaluation.ts';
import type { Fitted } from './fitted.ts';
import { outputForm, parameterList } from './fitted.ts';
import type { Objective } from './programs.ts';
import { splitTypes, stepProgram } from './programs.ts';
import { runEpochs } from './run-epochs.ts';
import type { TrainOptions } from './train-options.ts';
import { readNumbers } from './train-options.ts';
import { prepareData } from './training-data.ts';

/** Keys apart from those of the parameters, which count up from 0. */
const dropoutSite = 2 ** 32 - 1;
const orderSite = 2 ** 32 - 2;

/**
 * Trains a model from its first parameters (or those given). Equal options and seed give equal bits on one backend.
 * Throws `argument`, `shape` or `value` for bad options and data before anything runs, and `TrainingStopped` with the
 * last good parameters when it ends early.
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
  const objective: Objective = { model, loss, penalty, parameters: parameterList(parameters) };
  const { trained } = splitTypes(objective.parameters);

  const batch = batchBuffers(data, batchSize, perStep);
  // The recipes of the originals count full batches in the decay, whatever becomes of the rest.
  const decaySteps = Math.max(1, Math.floor(data.count / batchSize));
  const program = stepProgram(objective, optimizer, batch.types, decaySteps);
  const stateCount = trained.length * (1 + optimizer.slots.length);
  const executable = await compile(backend, program, { donate: donatedState(backend, stateCount) });
  const evaluation =
    validation === undefined ? undefined : await evaluator(objective, validation, { backend, batchSize, perStep });

  const { leaves } = flattenTree(parameters);
  const upload = ({ data: values, type }: Parameter): DeviceTensor => backend.upload(values, type);
  const zero = (): DeviceTensor[] =>
    trained.map((type) => backend.upload(allocate(type.dtype, elementCount(type.shape)), type));
  const fixed = leaves.filter(({ trainable }) => !trainable).map(upload);
  const step = new Uint32Array(1);
  const loop = deviceLoop({
    backend,
    executable,
    state: [...leaves.filter(({ trainable }) => trainable).map(upload), ...optimizer.slots.flatMap(zero)],
    fixed,
    buffers: [...batch.buffers, foldIn(key(seed), dropoutSite), step],
    scalars: 1,
  });
  try {
    return await runEpochs({
      options,
      numbers,
      initial: { model, features, parameters, backend, loss, penalty },
      parameters: objective.parameters,
      count: data.count,
      orderSeed: foldIn(key(seed), orderSite)[0] ?? 0,
      batch,
      step,
      loop,
      fixed,
      evaluation,
    });
  } finally {
    loop.dispose();
    for (const handle of fixed) handle.dispose();
    executable.dispose();
    evaluation?.dispose();
  }
}
