/** The device goes away at any moment of a training, and the training goes on on another. */
import { onnx } from '@rheo/backend-onnx';
import { wasm } from '@rheo/backend-wasm';
import { flattenTree } from '@rheo/core';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, saliency, sequential } from '@rheo/layers';
import type { Fitted, TrainOptions } from '@rheo/train';
import { adam, exponential, hostInputs, l2, load, meanSquaredError, TrainingStopped, train } from '@rheo/train';
import * as node from 'onnxruntime-node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { enqueuedBackend } from './enqueued-backend.ts';
import type { LosableOptions } from './losable-backend.ts';
import { losableBackend } from './losable-backend.ts';
import { sineData } from './sine-data.ts';

const model = sequential([
  cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.1, variant: 'official-tf' }),
  linear(1),
]);

const data = sineData(10, 5);
const options: Omit<TrainOptions, 'backend'> = {
  data,
  validation: sineData(6, 5, 0.3),
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.95 }) }),
  penalty: l2(1e-6),
  epochs: 4,
  batchSize: 4,
  seed: 7,
};

// An epoch is 3 steps and 2 batches of evaluation.
const perEpoch = 5;

const engines: Record<string, () => Promise<Backend>> = {
  wasm: () => wasm(),
  'a backend that only enqueues': async () => enqueuedBackend(),
  'onnxruntime-node': () => onnx({ runtime: node, provider: 'cpu' }),
};

async function stopped(promise: Promise<unknown>): Promise<TrainingStopped> {
  const error: unknown = await promise.then(
    () => new Error('it did not stop'),
    (reason: unknown) => reason,
  );
  if (error instanceof TrainingStopped) return error;
  throw error;
}

/** Largest difference of parameters and losses of two models. */
function distance(a: Fitted, b: Fitted): number {
  const numbers = ({ parameters, history }: Fitted): number[] => [
    ...flattenTree(parameters).leaves.flatMap(({ data }) => [...data]),
    ...history.flatMap(({ loss, validationLoss }) => [loss, validationLoss ?? 0]),
  ];
  const other = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
}

describe.each(Object.entries(engines))('lost on %s', (_, engine) => {
  let whole: Fitted;
  let other: Fitted;
  beforeAll(async () => {
    whole = await train(model, { ...options, backend: await engine() });
    other = await train(model, { ...options, backend: referenceBackend() });
  }, 60_000);

  it.each<[string, LosableOptions, number]>([
    ['in the first step', { afterRuns: 0 }, 0],
    ['in a step, told at once', { afterRuns: 2 * perEpoch + 1 }, 2],
    ['in a step, told a turn later', { afterRuns: 2 * perEpoch + 1, tells: 'late' }, 2],
    ['in a step, never told', { afterRuns: 2 * perEpoch + 1, tells: 'never' }, 2],
    ['in a step, reads never answered', { afterRuns: perEpoch + 2, reads: 'never settle' }, 1],
    ['in an evaluation', { afterRuns: perEpoch + 4 }, 1],
    [
      'in an evaluation, reads never answered',
      { afterRuns: 3 * perEpoch - 1, reads: 'never settle', tells: 'late' },
      2,
    ],
    ['in the last evaluation', { afterRuns: 4 * perEpoch - 1 }, 3],
    // Five reads in: some are losses, some are parameters, as the engine has it.
    ['while a read is pending, which fails', { afterReads: 5, tells: 'late' }, 0],
    ['while a read is pending, which is never answered', { afterReads: 5, reads: 'never settle' }, 0],
    [
      'while a read is pending, never answered, told later',
      { afterReads: 40, reads: 'never settle', tells: 'late' },
      -1,
    ],
  ])(
    '%s',
    async (_, losable, epochs) => {
      const timer = vi.spyOn(globalThis, 'setTimeout');
      const backend = losableBackend(await engine(), losable);
      const error = await stopped(train(model, { ...options, backend, readEvery: 2 }));
      expect(error.code).toBe('lost');
      expect(error.message).toMatch(/resume: error\.state/);
      if (epochs >= 0) expect(error.fitted.history).toHaveLength(epochs);
      expect(error.fitted.history).toEqual(whole.history.slice(0, error.fitted.history.length));
      expect(error.state.training).toEqual(error.fitted.training);
      // Turns, but no timeouts that would keep a process alive.
      const waits = timer.mock.calls.map(([, wait]) => wait);
      timer.mockRestore();
      expect(waits.filter((wait) => wait !== 0)).toEqual([]);

      const again = await train(model, { ...options, backend: await engine(), resume: error.state });
      expect(again.history).toEqual(whole.history);
      expect(again.toBytes()).toEqual(whole.toBytes());
      const elsewhere = await train(model, { ...options, backend: referenceBackend(), resume: error.state });
      expect(distance(elsewhere, whole)).toBeLessThan(1e-4);
      expect(distance(elsewhere, other)).toBeLessThan(1e-4);
    },
    60_000,
  );

  it('while the caller is at work in onEpoch', async () => {
    const backend = losableBackend(await engine());
    const onEpoch = ({ epoch }: { epoch: number }): void => {
      if (epoch === 2) backend.lose();
    };
    const error = await stopped(train(model, { ...options, backend, onEpoch }));
    expect(error).toMatchObject({ code: 'lost', message: expect.stringContaining('somebody pulled the plug') });
    expect(error.fitted.history).toHaveLength(2);
  }, 60_000);

  it('before anything ran', async () => {
    const backend = losableBackend(await engine());
    backend.lose();
    const error = await stopped(train(model, { ...options, backend }));
    expect(error).toMatchObject({ code: 'lost', message: expect.stringContaining('after 0 good steps') });
    const again = await train(model, { ...options, backend: await engine(), resume: error.state });
    expect(again.toBytes()).toEqual(whole.toBytes());
  }, 60_000);

  it('disposed by somebody in the middle', async () => {
    const backend = await engine();
    const onEpoch = ({ epoch }: { epoch: number }): void => {
      if (epoch === 2) void backend.dispose();
    };
    const error = await stopped(train(model, { ...options, backend, onEpoch }));
    expect(error).toMatchObject({ code: 'disposed', message: expect.stringMatching(/backend was disposed/) });
    expect(error.fitted.history).toHaveLength(2);
    const again = await train(model, { ...options, backend: await engine(), resume: error.state });
    expect(again.toBytes()).toEqual(whole.toBytes());
  }, 60_000);

  it('predict and saliency do not wait for it, and what is left can be disposed', async () => {
    const bytes = whole.toBytes();
    for (const losable of [{ afterReads: 1, reads: 'never settle' }, { afterRuns: 0 }, { afterReads: 1 }] as const) {
      const backend = losableBackend(await engine(), losable);
      const fitted = load(bytes, { backend });
      await expect(fitted.predict(options.data)).rejects.toMatchObject({ code: 'lost' });
      await expect(fitted.predict(options.data)).rejects.toMatchObject({ code: 'lost' });
      fitted.dispose();
      const other = losableBackend(await engine(), losable);
      const asked = saliency(model, fitted.parameters, other, hostInputs(data));
      await expect(asked).rejects.toMatchObject({ code: 'lost' });
    }
  }, 60_000);

  it('evaluate does not wait for it', async () => {
    const bytes = whole.toBytes();
    for (const losable of [{ afterReads: 1, reads: 'never settle' }, { afterRuns: 1 }] as const) {
      const backend = losableBackend(await engine(), losable);
      const evaluating = load(bytes, { backend }).evaluate(options.data, { batchSize: 4 });
      // Synchronous backends read nothing.
      if (backend.capabilities.synchronous && 'afterReads' in losable) await evaluating;
      else await expect(evaluating).rejects.toMatchObject({ code: 'lost' });
    }
  }, 60_000);
});

it('a GPU of ONNX Runtime that is lost in the middle, and never answers', async () => {
  let lose: (told: { message: string }) => void = () => {};
  const lost = new Promise<{ message: string }>((resolve) => {
    lose = resolve;
  });
  // The processor plays the GPU: after 17 runs it answers no more.
  let runs = 0;
  const create = async (bytes: Uint8Array): Promise<object> => {
    const session = await node.InferenceSession.create(bytes);
    return {
      run: (feeds: Record<string, node.Tensor>) => {
        if (runs++ < 17) return session.run(feeds);
        setTimeout(() => lose({ message: 'the driver was reset' }), 5);
        return new Promise(() => undefined);
      },
      release: () => session.release(),
    };
  };
  const device = Promise.resolve({ lost });
  const runtime = { Tensor: node.Tensor, InferenceSession: { create }, env: { webgpu: { device } } };
  const backend = await onnx({ runtime: runtime as never, provider: 'webgpu' });
  const error = await stopped(train(model, { ...options, backend }));
  expect(error).toMatchObject({ code: 'lost', message: expect.stringContaining('the driver was reset') });
  expect(error.fitted.history).toHaveLength(3);
  const cpu = (): Promise<Backend> => onnx({ runtime: node, provider: 'cpu' });
  const again = await train(model, { ...options, backend: await cpu(), resume: error.state });
  const whole = await train(model, { ...options, backend: await cpu() });
  expect(again.toBytes()).toEqual(whole.toBytes());
}, 60_000);

it('asks each backend once, however often it waits', async () => {
  const inner = await wasm();
  let asked = 0;
  const backend: Backend = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'lost') asked++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await train(model, { ...options, backend });
  await train(model, { ...options, backend });
  expect(asked).toBe(1);
});
