import { parse, tensorType } from '@rheo/ir';
import { cfc, floatArray, initialise, linear, predictor, sequential } from '@rheo/layers';
import * as runtime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { onnx } from '../src/index.ts';

const sum = parse(`program(%0: f32[time,2]) {
  %1: f32[2] = reduce_sum(%0) axes=[0]
  %2: f32[2] = constant() dtype=f32 shape=[2] value=[1,2]
  %3: f32[2], %4: f32[time,2] = scan(%2, %0) length=time reverse=true consts=0 carries=1 body=program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = add(%0, %1)
    return %2, %0
  }
  return %1, %3, %4
}`);

describe('the choice of a provider', () => {
  it('is exactly what was asked for, or an error that says what was found', async () => {
    const backend = await onnx({ runtime, provider: 'cpu' });
    expect(backend.name).toBe('onnx/node-cpu');
    await backend.dispose();
    await expect(onnx({ runtime, provider: 'tpu' })).rejects.toMatchObject({
      code: 'capability',
      message: expect.stringMatching(/does not run provider "tpu".*Choose one of cpu/),
    });
  });

  it('refuses what is no runtime, and numbers of threads that are none', async () => {
    const nothing = {} as unknown as typeof runtime;
    await expect(onnx({ runtime: nothing, provider: 'cpu' })).rejects.toMatchObject({ code: 'argument' });
    await expect(onnx({ runtime, provider: '' })).rejects.toMatchObject({ code: 'argument' });
    await expect(onnx({ runtime, provider: 'cpu', threads: 0 })).rejects.toMatchObject({ code: 'argument' });
  });

  it('tells an engine that cannot start its provider', async () => {
    const broken = {
      Tensor: class {},
      InferenceSession: { create: async () => Promise.reject(new Error('no such device')) },
    };
    await expect(onnx({ runtime: broken, provider: 'webgpu' })).rejects.toMatchObject({
      code: 'capability',
      message: expect.stringContaining('no such device'),
    });
  });
});

describe('free dimensions', () => {
  it('take any length from one compile, none included', async () => {
    const backend = await onnx({ runtime, provider: 'cpu' });
    const executable = await backend.compile(sum);
    for (const time of [3, 0, 1, 0, 40]) {
      const x = backend.upload(new Float32Array(2 * time).fill(1), tensorType('f32', [time, 2]));
      const [total, carry, seen] = executable.run([x]);
      if (total === undefined || carry === undefined || seen === undefined) throw new Error('a result is missing');
      expect([...(await backend.read(total))]).toEqual([time, time]);
      expect([...(await backend.read(carry))]).toEqual([1 + time, 2 + time]);
      expect(seen.type.shape).toEqual([time, 2]);
      // In reverse, what was seen first stands last.
      expect([...(await backend.read(seen))].slice(0, 1)).toEqual(time === 0 ? [] : [time]);
    }
    await backend.dispose();
    expect(backend.liveTensors).toBe(0);
  });

  it('serve predictions of any batch and length, interleaved', async () => {
    const model = sequential([cfc({ units: 4, backboneUnits: 6 }), linear(2)]);
    const parameters = initialise(model, { features: 3, seed: 1 });
    const backend = await onnx({ runtime, provider: 'cpu' });
    const keeps = predictor(model, parameters, backend);
    const sizes = Array.from({ length: 20 }, (_, i) => [1 + (i % 3), 1 + (i % 7)] as const);
    const all = await Promise.all(
      sizes.map(([batch, time]) =>
        keeps.predict({ values: floatArray(new Float32Array(batch * time * 3), [batch, time, 3]) }),
      ),
    );
    expect(all.map(({ outputs }) => outputs.shape)).toEqual(sizes.map(([batch, time]) => [batch, time, 2]));
    keeps.dispose();
    expect(backend.liveTensors).toBe(0);
    await backend.dispose();
  });
});

it('keeps the cause of a failure with what it poisons, and goes on', async () => {
  let broken = false;
  const session = {
    run: async () => {
      if (broken) throw new Error('the device hiccuped');
      return { output_0: { data: Float32Array.of(1) } };
    },
    release: async () => undefined,
  };
  const fake = { Tensor: class {}, InferenceSession: { create: async () => session } };
  const backend = await onnx({ runtime: fake, provider: 'fake' });
  const executable = await backend.compile(parse('program(%0: f32[1]) {\n  %1: f32[1] = neg(%0)\n  return %1\n}'));
  const x = backend.upload(Float32Array.of(-1), tensorType('f32', [1]));
  broken = true;
  const [first] = executable.run([x]);
  if (first === undefined) throw new Error('a result is missing');
  const [second] = executable.run([first]);
  if (second === undefined) throw new Error('a result is missing');
  await expect(backend.read(first)).rejects.toMatchObject({
    code: 'backend',
    message: expect.stringContaining('hiccup'),
  });
  const cause = await backend.read(first).catch((error: unknown) => error);
  expect(await backend.read(second).catch((error: unknown) => error)).toBe(cause);
  broken = false;
  const [third] = executable.run([x]);
  if (third === undefined) throw new Error('a result is missing');
  expect([...(await backend.read(third))]).toEqual([1]);
  await backend.dispose();
});
