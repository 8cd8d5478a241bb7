/** A rate that falls on a plateau, in a training: what it decides, and that it holds across interruptions. */
import { wasm } from '@rheo/backend-wasm';
import { mapTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { cfc, dropout, initialise, linear, sequential } from '@rheo/layers';
import type { EpochRecord, TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  adamw,
  constantRate,
  fromTrainingCheckpoint,
  load,
  meanSquaredError,
  onPlateau,
  rmsprop,
  sgd,
  TrainingStopped,
  toTrainingCheckpoint,
  train,
  warmUp,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { enqueuedBackend } from './enqueued-backend.ts';
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.2 }), dropout(0.1), linear(1)]);
const backend = await wasm();
const falling = onPlateau({ factor: 0.5, patience: 0, threshold: 0.05, cooldown: 1, least: 0.1 });
// Steps so large that the losses go up and down.
const options: TrainOptions = {
  data: sineData(10, 5),
  validation: sineData(6, 5, 0.3),
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.15, decay: falling }),
  epochs: 14,
  batchSize: 4,
  seed: 7,
  backend,
};
const factors = (history: readonly EpochRecord[]) => history.map(({ rateFactor }) => rateFactor);

describe('a training', () => {
  it.each([
    ['sgd', sgd({ learningRate: 0.5, momentum: 0.9, decay: falling })],
    ['rmsprop', rmsprop({ learningRate: 0.05, decay: falling })],
    ['adam', adam({ learningRate: 0.15, decay: falling })],
    ['adamw', adamw({ learningRate: 0.15, decay: falling })],
  ] as const)('takes each epoch at the rate that the losses before it decide, with %s', async (_, optimizer) => {
    const { history } = await train(model, { ...options, optimizer });
    const wanted = history.map((_, epoch) => falling.decision?.after(history.slice(0, epoch)));
    expect(factors(history)).toEqual(wanted);
    expect(new Set(wanted).size).toBeGreaterThanOrEqual(3);
  });

  it('that has one rate until then is the same until then, and another after it', async () => {
    const { history } = await train(model, options);
    const plain = await train(model, { ...options, optimizer: adam({ learningRate: 0.15 }) });
    const first = factors(history).findIndex((factor) => factor !== 1);
    expect(first).toBeGreaterThan(0);
    const losses = (records: readonly EpochRecord[]) => records.map(({ loss }) => loss);
    expect(losses(history).slice(0, first)).toEqual(losses(plain.history).slice(0, first));
    expect(history[first]?.loss).not.toBe(plain.history[first]?.loss);
    // From the parameters before it, the epoch is that of the smaller rate.
    const factor = history[first]?.rateFactor ?? Number.NaN;
    const { state } = await train(model, { ...options, epochs: first });
    const small = adam({ learningRate: 0.15 * factor });
    const config = small.config;
    const changed = { ...(state as TrainingState), training: { ...(state as TrainingState).training } };
    const from = { ...changed, training: { ...changed.training, optimizer: { name: 'adam', config } } };
    const next = await train(model, { ...options, optimizer: small, epochs: first + 1, resume: from });
    expect(next.history.at(-1)?.loss).toBeCloseTo(history[first]?.loss ?? 0, 6);
    expect(next.history.at(-1)?.validationLoss).toBeCloseTo(history[first]?.validationLoss ?? 0, 6);
  });

  it('goes by its own loss where asked to, and behind a warm-up', async () => {
    const watching = onPlateau({ factor: 0.5, patience: 0, watch: 'training' });
    const optimizer = adam({ learningRate: 0.15, decay: warmUp({ epochs: 2, next: watching }) });
    const { history } = await train(model, { ...options, validation: undefined, optimizer });
    const wanted = history.map((_, epoch) => watching.decision?.after(history.slice(0, epoch)));
    expect(factors(history)).toEqual(wanted);
    expect(history.at(-1)?.rateFactor).toBeLessThan(1);
  });

  it('is the same on a backend that enqueues', async () => {
    const { history } = await train(model, { ...options, backend: referenceBackend({ precision: 'single' }) });
    const enqueued = await train(model, { ...options, backend: enqueuedBackend() });
    expect(enqueued.history).toEqual(history);
  });
});

describe('resumed, to the same bits', () => {
  it('after any epoch and from within one, through a file', async () => {
    const whole = await train(model, options);
    for (const [epoch, step] of [
      [2, 3],
      [5, 1],
      [8, 3],
      [11, 2],
    ] as const) {
      const controller = new AbortController();
      const onStep: TrainOptions['onStep'] = (report) => {
        if (report.epoch === epoch && report.step === step) controller.abort();
      };
      const given = { ...options, onStep, signal: controller.signal };
      const error: unknown = await train(model, given).catch((reason: unknown) => reason);
      if (!(error instanceof TrainingStopped)) throw error;
      const resume = fromTrainingCheckpoint(toTrainingCheckpoint(error.state));
      const resumed = await train(model, { ...options, resume });
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.toBytes()).toEqual(whole.toBytes());
      expect(resumed.state).toEqual(whole.state);
    }
    expect(load(whole.toBytes(), { backend }).history).toEqual(whole.history);
  });

  it('not with another patience, nor from epochs without the loss that it goes by', async () => {
    const { state: resume } = await train(model, { ...options, epochs: 2 });
    const other = adam({ learningRate: 0.15, decay: onPlateau({ ...falling.config, patience: 3 }) });
    await expect(train(model, { ...options, optimizer: other, resume })).rejects.toThrow(
      /optimizer\.decay\.patience is 3/,
    );
    const history = resume?.training.history.map(({ epoch, loss }) => ({ epoch, loss })) ?? [];
    const unmeasured = { ...(resume as TrainingState), training: { ...(resume as TrainingState).training, history } };
    await expect(train(model, { ...options, resume: unmeasured })).rejects.toThrow(/epoch 1 has no validation loss/);
  });
});

describe('is refused', () => {
  it('without validation data to go by', async () => {
    await expect(train(model, { ...options, validation: undefined })).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringMatching(/validation is undefined.*watch: 'training'/),
    });
  });

  it('in an optimiser that does not say which schedule it has', async () => {
    const { schedule: _, ...silent } = adam({ decay: falling });
    await expect(train(model, { ...options, optimizer: silent })).rejects.toThrow(/not told how they went/);
  });

  it('not for schedules of steps alone', async () => {
    const { history } = await train(model, { ...options, epochs: 1, optimizer: adam({ decay: constantRate() }) });
    expect(history[0]).not.toHaveProperty('rateFactor');
  });
});

it('a parameter that starts elsewhere starts at the full rate', async () => {
  const parameters = mapTree((leaf) => leaf, initialise(model, { features: 1, seed: 9 }));
  const { history } = await train(model, { ...options, parameters, epochs: 1 });
  expect(history[0]?.rateFactor).toBe(1);
});
