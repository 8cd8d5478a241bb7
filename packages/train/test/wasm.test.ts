import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, sequential } from '@rheo/layers';
import type { TrainOptions } from '@rheo/train';
import { adam, exponential, l2, load, meanSquaredError, train } from '@rheo/train';
import { expect, it } from 'vitest';
import { sineData } from './sine-data.ts';

const model = sequential([
  cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.1, variant: 'official-tf' }),
  linear(1),
]);
const options: Omit<TrainOptions, 'backend'> = {
  data: sineData(10, 5),
  validation: sineData(6, 5, 0.3),
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.99 }) }),
  penalty: l2(1e-6),
  epochs: 5,
  batchSize: 4,
  seed: 7,
};

it('gives the same bits twice, and the numbers of the reference', async () => {
  const first = await train(model, { ...options, backend: await wasm() });
  const second = await train(model, { ...options, backend: await wasm() });
  expect(second.toBytes()).toEqual(first.toBytes());
  const reference = await train(model, { ...options, backend: referenceBackend() });
  const wanted = flattenTree(reference.parameters).leaves;
  flattenTree(first.parameters).leaves.forEach(({ data }, index) => {
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[index]?.data[i] ?? Number.NaN, 4);
    });
  });
});

it('reproduces its figures from the file alone', async () => {
  const fitted = await train(model, { ...options, backend: await wasm() });
  const again = load(fitted.toBytes(), { backend: await wasm() });
  const data = sineData(6, 5, 0.3);
  const { loss } = await again.evaluate(data);
  expect(loss).toBe((await fitted.evaluate(data)).loss);
  expect(loss).toBeCloseTo(fitted.history.at(-1)?.validationLoss ?? Number.NaN, 6);
});

it('keeps handles, memory and heap flat over ten thousand steps', async () => {
  const backend = await wasm();
  const live: number[] = [];
  const memory: number[] = [];
  const heap: number[] = [];
  const fitted = await train(model, {
    ...options,
    backend,
    epochs: 100,
    batchSize: 1,
    data: sineData(100, 5),
    onEpoch: () => {
      live.push(backend.liveTensors);
      memory.push(backend.memoryBytes);
      heap.push(process.memoryUsage().heapUsed);
    },
  });
  expect(fitted.training?.steps).toBe(10_000);
  expect(new Set(live).size).toBe(1);
  expect(new Set(memory).size).toBe(1);
  // The collector has its own rhythm, so the lowest heap of the last quarter is compared with that of the first.
  const lowest = (from: number, to: number): number => Math.min(...heap.slice(from, to));
  expect(lowest(75, 100) - lowest(0, 25)).toBeLessThan(8 * 2 ** 20);
  expect(backend.liveTensors).toBe(0);
});
