/** Weights of sequences and of steps: one of weight 2 is one that is there twice, one of weight 0 one that is not there. */
import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, sequential } from '@rheo/layers';
import type { Fitted, TrainingData, TrainOptions } from '@rheo/train';
import { adam, crossEntropy, meanSquaredError, TrainingStopped, train } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8 }), linear(1)]);
const data = sineData(10, 5);

/** The sequences of these rows. */
function rowsOf(rows: readonly number[]): TrainingData {
  const pick = (numbers: Float32Array): Float32Array =>
    Float32Array.from(rows.flatMap((row) => [...numbers.subarray(row * 5, row * 5 + 5)]));
  return { ...data, count: rows.length, values: pick(data.values), dt: pick(data.dt), targets: pick(data.targets) };
}

function options(changes: Partial<TrainOptions>): TrainOptions {
  const backend = referenceBackend();
  const optimizer = adam({ learningRate: 0.02 });
  return {
    ...{ data, loss: meanSquaredError, optimizer, epochs: 4, batchSize: 99, shuffle: false, seed: 7, backend },
    ...changes,
  };
}

function distance(a: Fitted, b: Fitted): number {
  const numbers = ({ parameters, history }: Fitted): number[] => [
    ...flattenTree(parameters).leaves.flatMap(({ data: values }) => [...values]),
    ...history.map(({ loss }) => loss),
  ];
  const other = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
}

describe('of sequences', () => {
  const weights = Float32Array.of(1, 2, 0, 1, 3, 1, 0, 1, 2, 1);
  const repeated = rowsOf([0, 1, 1, 3, 4, 4, 4, 5, 7, 8, 8, 9]);

  it('are how often they are there', async () => {
    const weighted = await train(model, options({ data: { ...data, weights } }));
    expect(distance(weighted, await train(model, options({ data: repeated })))).toBeLessThan(1e-6);
    expect(distance(weighted, await train(model, options({})))).toBeGreaterThan(1e-4);
  });

  it('count in the loss on validation data, and in evaluate', async () => {
    const validation = { ...data, weights };
    const fitted = await train(model, options({ validation }));
    const { loss, items } = await fitted.evaluate(repeated);
    expect(fitted.history.at(-1)?.validationLoss).toBeCloseTo(loss, 6);
    expect((await fitted.evaluate(validation, { batchSize: 3 })).loss).toBeCloseTo(loss, 6);
    expect((await fitted.evaluate(validation)).items).toBe(items);
  });

  it('in batches, in parts and on wasm, a last batch that is not full included', async () => {
    const given = { data: { ...data, weights }, backend: await wasm() };
    const whole = await train(model, options({ ...given, batchSize: 4 }));
    const parts = await train(model, options({ ...given, batchSize: 2, accumulate: 2 }));
    expect(distance(parts, whole)).toBeLessThan(1e-5);
  });

  it('for a model with one output at the end', async () => {
    const classes = sequential([cfc({ units: 4, backboneUnits: 8, returnSequences: false }), linear(2)]);
    const labels = (rows: TrainingData): TrainingData => ({
      ...rows,
      targets: Int32Array.from({ length: rows.count }, (_, row) => Number((rows.values[row * 5 + 4] ?? 0) > 0)),
    });
    const weighted = await train(classes, options({ data: { ...labels(data), weights }, loss: crossEntropy }));
    const wanted = await train(classes, options({ data: labels(repeated), loss: crossEntropy }));
    expect(distance(weighted, wanted)).toBeLessThan(1e-6);
  });

  it('are part of what a training knows its data by', async () => {
    const { state: resume } = await train(model, options({ data: { ...data, weights }, epochs: 1 }));
    await expect(train(model, options({ resume }))).rejects.toThrow(/data\.fingerprint/);
    const other = { ...data, weights: weights.with(0, 2) };
    await expect(train(model, options({ data: other, resume }))).rejects.toThrow(/data\.fingerprint/);
    await train(model, options({ data: { ...data, weights }, resume }));
  });
});

describe('of steps', () => {
  it('of 0 and 1 are a mask of what counts, while the state goes on', async () => {
    // The weights fall at the end of sequences, where the state is asked for no more.
    const lengths = Int32Array.from({ length: 10 }, (_, row) => 1 + (row % 5));
    const weights = Float32Array.from({ length: 50 }, (_, i) => Number(i % 5 < (lengths[Math.floor(i / 5)] ?? 0)));
    const weighted = await train(model, options({ data: { ...data, weights }, batchSize: 4 }));
    const masked = await train(model, options({ data: { ...data, lengths }, batchSize: 4 }));
    expect(distance(weighted, masked)).toBeLessThan(1e-6);
  });

  it('that are equal within sequences are those of the sequences', async () => {
    const weights = Float32Array.from({ length: 10 }, (_, row) => 1 + (row % 3));
    const steps = Float32Array.from({ length: 50 }, (_, i) => weights[Math.floor(i / 5)] ?? 0);
    const bySequence = await train(model, options({ data: { ...data, weights }, batchSize: 4 }));
    const byStep = await train(model, options({ data: { ...data, weights: steps }, batchSize: 4 }));
    expect(distance(bySequence, byStep)).toBeLessThan(1e-9);
  });
});

describe('are refused', () => {
  it.each([
    [new Float32Array(7), /7 numbers.*10, one per sequence, or 50, one per step/],
    [[1, 2] as never, /no typed array/],
    [new Float32Array(10), /all are 0/],
    [new Float32Array(10).fill(1).with(3, -1), /weight -1 at 3/],
    [new Float32Array(50).fill(1).with(4, Number.NaN), /weight NaN at 4/],
  ])('%#', async (weights, message) => {
    await expect(train(model, options({ data: { ...data, weights } }))).rejects.toThrow(message);
  });
});

it('a batch in which nothing counts does nothing', async () => {
  const weights = Float32Array.from({ length: 10 }, (_, row) => Number(row >= 5));
  const losses: number[] = [];
  const onStep: TrainOptions['onStep'] = ({ loss }) => void losses.push(loss);
  const given = options({ data: { ...data, weights }, batchSize: 5, epochs: 1, onStep });
  const fitted = await train(model, given).catch((error: unknown) => error);
  expect(fitted).not.toBeInstanceOf(TrainingStopped);
  expect(losses[0]).toBe(0);
  expect(losses[1]).toBeGreaterThan(0);
});
