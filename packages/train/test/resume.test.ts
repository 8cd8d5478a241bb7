/** A training that is interrupted and resumed ends in the bits of one that is not. */
import { wasm } from '@rheo/backend-wasm';
import type { Parameter } from '@rheo/core';
import { div, flattenTree, mapTree, reduceMean, square, sub } from '@rheo/core';
import type { Layer } from '@rheo/layers';
import { autoNcp, cfc, dropout, initialise, linear, ltc, sequential } from '@rheo/layers';
import type { Loss, Optimizer, TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  adamw,
  cosine,
  exponential,
  huber,
  l2,
  meanSquaredError,
  oneCycle,
  rmsprop,
  sgd,
  stepped,
  TrainingStopped,
  train,
  warmUp,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { enqueuedBackend } from './enqueued-backend.ts';
import { sineData } from './sine-data.ts';

const model = sequential([
  cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.2, variant: 'official-tf' }),
  dropout(0.1),
  linear(1),
]);

// 10 sequences in batches of 4: the last batch of an epoch is not full.
async function options(changes: Partial<TrainOptions> = {}): Promise<TrainOptions> {
  return {
    data: sineData(10, 5),
    validation: sineData(6, 5, 0.3),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.95 }) }),
    penalty: l2(1e-6),
    epochs: 4,
    batchSize: 4,
    seed: 7,
    backend: await wasm(),
    ...changes,
  };
}

/** Trains until `step` of `epoch` is done and gives the state; as plain data, it survives a structured clone. */
async function interrupted(layer: Layer, given: TrainOptions, epoch: number, step: number): Promise<TrainingState> {
  const controller = new AbortController();
  const error: unknown = await train(layer, {
    ...given,
    signal: controller.signal,
    onStep: (report) => {
      if (report.epoch === epoch && report.step === step) controller.abort();
    },
  }).catch((reason: unknown) => reason);
  if (!(error instanceof TrainingStopped)) throw error;
  expect(error.code).toBe('aborted');
  expect(error.state.training).toEqual(error.fitted.training);
  return structuredClone(error.state);
}

const optimizers: Record<string, Optimizer> = {
  sgd: sgd({ learningRate: 0.05 }),
  'sgd with momentum, one cycle': sgd({
    learningRate: 0.05,
    momentum: 0.9,
    nesterov: true,
    decay: oneCycle({ epochs: 4 }),
  }),
  'rmsprop, centred, stepped': rmsprop({ centered: true, momentum: 0.5, decay: stepped({ rate: 0.5, steps: 3 }) }),
  'adam, warm-up and cosine': adam({ decay: warmUp({ steps: 4, next: cosine({ epochs: 3 }) }), clipGlobalNorm: 0.5 }),
  'adamw of PyTorch': adamw({ learningRate: 0.01, variant: 'pytorch', decay: exponential({ rate: 0.9 }) }),
};

describe('resumed on the same backend, to the last bit', () => {
  it.each(Object.entries(optimizers))('%s, from within an epoch and from its end', async (_, optimizer) => {
    const given = await options({ optimizer });
    const whole = await train(model, given);
    // Steps 1 and 2 of 3 within an epoch; step 3 is its end.
    for (const [epoch, step, steps] of [
      [1, 1, 1],
      [2, 2, 5],
      [3, 3, 9],
    ] as const) {
      const state = await interrupted(model, given, epoch, step);
      expect(state.training.steps).toBe(steps);
      expect(state.underWay.steps).toBe(step % 3);
      const resumed = await train(model, { ...given, resume: state });
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.toBytes()).toEqual(whole.toBytes());
      expect(resumed.state).toEqual(whole.state);
    }
  });

  it('again and again, after each single step', async () => {
    const given = await options({ epochs: 2 });
    const whole = await train(model, given);
    let state: TrainingState | undefined;
    for (const [epoch, step] of [
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
    ] as const) {
      state = await interrupted(model, { ...given, resume: state }, epoch, step);
    }
    const resumed = await train(model, { ...given, resume: state });
    expect(resumed.state).toEqual(whole.state);
    expect(resumed.toBytes()).toEqual(whole.toBytes());
  });

  it('from the report of any epoch, and over more epochs than first planned', async () => {
    const states: TrainingState[] = [];
    const given = await options();
    const whole = await train(model, { ...given, epochs: 6 });
    await train(model, { ...given, onEpoch: ({ state }) => void states.push(state) });
    expect(states.map(({ training }) => training.history.length)).toEqual([1, 2, 3, 4]);
    for (const resume of states) {
      const resumed = await train(model, { ...given, epochs: 6, resume });
      expect(resumed.toBytes()).toEqual(whole.toBytes());
    }
  });

  it('with parameters that are frozen, and with some that must stay positive', async () => {
    const wired = ltc({ wiring: autoNcp(8, 1), positivity: 'explicit' });
    const given = await options({ epochs: 3, penalty: undefined });
    const freeze = (leaf: Parameter, path: string): Parameter => ({
      ...leaf,
      trainable: leaf.trainable && !/bias/.test(path),
    });
    const frozen = mapTree(freeze, initialise(model, { features: 1, seed: 3 }));
    for (const [layer, start, count] of [
      [wired, undefined, 0],
      [model, frozen, 6],
    ] as const) {
      const whole = await train(layer, { ...given, parameters: start });
      const state = await interrupted(layer, { ...given, parameters: start }, 2, 1);
      const resumed = await train(layer, { ...given, resume: state });
      expect(resumed.toBytes()).toEqual(whole.toBytes());
      const fixed = flattenTree(whole.parameters).leaves.filter(({ trainable }) => !trainable);
      expect(fixed).toHaveLength(count);
      expect(fixed).toEqual(start === undefined ? [] : flattenTree(start).leaves.filter(({ trainable }) => !trainable));
    }
  });

  it('in the order of the data, with masks, with batches that divide the data, and with one batch for all', async () => {
    const data = { ...sineData(8, 5), lengths: Int32Array.of(5, 3, 1, 5, 2, 4, 5, 5) };
    for (const batchSize of [4, 3, 64]) {
      const given = await options({ data, batchSize, shuffle: false, loss: huber({ delta: 0.3 }) });
      const whole = await train(model, given);
      const resumed = await train(model, { ...given, resume: await interrupted(model, given, 2, 1) });
      expect(resumed.toBytes()).toEqual(whole.toBytes());
    }
  });

  it('on a backend that only enqueues, stopped between two readings of the loss', async () => {
    const given = await options({ backend: enqueuedBackend(), batchSize: 1, readEvery: 4, epochs: 3 });
    const whole = await train(model, given);
    let runs = 0;
    const controller = new AbortController();
    const backend = enqueuedBackend();
    const counting: typeof backend = Object.assign(Object.create(backend), {
      upload: ((...args) => {
        // The step 16 of 10 an epoch: the sixth of the second, two after the last reading.
        if (args[1].shape.length === 0 && ++runs === 16) controller.abort();
        return backend.upload(...args);
      }) as typeof backend.upload,
    });
    const error: unknown = await train(model, { ...given, backend: counting, signal: controller.signal }).catch(
      (reason: unknown) => reason,
    );
    if (!(error instanceof TrainingStopped)) throw error;
    expect(error.state.underWay.steps).toBe(6);
    expect(backend.liveTensors).toBe(0);
    const resumed = await train(model, { ...given, readEvery: 3, resume: error.state });
    expect(resumed.toBytes()).toEqual(whole.toBytes());
  });

  it('before a last batch that is not full, its unused rows as they were', async () => {
    const data = sineData(10, 5);
    data.targets.forEach((target, i) => {
      data.targets[i] = target + 2;
    });
    // A row of zeros would make it NaN, at whatever weight.
    const relative: Loss = {
      name: 'relative',
      each: (outputs, targets) => reduceMean(square(sub(div(outputs, targets), 1)), -1),
    };
    const given = await options({ data, validation: undefined, loss: relative });
    const whole = await train(model, given);
    const resumed = await train(model, { ...given, resume: await interrupted(model, given, 2, 2) });
    expect(resumed.toBytes()).toEqual(whole.toBytes());
  });

  it('is what it was when all is done', async () => {
    const given = await options();
    const whole = await train(model, given);
    const again = await train(model, { ...given, resume: whole.state });
    expect(again.toBytes()).toEqual(whole.toBytes());
    expect(again.state).toEqual(whole.state);
  });

  it('does not change the state that it is given', async () => {
    const given = await options();
    const state = await interrupted(model, given, 2, 2);
    const before = structuredClone(state);
    await train(model, { ...given, resume: state });
    expect(state).toEqual(before);
  });
});

describe('a state that does not fit', () => {
  const other = sineData(10, 5);
  other.targets[17] = 0.5;
  const narrow = sequential([cfc({ units: 4, backboneUnits: 7, variant: 'official-tf' }), dropout(0.1), linear(1)]);
  it.each<[string, (state: TrainingState) => Partial<TrainOptions> & { model?: Layer }, RegExp]>([
    [
      'another model',
      () => ({ model: narrow }),
      /model\.config\.layers\.0\.config\.backboneUnits is 7, that of the state 8/,
    ],
    ['another optimiser', () => ({ optimizer: sgd() }), /optimizer\.name is "sgd", that of the state "adam"/],
    [
      'another rate',
      () => ({ optimizer: adam({ learningRate: 0.1, clipNorm: 1, decay: exponential({ rate: 0.95 }) }) }),
      /optimizer\.learningRate is 0\.1, that of the state 0\.02/,
    ],
    ['another schedule', () => ({ optimizer: adam({ learningRate: 0.02, clipNorm: 1 }) }), /optimizer\.decay is null/],
    ['another loss', () => ({ loss: huber() }), /loss\.name is "huber"/],
    ['another penalty', () => ({ penalty: undefined }), /penalty is null, that of the state \{"rate"/],
    ['another batch size', () => ({ batchSize: 5 }), /batchSize is 5, that of the state 4/],
    ['another seed', () => ({ seed: 8 }), /seed is 8, that of the state 7/],
    ['another order', () => ({ shuffle: false }), /shuffle is false, that of the state true/],
    ['more data', () => ({ data: sineData(11, 5) }), /data\.count is 11, that of the state 10/],
    ['other data', () => ({ data: other }), /data\.fingerprint is "[0-9a-f]{32}"/],
    ['fewer epochs', () => ({ epochs: 1 }), /epochs is 1, the state is in epoch 2.*pass at least 2/],
    ['parameters beside it', ({ parameters }) => ({ parameters }), /parameters.*has its own/],
    ['no state', () => ({ resume: {} as never }), /resume is no training state.*fitted\.state/],
    [
      'a slot that is missing',
      (state) => ({ resume: { ...state, slots: { m: state.slots['m'] ?? {} } } }),
      /slot v of .* has no numbers/,
    ],
    ['a slot too many', (state) => ({ resume: { ...state, slots: { ...state.slots, x: {} } } }), /no slot x/],
    [
      'a slot cut short',
      (state) => ({
        resume: { ...state, slots: { ...state.slots, v: { ...state.slots['v'], '2/bias': new Float32Array(2) } } },
      }),
      /slot v of 2\/bias has 2 numbers in the state, not 1/,
    ],
    [
      'steps that do not add up',
      (state) => ({ resume: { ...state, underWay: { steps: 2, lossSum: 1 } } }),
      /contradicts itself: 4 steps, 1 epochs of 3 and 2 steps/,
    ],
  ])('%s', async (_, change, message) => {
    const given = await options();
    const state = await interrupted(model, given, 2, 1);
    const { model: layer = model, ...changes } = change(state);
    const failure: unknown = await train(layer, { ...given, resume: state, ...changes }).catch(
      (reason: unknown) => reason,
    );
    expect(failure).toMatchObject({ code: 'argument', message: expect.stringMatching(message) });
    expect(given.backend.liveTensors).toBe(0);
  });
});

it('ends an abort in numbers that are not finite as diverged, with what was good', async () => {
  const controller = new AbortController();
  const given = await options({ optimizer: sgd({ learningRate: 1e300 }), penalty: undefined });
  const error: unknown = await train(model, {
    ...given,
    signal: controller.signal,
    onStep: () => controller.abort(),
  }).catch((reason: unknown) => reason);
  if (!(error instanceof TrainingStopped)) throw error;
  expect(error).toMatchObject({
    code: 'diverged',
    message: expect.stringMatching(/is not finite at step 1 of epoch 1/),
  });
  expect(error.state.training.steps).toBe(0);
});
