/** One training, the same on every backend: fifty steps of a CfC with dropout and of an LTC, from one seed. */
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, ltc, sequential } from '@rheo/layers';
import { adam, meanSquaredError, train } from '@rheo/train';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { tfjs } from '../src/index.ts';

const [count, steps] = [20, 6];
const values = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i));
const dt = Float32Array.from({ length: count * steps }, (_, i) => 0.25 + 0.25 * (i % 3));
const targets = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i + 0.5));
const data = { values, dt, targets, count, steps, features: 1, targetFeatures: 1 };

const models = {
  cfc: sequential([cfc({ units: 6, backboneUnits: 8, backboneDropout: 0.1, variant: 'official-tf' }), linear(1)]),
  ltc: sequential([ltc({ units: 5 }), linear(1)]),
};

// Counting tensors asks the current backend.
beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Seen {
  readonly losses: number[];
  /** Tensors of the engine after each step. */
  readonly tensors: number[];
}

async function follow(backend: Backend, model: (typeof models)['cfc'], epochs: number): Promise<Seen> {
  const seen: Seen = { losses: [], tensors: [] };
  const fitted = await train(model, {
    backend,
    data,
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.01, clipNorm: 1 }),
    epochs,
    batchSize: 4,
    seed: 3,
    readEvery: 1,
    onStep: ({ loss }) => {
      seen.losses.push(loss);
      seen.tensors.push(tf.memory().numTensors);
    },
  });
  fitted.dispose();
  expect(backend.liveTensors).toBe(0);
  await backend.dispose();
  return seen;
}

describe.each(Object.entries(models))('fifty steps of %s', (_, model) => {
  it('give the losses of the reference', async () => {
    const wanted = (await follow(referenceBackend(), model, 10)).losses;
    expect(wanted).toHaveLength(50);
    expect(wanted[49]).toBeLessThan(wanted[0] ?? 0);
    for (const name of ['cpu', 'wasm']) {
      const found = (await follow(await tfjs({ tf, backend: name }), model, 10)).losses;
      const worst = Math.max(...wanted.map((loss, i) => Math.abs((found[i] ?? Number.NaN) / loss - 1)));
      expect(worst, name).toBeLessThan(1e-4);
    }
  }, 120_000);
});

it('leaves nothing on the engine over a thousand steps', async () => {
  const before = tf.memory().numTensors;
  const { tensors } = await follow(await tfjs({ tf, backend: 'cpu' }), models.cfc, 200);
  expect(tensors).toHaveLength(1000);
  // From the second step on the count only wavers with what the queue is at.
  const [early, late] = [tensors.slice(1, 101), tensors.slice(900)].map((part) => Math.max(...part));
  expect(late).toBe(early);
  expect(tf.memory().numTensors).toBe(before);
}, 180_000);
