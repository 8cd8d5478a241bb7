import { flattenTree } from '@rheo/core';
import { RheoError, referenceBackend } from '@rheo/ir';
import { cfc, dropout, linear, sequential } from '@rheo/layers';
import type { Fitted, StepReport, TrainingData, TrainOptions } from '@rheo/train';
import { adam, crossEntropy, exponential, l2, meanSquaredError, TrainingStopped, train } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { enqueuedBackend } from './enqueued-backend.ts';
import { sineData } from './sine-data.ts';

const model = sequential([
  cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.1, variant: 'official-tf' }),
  linear(1),
]);

function options(changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    data: sineData(10, 5),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.95 }) }),
    penalty: l2(1e-6),
    epochs: 3,
    batchSize: 4,
    seed: 7,
    backend: referenceBackend(),
    ...changes,
  };
}

function numbersOf({ parameters }: Fitted): Float32Array[] {
  return flattenTree(parameters).leaves.map(({ data }) => data);
}

async function stopped(promise: Promise<unknown>): Promise<TrainingStopped> {
  const error: unknown = await promise.then(
    () => new Error('it did not stop'),
    (reason: unknown) => reason,
  );
  if (error instanceof TrainingStopped) return error;
  throw error;
}

describe('train', () => {
  it('learns: the validation loss falls under a fifth of the loss of predicting nothing', async () => {
    const validation = sineData(6, 5, 0.3);
    const backend = referenceBackend();
    const fitted = await train(model, options({ backend, validation, epochs: 40 }));
    const nothing = validation.targets.reduce((sum, x) => sum + x * x, 0) / validation.targets.length;
    expect(fitted.history).toHaveLength(40);
    expect(fitted.history.at(-1)?.validationLoss).toBeLessThan(nothing / 5);
    expect((await fitted.evaluate(validation, { batchSize: 4 })).loss).toBeCloseTo(
      fitted.history.at(-1)?.validationLoss ?? 0,
      6,
    );
    expect(backend.liveTensors).toBe(0);
  });

  it('classifies sequences from their last output', async () => {
    const { values, ...rest } = sineData(12, 4);
    const targets = Int32Array.from({ length: 12 }, (_, row) => ((values[row * 4 + 3] ?? 0) > 0 ? 1 : 0));
    const data: TrainingData = { ...rest, values, targets };
    const classifier = sequential([cfc({ units: 4, backboneUnits: 8, returnSequences: false }), linear(2)]);
    const fitted = await train(classifier, options({ data, loss: crossEntropy, epochs: 40 }));
    expect((await fitted.evaluate(data)).items).toBe(12);
    const { outputs } = await fitted.predict(data);
    expect(outputs.shape).toEqual([12, 2]);
    targets.forEach((label, row) => {
      const [no = 0, yes = 0] = outputs.data.slice(2 * row);
      expect(yes > no ? 1 : 0).toBe(label);
    });
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const [first, second, other] = await Promise.all([7, 7, 8].map((seed) => train(model, options({ seed }))));
    expect(second?.toBytes()).toEqual(first?.toBytes());
    expect(other?.toBytes()).not.toEqual(first?.toBytes());
  });

  it('draws dropout anew in each step', async () => {
    const frozen = adam({ learningRate: 0 });
    const noisy = sequential([dropout(0.5), linear(1)]);
    const losses: number[] = [];
    await train(noisy, {
      ...options({ optimizer: frozen, batchSize: 10, shuffle: false, epochs: 4 }),
      onStep: ({ loss }) => losses.push(loss),
    });
    expect(new Set(losses).size).toBe(4);
  });

  it('is the same on a backend that only enqueues, with losses read now and then', async () => {
    const backend = enqueuedBackend();
    const validation = sineData(3, 5, 0.3);
    const reports: StepReport[] = [];
    const found = await train(model, options({ backend, validation, readEvery: 2, onStep: (r) => reports.push(r) }));
    const wanted = await train(model, options({ backend: referenceBackend({ precision: 'single' }), validation }));
    expect(numbersOf(found)).toEqual(numbersOf(wanted));
    expect(found.history).toEqual(wanted.history);
    expect(reports.slice(0, 4).map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([
      [1, 2, 3],
      [1, 3, 3],
      [2, 2, 3],
      [2, 3, 3],
    ]);
    expect(backend.runs).toBe(3 * (3 + 1));
    expect(backend.liveTensors).toBe(0);
  });

  it('goes on from given parameters', async () => {
    const first = await train(model, options());
    const still = await train(model, options({ parameters: first.parameters, optimizer: adam({ learningRate: 0 }) }));
    expect(numbersOf(still)).toEqual(numbersOf(first));
  });

  it('reports each epoch', async () => {
    const reports: unknown[] = [];
    const fitted = await train(model, {
      ...options({ epochs: 2 }),
      onEpoch: async ({ seconds, fitted: now, state, ...report }) => {
        reports.push(report);
        expect(now.history.at(-1)).toMatchObject({ epoch: report.epoch });
        expect(state).toBe(now.state);
        expect(seconds).toBeGreaterThan(0);
      },
    });
    expect(reports).toEqual(fitted.history.map((record) => ({ ...record, epochs: 2 })));
    expect(fitted.training).toMatchObject({ loss: 'mean-squared-error', batchSize: 4, seed: 7, steps: 6 });
  });
});

describe('training that ends early', () => {
  it('diverged: keeps the parameters of the last good epoch', async () => {
    const data = sineData(10, 5);
    const backend = referenceBackend();
    // The data turns bad after the first epoch: squares of such errors are infinite in float32.
    const onEpoch = (): void => {
      data.targets.fill(3e38);
    };
    const error = await stopped(train(model, options({ data, backend, onEpoch })));
    expect(error).toBeInstanceOf(RheoError);
    expect(error.code).toBe('diverged');
    expect(error.message).toMatch(/loss is .* in epoch 2, step \d/);
    const one = await train(model, options({ epochs: 1 }));
    expect(error.fitted.toBytes()).toEqual(one.toBytes());
    expect(backend.liveTensors).toBe(0);
  });

  it('aborted: keeps what was learnt until then', async () => {
    const controller = new AbortController();
    const onStep = ({ epoch, step }: StepReport): void => {
      if (epoch === 2 && step === 1) controller.abort();
    };
    const error = await stopped(train(model, options({ onStep, signal: controller.signal })));
    expect(error.code).toBe('aborted');
    expect(error.fitted.training?.steps).toBe(4);
    expect(error.fitted.history).toHaveLength(1);
    const one = await train(model, options({ epochs: 1 }));
    expect(numbersOf(error.fitted)).not.toEqual(numbersOf(one));
  });

  it('aborted: by a timer, though each epoch is shorter than the time between turns', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const data = sineData(2, 2);
    // A signal that is never heard ends in the limit of epochs, without an error.
    const error = await stopped(train(model, options({ data, epochs: 3000, signal: controller.signal })));
    expect(error.code).toBe('aborted');
  });

  it('lost: keeps the parameters of the last good epoch', async () => {
    const backend = enqueuedBackend();
    const cause = new RheoError('lost', { from: 'test', what: 'the device went away' });
    const error = await stopped(train(model, options({ backend, onEpoch: () => backend.fail(cause) })));
    expect(error.code).toBe('lost');
    expect(error.cause).toBe(cause);
    expect(error.fitted.history).toHaveLength(1);
    expect(backend.liveTensors).toBe(0);
  });

  it('hands on what a callback throws', async () => {
    const onEpoch = (): void => {
      throw new TypeError('mine');
    };
    await expect(train(model, options({ onEpoch }))).rejects.toThrow(TypeError);
  });
});

describe('bad input', () => {
  const good = sineData(4, 3);
  const changed = (changes: Partial<TrainingData>): Partial<TrainOptions> => ({ data: { ...good, ...changes } });
  const nan = good.values.slice();
  nan[5] = Number.NaN;
  const backwards = good.dt.slice();
  backwards[7] = -1;
  const infinite = good.targets.slice();
  infinite[2] = Number.POSITIVE_INFINITY;
  it.each<[string, Partial<TrainOptions>, string, RegExp]>([
    ['no data', { data: undefined as never }, 'argument', /data is undefined/],
    ['no optimiser', { optimizer: undefined as never }, 'argument', /optimizer is undefined/],
    ['no backend', { backend: undefined as never }, 'argument', /backend is undefined/],
    ['no epochs', { epochs: 0 }, 'argument', /epochs is 0/],
    ['a broken batch size', { batchSize: 1.5 }, 'argument', /batchSize is 1.5/],
    ['a broken seed', { seed: -1 }, 'argument', /seed is -1/],
    ['empty data', changed({ values: new Float32Array(0), count: 0 }), 'value', /empty/],
    ['too few values', changed({ values: new Float32Array(5) }), 'shape', /values/],
    ['NaN', changed({ values: nan }), 'value', /row 1, step 2/],
    ['time that runs backwards', changed({ dt: backwards }), 'value', /row 2, step 1.*backwards/],
    ['infinite targets', changed({ targets: infinite }), 'value', /target Infinity of sequence 0/],
    ['plain arrays', changed({ values: [...good.values] as never }), 'dtype', /values: this is no typed array/],
    ['no targets', changed({ targets: undefined as never }), 'argument', /targets of data is no typed array/],
    [
      'no width of targets',
      changed({ targetFeatures: undefined as never }),
      'argument',
      /targetFeatures of data is und/,
    ],
    ['a misspelt option', { epoch: 3 } as never, 'argument', /no option "epoch" \(epoch\). There are data, .* epochs/],
    ['a backend to come', { backend: Promise.resolve() as never }, 'argument', /await wasm\(\)/],
    ['too few targets', changed({ targets: new Float32Array(4) }), 'shape', /target per step/],
    [
      'features that the model does not predict',
      changed({ targets: new Float32Array(24), targetFeatures: 2 }),
      'shape',
      /linear\(2\)/,
    ],
    ['labels that are no classes', { loss: crossEntropy }, 'shape', /one output per class/],
    ['foreign parameters', { parameters: {} }, 'argument', /is missing/],
    ['validation of other sizes', { validation: { ...good, steps: 4 } }, 'shape', /validation/],
    [
      'validation of other features',
      { validation: { ...good, features: 3, steps: 1 } },
      'shape',
      /validation has 3 features/,
    ],
  ])('%s', async (_, changes, code, message) => {
    const backend = referenceBackend();
    const given = { ...options({ data: good, backend }), ...changes };
    await expect(train(model, given)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(backend.liveTensors).toBe(0);
  });

  it('evaluate refuses a batch size that is none', async () => {
    const fitted = await train(model, options({ epochs: 1 }));
    for (const batchSize of [0, 2.5, Number.NaN]) {
      await expect(fitted.evaluate(good, { batchSize })).rejects.toMatchObject({ code: 'argument' });
    }
  });

  it('predict and evaluate name features that do not fit', async () => {
    const fitted = await train(model, options({ epochs: 1 }));
    const wide = { ...good, features: 3, count: 4, steps: 1, targets: new Float32Array(4), dt: new Float32Array(4) };
    await expect(fitted.predict(wide)).rejects.toThrow(/3 features, the model was built for 1/);
    await expect(fitted.evaluate(wide)).rejects.toThrow(/3 features, the model was built for 1/);
  });
});
