/** One training, the same on every backend: fifty steps of a CfC with dropout, from one seed. */
import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { referenceBackend } from '@rheo/ir';
import { cfc, linear, ltc, sequential } from '@rheo/layers';
import { adam, meanSquaredError, train } from '@rheo/train';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { onnx } from '../src/index.ts';

const [count, steps] = [20, 6];
const values = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i));
const dt = Float32Array.from({ length: count * steps }, (_, i) => 0.25 + 0.25 * (i % 3));
const targets = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i + 0.5));
const data = { values, dt, targets, count, steps, features: 1, targetFeatures: 1 };

const models = {
  cfc: sequential([cfc({ units: 6, backboneUnits: 8, backboneDropout: 0.1, variant: 'official-tf' }), linear(1)]),
  ltc: sequential([ltc({ units: 5 }), linear(1)]),
};

async function losses(backend: Backend, model: (typeof models)['cfc']): Promise<number[]> {
  const found: number[] = [];
  const fitted = await train(model, {
    backend,
    data,
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.01, clipNorm: 1 }),
    epochs: 10,
    batchSize: 4,
    seed: 3,
    readEvery: 1,
    onStep: ({ loss }) => {
      found.push(loss);
    },
  });
  fitted.dispose();
  expect(backend.liveTensors).toBe(0);
  await backend.dispose();
  return found;
}

describe.each(Object.entries(models))('fifty steps of %s', (_, model) => {
  it('give the losses of the reference', async () => {
    const wanted = await losses(referenceBackend(), model);
    expect(wanted).toHaveLength(50);
    expect(wanted[49]).toBeLessThan(wanted[0] ?? 0);
    const others = {
      wasm: await wasm(),
      node: await onnx({ runtime: node, provider: 'cpu' }),
      web: await onnx({ runtime: web, provider: 'wasm' }),
    };
    for (const [name, backend] of Object.entries(others)) {
      const found = await losses(backend, model);
      const worst = Math.max(...wanted.map((loss, i) => Math.abs((found[i] ?? Number.NaN) / loss - 1)));
      expect(worst, name).toBeLessThan(1e-4);
    }
  }, 120_000);
});
