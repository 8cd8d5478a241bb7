import { parse, tensorType } from '@rheo/ir';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, it, vi } from 'vitest';
import { tfjs } from '../src/index.ts';

const sum = parse(`program(%0: f32[time,2]) {
  %1: f32[2] = reduce_sum(%0) axes=[0]
  %2: f32[2] = constant() dtype=f32 shape=[2] value=[1,2]
  %3: f32[2], %4: f32[time,2] = scan(%2, %0) length=time reverse=true consts=0 carries=1 body=program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = add(%0, %1)
    return %2, %0
  }
  return %1, %3, %4
}`);
const twice = parse('program(%0: f32[2]) {\n  %1: f32[2] = add(%0, %0)\n  return %1\n}');

describe('the choice of a backend', () => {
  it('is exactly what was asked for, or an error that says what was found and what to import', async () => {
    const backend = await tfjs({ tf, backend: 'wasm' });
    expect(backend.name).toBe('tfjs/wasm');
    await backend.dispose();
    await expect(tfjs({ tf, backend: 'webgl' })).rejects.toMatchObject({
      code: 'capability',
      message: expect.stringMatching(
        /no backend "webgl"; registered are: .*cpu.*import '@tensorflow\/tfjs-backend-webgl' or choose one of .*cpu/,
      ),
    });
    await expect(tfjs({ tf, backend: 'tpu' })).rejects.toMatchObject({ code: 'capability' });
  });

  it('refuses what is no tfjs, an old tfjs, and a backend that is not named', async () => {
    const nothing = {} as unknown as typeof tf;
    await expect(tfjs({ tf: nothing, backend: 'cpu' })).rejects.toMatchObject({ code: 'argument' });
    await expect(tfjs({ tf, backend: '' })).rejects.toMatchObject({ code: 'argument' });
    const old = { ...tf, version_core: '3.21.0' };
    await expect(tfjs({ tf: old, backend: 'cpu' })).rejects.toMatchObject({
      code: 'capability',
      message: expect.stringMatching(/4\.20 or newer, not 3\.21\.0.*Install @tensorflow\/tfjs-core/),
    });
  });

  it('tells a backend that does not start, and leaves the one before', async () => {
    // The engine also writes the failure to the console.
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await tf.setBackend('cpu');
    tf.registerBackend('broken', () => Promise.reject(new Error('no adapter')));
    await expect(tfjs({ tf, backend: 'broken' })).rejects.toMatchObject({
      code: 'capability',
      message: expect.stringMatching(/"broken" does not start.*choose one of.*cpu/),
    });
    expect(tf.getBackend()).toBe('cpu');
    tf.removeBackend('broken');
    warn.mockRestore();
  });
});

describe('free dimensions', () => {
  it('take any length from one compile, none included', async () => {
    const backend = await tfjs({ tf, backend: 'cpu' });
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

  it('do not gather on the engine, however many there are', async () => {
    const backend = await tfjs({ tf, backend: 'cpu' });
    const executable = await backend.compile(sum);
    const counts: number[] = [];
    for (let time = 1; time <= 150; time++) {
      const x = backend.upload(new Float32Array(2 * time), tensorType('f32', [time, 2]));
      const results = executable.run([x]);
      await Promise.all(results.map((result) => backend.read(result)));
      for (const tensor of [x, ...results]) tensor.dispose();
      await backend.read(backend.upload(Float32Array.of(0), tensorType('f32', [1])));
      counts.push(tf.memory().numTensors);
    }
    expect(counts[149]).toBe(counts[100]);
    await backend.dispose();
  });
});

describe('the engine that all share', () => {
  it('keeps the backend that the user chose, with two adapters at work', async () => {
    await tf.setBackend('cpu');
    const [one, other] = [await tfjs({ tf, backend: 'cpu' }), await tfjs({ tf, backend: 'wasm' })];
    expect(tf.getBackend()).toBe('cpu');
    const executables = await Promise.all([one, other].map((backend) => backend.compile(twice)));
    const reads = Array.from({ length: 100 }, async (_, i) => {
      const backend = i % 2 === 0 ? one : other;
      const x = backend.upload(Float32Array.of(i, 1 - i), tensorType('f32', [2]));
      const [result] = executables[i % 2]?.run([x]) ?? [];
      if (result === undefined) throw new Error('a result is missing');
      expect(tf.getBackend()).toBe('cpu');
      return [...(await backend.read(result))];
    });
    const mine = tf.tensor1d([1, 2]);
    expect([...(await tf.add(mine, mine).data())]).toEqual([2, 4]);
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 100 }, (_, i) => [2 * i, 2 - 2 * i]));
    expect(tf.getBackend()).toBe('cpu');
    const stranger = one.upload(Float32Array.of(1, 2), tensorType('f32', [2]));
    expect(() => executables[1]?.run([stranger])).toThrow(/belongs to another backend/);
    await Promise.all([one.dispose(), other.dispose()]);
    await tf.setBackend('wasm');
    expect(tf.getBackend()).toBe('wasm');
  });

  it('is not left with tensors of ours', async () => {
    const before = tf.memory().numTensors;
    const backend = await tfjs({ tf, backend: 'cpu' });
    expect(tf.memory().numTensors).toBe(before);
    const executable = await backend.compile(sum, { dims: { time: 4 } });
    const x = backend.upload(new Float32Array(8), tensorType('f32', [4, 2]));
    const bound = executable.bind(new Map([[0, x]]));
    for (const result of [...executable.run([x]), ...bound.run([])]) await backend.read(result);
    await backend.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('serves two modules on one engine in turn', async () => {
    const copy = { ...tf };
    const backends = [await tfjs({ tf, backend: 'cpu' }), await tfjs({ tf: copy, backend: 'cpu' })];
    const [a, b] = backends.map((backend) => backend.upload(Float32Array.of(1, 2), tensorType('f32', [2])));
    const executable = await backends[0]?.compile(twice);
    if (executable === undefined || a === undefined || b === undefined) throw new Error('nothing was made');
    expect(() => executable.run([b])).toThrow(/belongs to another backend/);
    const [result] = executable.run([a]);
    if (result === undefined) throw new Error('a result is missing');
    expect([...((await backends[0]?.read(result)) ?? [])]).toEqual([2, 4]);
    for (const backend of backends) await backend.dispose();
  });
});

it('keeps the cause of a failure with what it poisons, frees the rest, and goes on', async () => {
  let broken = false;
  const module = {
    ...tf,
    tanh: (x: tf.Tensor) => {
      if (broken) throw new Error('the device hiccuped');
      return tf.tanh(x);
    },
  };
  const program = parse(
    'program(%0: f32[1]) {\n  %1: f32[1] = exp(%0)\n  %2: f32[1] = tanh(%1)\n  %3: f32[1] = mul(%2, %1)\n  return %3\n}',
  );
  const backend = await tfjs({ tf: module as unknown as typeof tf, backend: 'cpu' });
  const executable = await backend.compile(program);
  const x = backend.upload(Float32Array.of(0), tensorType('f32', [1]));
  const run = async (input: typeof x): Promise<typeof x> => {
    const [result] = executable.run([input]);
    if (result === undefined) throw new Error('a result is missing');
    return result;
  };
  const good = await run(x);
  expect((await backend.read(good))[0]).toBeCloseTo(Math.tanh(1));
  const before = tf.memory().numTensors;
  broken = true;
  const first = await run(x);
  const second = await run(first);
  const cause = await backend.read(first).catch((error: unknown) => error);
  expect(cause).toMatchObject({ code: 'backend', message: expect.stringContaining('hiccup') });
  expect(await backend.read(second).catch((error: unknown) => error)).toBe(cause);
  expect(tf.memory().numTensors).toBe(before);
  broken = false;
  expect((await backend.read(await run(x)))[0]).toBeCloseTo(Math.tanh(1));
  await backend.dispose();
});
