import { parse, tensorType } from '@rheo/ir';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { expect, it } from 'vitest';
import { tfjs } from '../src/index.ts';

tf.env().set('WEBGPU_CPU_FORWARD', false);

it('tells that the device refused a kernel, which tfjs passes over in silence', async () => {
  let broken = false;
  // A cast from bool shares the memory of the bool, and the transpose does not compile.
  const refused = (x: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(tf.cast(tf.equal(x, x), 'float32'), [2, 3, 1]), [1, 0, 2]);
  const module = { ...tf, neg: (x: tf.Tensor) => (broken ? refused(x) : tf.neg(x)) };
  const backend = await tfjs({ tf: module as unknown as typeof tf, backend: 'webgpu' });
  const executable = await backend.compile(parse('program(%0: f32[2,3]) {\n  %1: f32[2,3] = neg(%0)\n  return %1\n}'));
  const x = backend.upload(new Float32Array(6).fill(1), tensorType('f32', [2, 3]));
  const run = (): ReturnType<typeof backend.read> => {
    const [result] = executable.run([x]);
    if (result === undefined) throw new Error('a result is missing');
    return backend.read(result);
  };
  expect([...(await run())]).toEqual([-1, -1, -1, -1, -1, -1]);
  broken = true;
  await expect(run()).rejects.toMatchObject({
    code: 'backend',
    message: expect.stringMatching(/refused a kernel.*another backend of tfjs/),
  });
  await backend.dispose();
});
