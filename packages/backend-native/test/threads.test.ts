/** Threads: the same bits for any number of them, in loops that are shared out and in those that are not. */
import type { DeviceTensor, Program, TensorData } from '@rheo/ir';
import { elementCount, parse } from '@rheo/ir';
import { afterEach, describe, expect, it } from 'vitest';
import type { NativeBackend } from '../src/index.ts';
import { native } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cacheFolder = temporaryFolder();
const opened: NativeBackend[] = [];
async function open(threads: number | 'auto', leastWork = 0): Promise<NativeBackend> {
  const backend = await native({ cacheFolder, threads, leastWork });
  opened.push(backend);
  return backend;
}
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.dispose();
});

/** Rows are independent: within one, a scan keeps a state, with products, and another runs back over what it kept. */
const rows = (count: number): Program =>
  parse(`program(%0: f32[${count},4,8], %1: f32[8,8], %2: f32[8]) {
  %3: f32[8,8] = tanh(%1)
  %4: f32[${count},8], %5: f32[${count},4,8] = scan(%3, %2, %0) length=${count} reverse=false consts=2 carries=0 body=program(%0: f32[8,8], %1: f32[8], %2: f32[4,8]) {
    %3: f32[8], %4: f32[4,8] = scan(%0, %1, %2) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[8], %2: f32[8]) {
      %3: f32[8] = add(%1, %2)
      %4: f32[8] = dot(%0, %3) contract=[[1],[0]] batch=[[],[]]
      %5: f32[8] = tanh(%4)
      return %5, %4
    }
    %5: f32[8], %6: f32[4,8] = scan(%0, %3, %4) length=4 reverse=true consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[8], %2: f32[8]) {
      %3: f32[8] = mul(%1, %2)
      %4: f32[8] = dot(%0, %3) contract=[[0],[0]] batch=[[],[]]
      return %4, %3
    }
    return %5, %6
  }
  %6: f32[8] = reduce_sum(%4) axes=[0]
  return %6, %5
}`);

/** Results of many runs in a row; all must be those of the first. */
async function bitsOf(backend: NativeBackend, program: Program, times: number): Promise<string> {
  const executable = await backend.compile(program);
  const inputs = program.params.map(({ type }, seed) => {
    const data = Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin((i + 1) * (seed + 1.7)));
    return backend.upload(data as TensorData, type);
  });
  const found = new Set<string>();
  for (let time = 0; time < times; time++) {
    const results: readonly DeviceTensor[] = executable.run(inputs);
    const bits = results.map((tensor) => {
      const { buffer, byteOffset, byteLength } = backend.readSync(tensor);
      return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
    });
    found.add(bits.join());
    for (const tensor of results) tensor.dispose();
  }
  expect(found.size).toBe(1);
  return [...found].join();
}

describe('results', () => {
  // Fewer iterations than threads, one each, and enough that several are taken by each.
  it.each([2, 3, 4, 64, 1000])('of %i iterations are bit-equal for 1, 2 and 4 threads', async (count) => {
    const program = rows(count);
    const wanted = await bitsOf(await open(1), program, 1);
    for (const threads of [2, 4]) expect(await bitsOf(await open(threads), program, 200)).toBe(wanted);
  });

  it('are the same after the threads have slept', async () => {
    const [alone, backend] = [await open(1), await open(3)];
    const wanted = await bitsOf(alone, rows(12), 1);
    for (let round = 0; round < 5; round++) {
      expect(await bitsOf(backend, rows(12), 1)).toBe(wanted);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

describe('backends', () => {
  it('say how many threads there are', async () => {
    const [one, two, auto] = [await open(1), await open(2), await open('auto')];
    expect([one.name, one.capabilities.threads]).toEqual(['native', 1]);
    expect([two.name, two.capabilities.threads]).toEqual(['native×2', 2]);
    expect(two.capabilities.notes).toContain('2 threads');
    expect(auto.capabilities.threads).toBeGreaterThanOrEqual(1);
    expect(auto.capabilities.threads).toBeLessThanOrEqual(8);
  });

  it('give each thread the memory that it needs for itself', async () => {
    const [one, four] = [await open(1), await open(4)];
    const program = rows(16);
    const [small, large] = [await one.compile(program), await four.compile(program)];
    expect(large.workspaceBytes).toBeGreaterThan(small.workspaceBytes);
  });

  it.each([0, -1, 1.5, 65, Number.NaN, 'all', '2'])('refuse threads: %s', async (threads) => {
    await expect(native({ cacheFolder, threads: threads as number })).rejects.toMatchObject({ code: 'argument' });
  });

  it('share nothing: several work side by side and end on their own', async () => {
    const [first, second] = [await open(2), await open(3)];
    const wanted = await bitsOf(first, rows(9), 5);
    expect(await bitsOf(second, rows(9), 5)).toBe(wanted);
    await first.dispose();
    expect(await bitsOf(second, rows(9), 5)).toBe(wanted);
  });

  it('leave loops alone that are not worth it', async () => {
    const source = async (leastWork: number): Promise<string> => (await open(2, leastWork)).source(rows(16));
    expect(await source(0)).toContain('->share(');
    expect(await source(1e9)).not.toContain('->share(');
  });
});
