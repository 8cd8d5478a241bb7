/**
 * The runtime's WebGPU provider in a page: a training with the reference's losses, and the loss of the device.
 * The whole kit is not for this suite: every session takes the engine a third of a second on an emulated GPU.
 */

import type { Backend } from '@rheo/ir';
import { referenceBackend, tensorType } from '@rheo/ir';
import { cfc, linear, sequential } from '@rheo/layers';
import { adam, meanSquaredError, train } from '@rheo/train';
import * as runtime from 'onnxruntime-web/webgpu';
import { expect, it } from 'vitest';
import { onnx } from '../src/index.ts';

const [count, steps] = [8, 5];
const values = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i));
const targets = Float32Array.from({ length: count * steps }, (_, i) => Math.sin(0.7 * i + 0.5));
const data = { values, targets, count, steps, features: 1, targetFeatures: 1 };

async function losses(backend: Backend): Promise<number[]> {
  const found: number[] = [];
  const fitted = await train(sequential([cfc({ units: 6, backboneUnits: 8 }), linear(1)]), {
    backend,
    data,
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 4,
    batchSize: 4,
    seed: 3,
    readEvery: 1,
    onStep: ({ loss }) => {
      found.push(loss);
    },
  });
  fitted.dispose();
  return found;
}

it('trains, and says when its device is lost', { timeout: 120_000 }, async () => {
  const backend = await onnx({ runtime, provider: 'webgpu' });
  expect(backend.name).toBe('onnx/web-webgpu');
  const expected = await losses(referenceBackend());
  const found = await losses(backend);
  expect(found).toHaveLength(8);
  found.forEach((loss, step) => {
    expect(Math.abs(loss / (expected[step] as number) - 1)).toBeLessThan(1e-4);
  });

  const device = (await runtime.env.webgpu.device) as unknown as { destroy(): void };
  device.destroy();
  expect((await backend.lost).reason).toBe('lost');
  expect(() => backend.upload(Float32Array.of(1), tensorType('f32', [1]))).toThrow(
    expect.objectContaining({ code: 'lost' }),
  );
  await backend.dispose();

  // The runtime makes itself a new device.
  const next = await onnx({ runtime, provider: 'webgpu' });
  expect(await losses(next)).toEqual(found);
  await next.dispose();
});
