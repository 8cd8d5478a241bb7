/** Threads in Node: the same bits for any number of them, and workers that come, go and fail as they should. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { checkExample } from '@rheo/conformance';
import type { DeviceTensor } from '@rheo/ir';
import { isRheoError, parse, tensorType } from '@rheo/ir';
import { afterEach, describe, expect, it } from 'vitest';
import type { WasmBackend } from '../src/index.ts';
import { wasm } from '../src/index.ts';
import { openWasm } from '../src/runtime/wasm.ts';
import { bitsOf, numbersFor, rows } from './shared-loops.ts';

const open: WasmBackend[] = [];
/** A backend that shares out every loop, with all threads in it. */
async function together(threads: number): Promise<WasmBackend> {
  const backend = await openWasm({ threads, leastWork: 0 }, true);
  open.push(backend);
  return backend;
}
afterEach(async () => {
  for (const backend of open.splice(0)) await backend.dispose();
});

describe('results', () => {
  // Fewer iterations than threads, one each, and enough that several are taken at once.
  it.each([2, 3, 4, 64, 1000])('of %i iterations are bit-equal for 1, 2 and 4 threads', async (count) => {
    const program = rows(count);
    const alone = await wasm();
    open.push(alone);
    const wanted = await bitsOf(alone, program);
    for (const threads of [2, 4]) expect(await bitsOf(await together(threads), program, 20)).toEqual(wanted);
  });

  it('are those of the reference', async () => {
    const program = rows(16);
    await checkExample(await together(2), { program, inputs: numbersFor(program) });
  });

  it('take more inputs than a function may have parameters', async () => {
    const count = 1000;
    const names = Array.from({ length: count }, (_, i) => `%${i}`);
    const program = parse(`program(${names.map((name) => `${name}: f32[6,2]`).join(', ')}) {
  %${count}: f32[6,2], %${count + 1}: f32[6,2] = scan(%0, %${count - 1}) length=6 reverse=true consts=0 carries=0 body=program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = sub(%0, %1)
    %3: f32[2] = tanh(%2)
    return %2, %3
  }
  return %${count}, %${count + 1}
}`);
    const alone = await wasm();
    open.push(alone);
    expect(await bitsOf(await together(2), program)).toEqual(await bitsOf(alone, program));
  });
});

describe('executables', () => {
  it('share out what is bound, in a module that the workers get while nothing is awaited', async () => {
    const program = rows(12);
    const backend = await together(3);
    const wanted = await bitsOf(backend, program);
    const executable = await backend.compile(program);
    const data = numbersFor(program);
    const tensors = program.params.map(({ type }, i) => backend.upload(data[i] as Float32Array, type));
    const [x, w, h] = tensors as [DeviceTensor, DeviceTensor, DeviceTensor];
    // All inputs bound: the loop itself is part of what is prepared.
    for (const fixed of [[1], [1, 2], [0, 1, 2]]) {
      const bound = executable.bind(new Map(fixed.map((index) => [index, tensors[index] as DeviceTensor])));
      const results = bound.run([x, w, h].filter((_, index) => !fixed.includes(index)));
      expect(results.map((tensor) => new Uint8Array(backend.readSync(tensor).buffer))).toEqual(wanted);
      bound.dispose();
    }
  });

  it('may be many, compiled at once and run by turns, and leave nothing behind', async () => {
    const backend = await together(2);
    const counts = Array.from({ length: 40 }, (_, i) => 2 + (i % 7));
    const alone = await wasm();
    open.push(alone);
    const wanted = new Map<number, Uint8Array[]>();
    for (const count of new Set(counts)) wanted.set(count, await bitsOf(alone, rows(count)));
    const round = (): Promise<Uint8Array[][]> => Promise.all(counts.map((count) => bitsOf(backend, rows(count), 3)));
    const found = await round();
    found.forEach((bits, index) => {
      expect(bits).toEqual(wanted.get(counts[index] as number));
    });
    const { memoryBytes } = backend;
    for (let i = 0; i < 3; i++) await round();
    expect(backend.memoryBytes).toBe(memoryBytes);
    expect(backend.liveTensors).toBe(0);
  });

  it('go on after the memory has grown', async () => {
    const backend = await together(2);
    const program = rows(6);
    const before = await bitsOf(backend, program);
    const executable = await backend.compile(program);
    const data = numbersFor(program);
    const inputs = program.params.map(({ type }, index) => backend.upload(data[index] as Float32Array, type));
    const { memoryBytes } = backend;
    backend.upload(new Float32Array(3_000_000), tensorType('f32', [3_000_000]));
    expect(backend.memoryBytes).toBeGreaterThan(memoryBytes);
    const results = executable.run(inputs);
    expect(results.map((tensor) => new Uint8Array(backend.readSync(tensor).buffer))).toEqual(before);
    // Results in memory that did not exist when the workers began.
    for (const tensor of executable.run(inputs)) expect(backend.readSync(tensor).length).toBeGreaterThan(0);
  });

  it('are profiled on one thread, and share out afterwards', async () => {
    const backend = await together(2);
    const program = rows(12);
    const wanted = await bitsOf(backend, program);
    const executable = await backend.compile(program);
    const data = numbersFor(program);
    const inputs = program.params.map(({ type }, index) => backend.upload(data[index] as Float32Array, type));
    const profile = await executable.profile?.(inputs);
    // Twelve rows of four steps forward and four back, a product in each.
    const products = profile?.entries.filter(({ kernel }) => kernel.startsWith('product')) ?? [];
    expect(products.map(({ calls }) => calls)).toEqual([48, 48]);
    const results = executable.run(inputs);
    expect(results.map((tensor) => new Uint8Array(backend.readSync(tensor).buffer))).toEqual(wanted);
  });

  it('write straight into arrays', async () => {
    const backend = await together(2);
    const program = rows(8);
    const executable = await backend.compile(program);
    const outputs = executable.results.map(
      ({ shape }) => new Float32Array(shape.reduce<number>((n, d) => n * Number(d), 1)),
    );
    for (let time = 0; time < 50; time++) executable.runInto(numbersFor(program), outputs);
    expect(outputs.map(({ buffer }) => new Uint8Array(buffer))).toEqual(await bitsOf(backend, program));
  });
});

describe('options', () => {
  it('say how many threads there are', async () => {
    const [one, two, auto] = [await wasm(), await wasm({ threads: 2 }), await wasm({ threads: 'auto' })];
    open.push(one, two, auto);
    expect([one.name, one.capabilities.threads]).toEqual(['wasm', 1]);
    expect([two.name, two.capabilities.threads]).toEqual(['wasm×2', 2]);
    expect(two.capabilities.notes).toContain('2 threads');
    expect(auto.capabilities.threads).toBeGreaterThanOrEqual(1);
    expect(auto.capabilities.threads).toBeLessThanOrEqual(8);
  });

  it.each([0, -1, 1.5, 65, Number.NaN, 'all', '2'])('refuse threads: %s', async (threads) => {
    await expect(wasm({ threads: threads as number })).rejects.toMatchObject({ code: 'argument' });
  });

  it('refuse less work than none', async () => {
    await expect(wasm({ leastWork: -1 })).rejects.toMatchObject({ code: 'argument' });
    await expect(wasm({ leastWork: Number.NaN })).rejects.toMatchObject({ code: 'argument' });
  });
});

it('throws after disposal, also from a compile under way', async () => {
  const backend = await wasm({ threads: 2, leastWork: 0 });
  const pending = backend.compile(rows(4)).then(
    () => 'compiled',
    (error: unknown) => (isRheoError(error) ? error.code : error),
  );
  await backend.dispose();
  await backend.dispose();
  expect(await pending).toBe('disposed');
  await expect(backend.lost).resolves.toMatchObject({ reason: 'disposed' });
});

describe('a Node process', () => {
  const run = promisify(execFile);
  const source = new URL('../src/index.ts', import.meta.url).href;
  const node = (body: string) =>
    run(process.execPath, [
      '--conditions=@rheo/source',
      '--import',
      import.meta.resolve('tsx'),
      '--input-type=module',
      '--eval',
      `import { wasm } from ${JSON.stringify(source)};
       import { rows, numbersFor } from ${JSON.stringify(new URL('shared-loops.ts', import.meta.url).href)};
       ${body}`,
    ]);

  it('ends by itself while workers wait, and not before they have what compile posts', async () => {
    const { stdout } = await node(`
      const backend = await wasm({ threads: 4, leastWork: 0 });
      const program = rows(8);
      const executable = await backend.compile(program);
      const inputs = numbersFor(program).map((data, i) => backend.upload(data, program.params[i].type));
      console.log(backend.readSync(executable.run(inputs)[0]).length);
    `);
    expect(stdout.trim()).toBe('8');
  }, 60_000);
});
