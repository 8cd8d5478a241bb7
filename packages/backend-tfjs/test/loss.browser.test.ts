import type { Backend, DeviceTensor } from '@rheo/ir';
import { parse, tensorType } from '@rheo/ir';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { expect, it } from 'vitest';
import { tfjs } from '../src/index.ts';

tf.env().set('WEBGL_CPU_FORWARD', false);
tf.env().set('WEBGPU_CPU_FORWARD', false);

const twice = parse('program(%0: f32[2]) {\n  %1: f32[2] = add(%0, %0)\n  return %1\n}');
const vector = tensorType('f32', [2]);

/** How each device is taken away. */
const ends: Readonly<Record<string, () => void>> = {
  webgl: () => {
    const { gpgpu } = tf.findBackend('webgl') as unknown as { gpgpu: { gl: WebGL2RenderingContext } };
    gpgpu.gl.getExtension('WEBGL_lose_context')?.loseContext();
  },
  webgpu: () => (tf.findBackend('webgpu') as unknown as { device: { destroy(): void } }).device.destroy(),
};

it.each(Object.entries(ends))('%s: what is pending and what comes later fails with the loss', async (name, end) => {
  const backend: Backend = await tfjs({ tf, backend: name });
  const executable = await backend.compile(twice);
  const run = (x: DeviceTensor): DeviceTensor => {
    const [result] = executable.run([x]);
    if (result === undefined) throw new Error('a result is missing');
    return result;
  };
  const x = backend.upload(Float32Array.of(1, 2), vector);
  expect([...(await backend.read(run(x)))]).toEqual([2, 4]);
  const before = run(x);
  const pending = backend.read(before).catch((error: unknown) => error);
  end();
  const later = backend.read(run(run(x))).catch((error: unknown) => error);
  expect(await backend.lost).toMatchObject({ reason: 'lost', message: expect.stringMatching(/was lost/) });
  for (const outcome of [pending, later, backend.read(before).catch((error: unknown) => error)]) {
    expect(await outcome).toMatchObject({ code: 'lost', message: expect.stringMatching(/Create another backend/) });
  }
  const poisoned = run(x);
  await expect(backend.read(poisoned)).rejects.toMatchObject({ code: 'lost' });
  await backend.dispose();
  expect(backend.liveTensors).toBe(0);
});
