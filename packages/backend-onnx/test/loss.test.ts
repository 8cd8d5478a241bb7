/** A device that goes away, by a runtime that does as it is told. */
import { parse, tensorType } from '@rheo/ir';
import { expect, it } from 'vitest';
import { onnx } from '../src/index.ts';

const negate = parse('program(%0: f32[1]) {\n  %1: f32[1] = neg(%0)\n  return %1\n}');

function gpu() {
  let lose: (told: { message: string }) => void = () => {};
  const lost = new Promise<{ message: string }>((resolve) => {
    lose = resolve;
  });
  const state = { hangs: false };
  const session = {
    // An engine whose device is gone may never answer.
    run: () => (state.hangs ? new Promise(() => {}) : Promise.resolve({ output_0: { data: Float32Array.of(-1) } })),
    release: async () => undefined,
  };
  const runtime = {
    Tensor: class {},
    InferenceSession: { create: async () => session },
    env: { webgpu: { device: Promise.resolve({ lost }) } },
  };
  return { runtime, state, lose: () => lose({ message: 'it was unplugged' }) };
}

it('ends pending and later work with `lost`, and keeps what had been computed', async () => {
  const { runtime, state, lose } = gpu();
  const backend = await onnx({ runtime, provider: 'webgpu' });
  const executable = await backend.compile(negate);
  const x = backend.upload(Float32Array.of(1), tensorType('f32', [1]));
  const [done] = executable.run([x]);
  if (done === undefined) throw new Error('a result is missing');
  expect([...(await backend.read(done))]).toEqual([-1]);

  state.hangs = true;
  const [pending] = executable.run([x]);
  if (pending === undefined) throw new Error('a result is missing');
  const [fed] = executable.run([pending]);
  if (fed === undefined) throw new Error('a result is missing');
  lose();
  const gone = { code: 'lost', message: expect.stringMatching(/it was unplugged.*last checkpoint/) };
  await expect(backend.read(pending)).rejects.toMatchObject(gone);
  await expect(backend.read(fed)).rejects.toMatchObject(gone);
  expect(await backend.lost).toEqual({ reason: 'lost', message: 'it was unplugged' });

  expect(() => executable.run([x])).toThrow(expect.objectContaining({ code: 'lost' }));
  expect(() => backend.upload(Float32Array.of(1), tensorType('f32', [1]))).toThrow(
    expect.objectContaining({ code: 'lost' }),
  );
  await expect(backend.compile(negate)).rejects.toMatchObject(gone);
  expect([...(await backend.read(done))]).toEqual([-1]);
  await backend.dispose();
  expect(backend.liveTensors).toBe(0);
});

it('tells of an orderly end as such', async () => {
  const { runtime, lose } = gpu();
  const backend = await onnx({ runtime, provider: 'webgpu' });
  await backend.dispose();
  lose();
  expect((await backend.lost).reason).toBe('disposed');
});
