/** Metrics handed to `train` and `evaluate`: what the history holds is what the metrics give on predictions. */
import { wasm } from '@rheo/backend-wasm';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, sequential } from '@rheo/layers';
import type { Measured, Metric, TrainingData, TrainOptions } from '@rheo/train';
import {
  accuracy,
  adam,
  binaryCrossEntropy,
  crossEntropy,
  f1Score,
  load,
  mae,
  meanSquaredError,
  metrics,
  mse,
  predictedClasses,
  r2Score,
  rocAuc,
  TrainingStopped,
  train,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { enqueuedBackend } from './enqueued-backend.ts';
import { sineData } from './sine-data.ts';

const layers = (outputs: number, last = false) =>
  sequential([cfc({ units: 6, backboneUnits: 8, backboneDropout: 0.2, returnSequences: !last }), linear(outputs)]);
const lengths = Int32Array.from({ length: 11 }, (_, row) => 2 + ((row * 5) % 4));
const mask = Uint8Array.from({ length: 55 }, (_, i) => Number(i % 5 < (lengths[Math.floor(i / 5)] ?? 0)));

/** Classes by the third of the range in which the next value lies. */
function labelled(count: number, classes: number, offset = 0): TrainingData {
  const data = sineData(count, 5, offset);
  const label = (x: number): number => Math.min(classes - 1, Math.floor(((x + 1) / 2) * classes));
  return { ...data, targets: Int32Array.from(data.targets, label) };
}

async function trained(outputs: number, changes: Partial<TrainOptions>, last = false) {
  const model = layers(outputs, last);
  const options: TrainOptions = {
    ...{
      data: sineData(11, 5),
      validation: sineData(6, 5, 0.3),
      loss: meanSquaredError,
      epochs: 3,
      batchSize: 4,
      seed: 7,
    },
    ...{ optimizer: adam({ learningRate: 0.02 }), backend: await wasm() },
    ...changes,
  };
  const fitted = await train(model, options);
  const record = fitted.history.at(-1);
  const outputsOf = async (data: TrainingData) => (await fitted.predict(data)).outputs.data;
  return { fitted, record, outputsOf, options };
}

describe('the history holds them after each epoch, without dropout', () => {
  it('numbers, where steps count by their mask', async () => {
    const data = { ...sineData(11, 5), lengths };
    const { fitted, record, outputsOf, options } = await trained(1, {
      data,
      metrics: [metrics.mse, metrics.mae, metrics.r2],
    });
    const outputs = await outputsOf(data);
    expect(record?.metrics?.['mse']).toBeCloseTo(mse(outputs, data.targets, { mask }), 6);
    expect(record?.metrics?.['mae']).toBeCloseTo(mae(outputs, data.targets, { mask }), 6);
    expect(record?.metrics?.['r2']).toBeCloseTo(r2Score(outputs, data.targets, { mask }), 6);
    const { validation } = options as { validation: TrainingData };
    expect(record?.validationMetrics?.['mse']).toBeCloseTo(record?.validationLoss ?? 0, 6);
    expect(record?.validationMetrics?.['r2']).toBeCloseTo(r2Score(await outputsOf(validation), validation.targets), 6);
    for (const { metrics: each } of fitted.history) expect(Object.keys(each ?? {})).toEqual(['mse', 'mae', 'r2']);
    expect(load(fitted.toBytes(), { backend: options.backend }).history).toEqual(fitted.history);
  });

  it('classes', async () => {
    const [data, validation] = [labelled(11, 3), labelled(6, 3, 0.3)];
    const asked = [metrics.accuracy, metrics.f1({ average: 'macro' }), metrics.f1({ average: 'micro' })];
    const found = await trained(3, { data, validation, loss: crossEntropy, metrics: asked });
    const classes = predictedClasses(await found.outputsOf(data), 3);
    expect(found.record?.metrics).toEqual({
      accuracy: accuracy(classes, data.targets),
      'f1-macro': f1Score(classes, data.targets, { average: 'macro' }),
      'f1-micro': f1Score(classes, data.targets, { average: 'micro' }),
    });
  });

  it('a yes or no at the end of each sequence, of one output and of two', async () => {
    const of = (count: number, offset: number, kind: typeof Float32Array | typeof Int32Array): TrainingData => {
      const data = sineData(count, 5, offset);
      return {
        ...data,
        targets: kind.from(Array.from({ length: count }, (_, row) => Number((data.values[row * 5 + 4] ?? 0) > 0))),
      };
    };
    const asked = [metrics.rocAuc, metrics.accuracy, metrics.f1()];
    for (const [outputs, loss, kind] of [
      [1, binaryCrossEntropy, Float32Array],
      [2, crossEntropy, Int32Array],
    ] as const) {
      const [data, validation] = [of(11, 0, kind), of(7, 0.3, kind)];
      const found = await trained(outputs, { data, validation, loss, metrics: asked }, true);
      const logits = await found.outputsOf(validation);
      const scores =
        outputs === 1
          ? logits
          : Array.from(validation.targets, (_, i) => (logits[2 * i + 1] ?? 0) - (logits[2 * i] ?? 0));
      const classes = predictedClasses(logits, outputs);
      expect(found.record?.validationMetrics).toEqual({
        rocAuc: rocAuc(scores, validation.targets),
        accuracy: accuracy(classes, validation.targets),
        f1: f1Score(classes, validation.targets),
      });
    }
  });

  it('of the validation data alone where that is asked for, to the same numbers', async () => {
    const both = await trained(1, { metrics: [metrics.mse] });
    const { fitted } = await trained(1, { metrics: [metrics.mse], metricsOn: 'validation' });
    expect(fitted.history).toEqual(both.fitted.history.map(({ metrics: _, ...rest }) => rest));
    expect(fitted.history[0]).toHaveProperty('validationMetrics.mse');
    const without = trained(1, { validation: undefined, metrics: [metrics.mse], metricsOn: 'validation' });
    await expect(without).rejects.toThrow(/metricsOn: "validation" needs it/);
    await expect(trained(1, { metricsOn: 'some' as never })).rejects.toThrow(/metricsOn/);
  });

  it('of your own, with outputs of every item and none that does not count', async () => {
    const weights = Float32Array.from({ length: 11 }, (_, row) => row % 3);
    const seen: Measured[] = [];
    const mine: Metric = { name: 'mine', measure: (measured) => seen.push(measured) };
    const { fitted } = await trained(1, {
      data: { ...sineData(11, 5), lengths, weights },
      validation: undefined,
      metrics: [mine],
    });
    const wanted = mask.map((bit, i) => Number(bit === 1 && (weights[Math.floor(i / 5)] ?? 0) > 0));
    expect(seen.at(-1)?.mask).toEqual(wanted);
    expect(seen.at(-1)?.outputs.length).toBe(55);
    expect(seen.at(-1)?.targets).toEqual(sineData(11, 5).targets);
    expect(fitted.history.map(({ metrics: each }) => each?.['mine'])).toEqual([2, 3, 4]);
  });

  it('the same on a backend that enqueues, and the training is that without them', async () => {
    const asked = [metrics.mse, metrics.r2];
    const exact = (): TrainOptions['backend'] => referenceBackend({ precision: 'single' });
    const { fitted } = await trained(1, { metrics: asked, backend: exact() });
    const enqueued = await trained(1, { metrics: asked, backend: enqueuedBackend() });
    expect(enqueued.fitted.history).toEqual(fitted.history);
    const plain = (await trained(1, { backend: exact() })).fitted;
    expect(plain.history).toEqual(fitted.history.map(({ metrics: _, validationMetrics: __, ...rest }) => rest));
    expect(plain.history[0]).not.toHaveProperty('metrics');
  });

  it('and nothing stays on the backend', async () => {
    const backend = referenceBackend();
    await trained(1, { metrics: [metrics.r2], backend, epochs: 1 });
    expect(backend.liveTensors).toBe(0);
  });
});

it('evaluate measures too', async () => {
  const { fitted, record, options } = await trained(1, { metrics: [metrics.r2] });
  const { loss, metrics: found } = await fitted.evaluate(options.validation as TrainingData, {
    metrics: [metrics.r2],
    batchSize: 4,
  });
  expect(loss).toBeCloseTo(record?.validationLoss ?? 0, 6);
  expect(found).toEqual(record?.validationMetrics);
  expect(await fitted.evaluate(options.data)).not.toHaveProperty('metrics');
});

describe('is refused before anything runs', () => {
  const never = async (changes: Partial<TrainOptions>, outputs = 1): Promise<unknown> => {
    let steps = 0;
    const error: unknown = await trained(outputs, { ...changes, onStep: () => steps++ }).catch(
      (reason: unknown) => reason,
    );
    expect(steps).toBe(0);
    throw error;
  };
  const oneClass = { ...labelled(6, 2), targets: new Int32Array(30) };

  it.each<[string, Partial<TrainOptions>, RegExp, string]>([
    ['a word', { metrics: ['accuracy'] as never }, /metrics\[0\] is no metric/, 'argument'],
    ['no list', { metrics: metrics.mse as never }, /metrics is no list/, 'argument'],
    ['two of a name', { metrics: [metrics.mse, metrics.mse] }, /two metrics are named mse/, 'argument'],
  ])('%s', async (_, changes, message, code) => {
    await expect(never(changes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('the area under the curve of validation data of one class, or of three outputs', async () => {
    const data = labelled(11, 2);
    const binary = { data, validation: oneClass, loss: crossEntropy, metrics: [metrics.rocAuc] };
    await expect(never(binary, 2)).rejects.toThrow(/all labels are 0/);
    const three = { data: labelled(11, 3), validation: undefined, loss: crossEntropy, metrics: [metrics.rocAuc] };
    await expect(never(three, 3)).rejects.toThrow(/one output or two, not 3/);
    await expect(never({ ...three, metrics: [metrics.mse] }, 3)).rejects.toThrow(/not numbers like/);
  });
});

it('a metric that gives no finite number ends the training with its name', async () => {
  const bad: Metric = { name: 'bad', measure: () => Number.NaN };
  await expect(trained(1, { metrics: [bad] })).rejects.toMatchObject({
    code: 'value',
    message: expect.stringContaining('metric bad is NaN'),
  });
});

it('a model that is not finite is diverged, not badly measured', async () => {
  const promise = trained(1, {
    metrics: [metrics.mse],
    validation: undefined,
    optimizer: adam({ learningRate: 1e30 }),
  });
  const error: unknown = await promise.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TrainingStopped);
  expect(error).toMatchObject({ code: 'diverged' });
});
