import { parse, tensorType } from '@rheo/ir';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { expect, it } from 'vitest';
import { tfjs } from '../src/index.ts';

tf.env().set('WEBGL_CPU_FORWARD', false);

it('refuses a tensor that no texture holds before it is made', async () => {
  const backend = await tfjs({ tf, backend: 'webgl' });
  const side = tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE') + 1;
  const large = parse(
    `program(%0: f32[]) {\n  %1: f32[${side},${side}] = broadcast(%0) shape=[${side},${side}] axes=[]\n  return %1\n}`,
  );
  await expect(backend.compile(large)).rejects.toMatchObject({
    code: 'capability',
    message: expect.stringMatching(/broadcast: .*larger than this device holds.*wasm, cpu/),
  });
  await backend.dispose();
});

it('works beside the cpu backend that the user chose', async () => {
  await tf.setBackend('cpu');
  const backend = await tfjs({ tf, backend: 'webgl' });
  const program = parse('program(%0: f32[2]) {\n  %1: f32[2] = div(%0, %0)\n  return %1\n}');
  const executable = await backend.compile(program);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 20; i++) {
    const x = backend.upload(Float32Array.of(0, i + 1), tensorType('f32', [2]));
    const [result] = executable.run([x]);
    if (result === undefined) throw new Error('a result is missing');
    expect([...(await backend.read(result))]).toEqual([Number.NaN, 1]);
    expect(tf.getBackend()).toBe('cpu');
    for (const tensor of [x, result]) tensor.dispose();
    await Promise.resolve();
  }
  await backend.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
