/** Source that is cut into files: the same bits, nothing left over, and failures told as ever. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { elementCount, parse, type TensorData } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { sourceOf } from '../src/codegen/source.ts';
import { nativeWith } from '../src/runtime/native.ts';
import { printProgram } from '../src/runtime/print-program.ts';
import type { Compiler } from '../src/toolchain/find-compiler.ts';
import { findCompiler } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

const parts = Array.from({ length: 24 }, (_, i) => ({ rows: 17 + i, input: 3 + i, dot: 27 + 3 * i }));

/** Many kernels that differ: products, sums and functions, and two loops, one of which may be given to threads. */
const program =
  parse(`program(%0: f32[40,4,8], %1: f32[8,8], %2: f32[8], ${parts.map(({ rows, input }) => `%${input}: f32[${rows},8]`).join(', ')}) {
${parts
  .map(
    ({ rows, input, dot }, i) => `  %${dot}: f32[${rows},8] = dot(%${input}, %1) contract=[[1],[0]] batch=[[],[]]
  %${dot + 1}: f32[${rows},8] = ${['tanh', 'logistic', 'erf', 'sin'][i % 4]}(%${dot})
  %${dot + 2}: f32[${rows}] = reduce_sum(%${dot + 1}) axes=[1]`,
  )
  .join('\n')}
  %99: f32[40,8], %100: f32[40,4,8] = scan(%1, %2, %0) length=40 reverse=false consts=2 carries=0 body=program(%0: f32[8,8], %1: f32[8], %2: f32[4,8]) {
    %3: f32[8], %4: f32[4,8] = scan(%0, %1, %2) length=4 reverse=false consts=1 carries=1 body=program(%0: f32[8,8], %1: f32[8], %2: f32[8]) {
      %3: f32[8] = add(%1, %2)
      %4: f32[8] = dot(%0, %3) contract=[[1],[0]] batch=[[],[]]
      %5: f32[8] = tanh(%4)
      return %5, %4
    }
    return %3, %4
  }
  return %100, %99, ${parts.map(({ dot }) => `%${dot + 2}`).join(', ')}
}`);

/** Bits of all results, from so many files at most. */
async function bitsWith(jobs: number, threads: number): Promise<string> {
  const cacheFolder = join(folder, `${jobs}-${threads}`);
  const compiler: Compiler = { ...(await findCompiler()), jobs };
  const backend = await nativeWith(compiler, { cacheFolder, threads, leastWork: 0 });
  const executable = await backend.compile(program);
  const inputs = program.params.map(({ type }, seed) => {
    const data = Float32Array.from({ length: elementCount(type.shape) }, (_, i) => Math.sin((i + 1) * (seed + 1.7)));
    return backend.upload(data as TensorData, type);
  });
  const bits = executable.run(inputs).map((tensor) => {
    const { buffer, byteOffset, byteLength } = backend.readSync(tensor);
    return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  });
  await backend.dispose();
  expect(readdirSync(cacheFolder).filter((name) => !/^[0-9a-f]{64}\.(so|sha256)$/.test(name))).toEqual([]);
  return bits.join();
}

describe('a Program in several files', () => {
  it('is long enough for five', async () => {
    const { target } = await findCompiler();
    expect(printProgram(program, new Set(), { target }).source.files(5).length).toBe(5);
  });

  it.each([1, 2])('has the bits of one, on %i threads, and leaves none of them behind', async (threads) => {
    const whole = await bitsWith(1, threads);
    expect(await bitsWith(2, threads)).toBe(whole);
    expect(await bitsWith(5, threads)).toBe(whole);
  });

  it('reports what the compiler says of any of them, and leaves nothing', async () => {
    const cacheFolder = join(folder, 'failing');
    const compiler = await findCompiler();
    // Names a header that is not there, whichever file it compiles.
    const flags = [...compiler.flags, '-include', '/nowhere/rheo.h'];
    const backend = await nativeWith({ ...compiler, flags, jobs: 3 }, { cacheFolder });
    await expect(backend.compile(program)).rejects.toMatchObject({ code: 'backend' });
    await expect(backend.compile(program)).rejects.toThrow(/error: .*rheo\.h.*Set CC to a recent gcc or clang/);
    await backend.dispose();
    expect(readdirSync(cacheFolder)).toEqual([]);
  });
});

describe('a source', () => {
  const functions = Array.from({ length: 12 }, (_, i) => {
    const head = `KERNEL void k${i}(void *const *table)`;
    return { head, text: `${head} { ${i < 3 ? 'costly(); ' : ''}/* ${'x'.repeat(1500)} */ }` };
  });
  const source = sourceOf({ text: 'shared', inlined: new Map([['costly', 6000]]) }, functions);
  const definedIn = (text: string): number[] =>
    functions.flatMap(({ text: body }, index) => (text.includes(body) ? [index] : []));

  it('has every function in one of its files, and all of them declared in each', () => {
    const files = source.files(3);
    expect(files.length).toBe(3);
    expect(files.flatMap(definedIn).sort((a, b) => a - b)).toEqual(functions.map((_, index) => index));
    for (const file of files) for (const { head } of functions) expect(file).toContain(`${head};`);
    // What is inlined counts: the three that call it are not together.
    expect(files.map((file) => definedIn(file).filter((index) => index < 3).length)).toEqual([1, 1, 1]);
  });

  it('stays whole where it is short, or when one file is asked for', () => {
    expect(source.files(1)).toEqual([source.text]);
    expect(sourceOf({ text: 'shared', inlined: new Map() }, functions.slice(0, 4)).files(8).length).toBe(1);
    expect(definedIn(source.text).length).toBe(12);
  });
});
