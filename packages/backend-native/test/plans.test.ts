/** Known Programs: run again without being compiled, and only by the build, options and target that they were built with. */
import { chmodSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompileOptions, Program, SyncExecutable } from '@rheo/ir';
import { parse, tensorType } from '@rheo/ir';
import { optionalPasses } from '@rheo/passes';
import { afterEach, describe, expect, it } from 'vitest';
import type { NativeBackend, NativeOptions } from '../src/index.ts';
import { nativeWith } from '../src/runtime/native.ts';
import type { BuildId } from '../src/toolchain/build-id.ts';
import type { Compiler } from '../src/toolchain/find-compiler.ts';
import { findCompiler } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const opened: NativeBackend[] = [];
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.dispose();
});

/** A backend of one build. What it has to compile it cannot, if `compiles` is false. */
async function open(
  name: string,
  compiles: boolean,
  options: NativeOptions = {},
  { build = { id: 'one' }, ...given }: { build?: BuildId } & Partial<Compiler> = {},
): Promise<NativeBackend> {
  const path = compiles ? {} : { path: '/nowhere/cc' };
  const compiler = { ...(await findCompiler()), ...given, ...path };
  const backend = await nativeWith(compiler, { cacheFolder: join(folder, name), ...options }, build);
  opened.push(backend);
  return backend;
}

/** Constants of all types, an input that nothing reads, a result that is an input, names and a loop. */
const program = parse(`program(%0: f32[batch,3] "x", %1: f32[3,4], %2: u32[2], %3: bool[3]) {
  %4: f32[3,4] = constant() dtype=f32 shape=[3,4] value=[1,-0,0.1,NaN,Infinity,-Infinity,1e-45,2,3,4,5,6]
  %5: f32[3,4] = tanh(%1)
  %6: f32[batch,4] = dot(%0, %5) contract=[[1],[0]] batch=[[],[]] at "model/0" as "product"
  %7: i32[2] = constant() dtype=i32 shape=[2] value=[-2147483648,7]
  %8: u32[2] = constant() dtype=u32 shape=[2] value=[4294967295,1]
  %9: bool[3] = constant() dtype=bool shape=[3] value=[1,0,1]
  return %6, %4, %7, %8, %9, %2
}`);

const options: CompileOptions = { dims: { batch: 5 } };

/** Bits of all results. */
function bitsOf(backend: NativeBackend, executable: SyncExecutable): string[] {
  const inputs = executable.inputs.map(({ dtype, shape }) => {
    const count = shape.reduce<number>((all, size) => all * (size as number), 1);
    const values = Array.from({ length: count }, (_, i) => Math.sin(i + 1));
    if (dtype === 'f32') return backend.upload(Float32Array.from(values), tensorType('f32', shape));
    if (dtype === 'bool')
      return backend.upload(
        Uint8Array.from(values, (x) => (x > 0 ? 1 : 0)),
        tensorType('bool', shape),
      );
    return backend.upload(
      Uint32Array.from(values, (x) => x * 2 ** 32),
      tensorType('u32', shape),
    );
  });
  return executable.run(inputs).map((tensor) => {
    const { buffer, byteOffset, byteLength } = backend.readSync(tensor);
    return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  });
}

const plansIn = (name: string): string[] =>
  readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.plan'))
    .sort();

/** Plans with their inodes: one that was not taken is written anew. */
const writtenIn = (name: string): string[] =>
  plansIn(name).map((file) => `${file} ${statSync(join(folder, name, file)).ino}`);

describe('a known Program', () => {
  it('runs with the same bits, and is neither compiled nor lowered again', async () => {
    const first = await open('known', true);
    const bits = bitsOf(first, await first.compile(program, options));
    const written = writtenIn('known');
    const second = await open('known', false);
    const again = await second.compile(program, options);
    expect(bitsOf(second, again)).toEqual(bits);
    expect(writtenIn('known')).toEqual(written);
    expect(again.inputs).toEqual((await first.compile(program, options)).inputs);
    // The legal Program is there for what is compiled later.
    const [path = ''] = plansIn('known').map((name) => join(folder, 'known', name));
    expect(readFileSync(path, 'utf8').split('\n')[3]).toMatch(/^program\(%0: f32\[5,3\]/);
  });

  it('is found again with inputs bound, and bound where it was not before', async () => {
    const weights = Float32Array.from({ length: 12 }, (_, i) => i / 12);
    const bound = (backend: NativeBackend, executable: SyncExecutable): SyncExecutable =>
      executable.bind(new Map([[1, backend.upload(weights, tensorType('f32', [3, 4]))]]));
    const fresh = await open('bound-fresh', true);
    const bits = bitsOf(fresh, bound(fresh, await fresh.compile(program, options)));

    const first = await open('bound', true);
    await first.compile(program, options);
    const second = await open('bound', true);
    expect(bitsOf(second, bound(second, await second.compile(program, options)))).toEqual(bits);
    const written = writtenIn('bound');
    expect(written.length).toBe(2);
    const third = await open('bound', false);
    expect(bitsOf(third, bound(third, await third.compile(program, options)))).toEqual(bits);
    expect(writtenIn('bound')).toEqual(written);
  });

  it('is profiled under its names, and its text can be had', async () => {
    const first = await open('profiled', true);
    const text = await first.source(program, options);
    await first.compile(program, options);
    const second = await open('profiled', true);
    const executable = await second.compile(program, options);
    const inputs = [
      second.upload(new Float32Array(15), tensorType('f32', [5, 3])),
      second.upload(new Float32Array(12), tensorType('f32', [3, 4])),
      second.upload(new Uint32Array(2), tensorType('u32', [2])),
      second.upload(new Uint8Array(3), tensorType('bool', [3])),
    ];
    const profile = await executable.profile?.(inputs);
    expect(profile?.entries.map(({ layer }) => layer)).toContain('model/0');
    expect(await second.source(program, options)).toBe(text);
  });

  it('is compiled with its errors all the same', async () => {
    await (await open('errors', true)).compile(program, options);
    const backend = await open('errors', true);
    await expect(backend.compile(program)).rejects.toMatchObject({ code: 'shape' });
    await expect(backend.compile(program, { ...options, donate: [9] })).rejects.toMatchObject({ code: 'argument' });
    await expect(backend.compile(program, { ...options, passes: { none: true } })).rejects.toMatchObject({
      code: 'argument',
    });
  });
});

describe('what belongs to another', () => {
  const renamed: Program = {
    ...program,
    instructions: program.instructions.map((each) => ({ ...each, metadata: { layer: 'other/0' } })),
  };

  it.each<[string, CompileOptions, Program?]>([
    ['size', { dims: { batch: 6 } }],
    ['choice of passes', { ...options, passes: { fold: false } }],
    ['donation', { ...options, donate: [0] }],
    ['name of a layer', options, renamed],
  ])('%s is not taken', async (name, given, of = program) => {
    await (await open(name, true)).compile(program, options);
    // Where the text is the same the object is there, but a plan has yet to be made.
    const backend = await open(name, true);
    const before = plansIn(name).length;
    await backend.compile(of, given);
    const written = writtenIn(name);
    expect(written.length).toBe(before + 1);
    await backend.compile(of, given);
    await backend.compile(program, { dims: { batch: 5 }, donate: [], passes: {} });
    expect(writtenIn(name)).toEqual(written);
  });

  it.each<[string, NativeOptions, Partial<Compiler> & { build?: BuildId }]>([
    ['build', {}, { build: { id: 'two' } }],
    ['kind of vectors', {}, { target: { lanes: 4, registers: 16, title: 'narrow' } }],
    ['compiler', {}, { identity: 'other' }],
    ['number of threads', { threads: 2 }, {}],
    ['size of loops that are shared out', { leastWork: 0 }, {}],
  ])('%s is not taken', async (name, given, compiler) => {
    await (await open(name, true)).compile(program, options);
    await (await open(name, true, given, compiler)).compile(program, options);
    const written = writtenIn(name);
    expect(written.length).toBe(2);
    await (await open(name, true)).compile(program, options);
    expect(writtenIn(name)).toEqual(written);
  });

  it('is not kept where the build is not known, and the notes say why', async () => {
    const name = 'unknown';
    await (await open(name, true)).compile(program, options);
    const backend = await open(name, true, {}, { build: { unknown: 'it is Tuesday' } });
    expect(backend.capabilities.notes).toContain('known Programs are prepared anew: it is Tuesday');
    await backend.compile(program, { dims: { batch: 7 } });
    expect(plansIn(name).length).toBe(1);
  });

  it('is not kept where optional passes run, which are code of any kind', async () => {
    const name = 'optional';
    const backend = await open(name, true, { passes: optionalPasses });
    await backend.compile(program, { ...options, passes: { sinkOutputs: true } });
    expect(plansIn(name)).toEqual([]);
    await backend.compile(program, { ...options, passes: { sinkOutputs: false } });
    expect(plansIn(name).length).toBe(1);
  });
});

describe('a plan', () => {
  const spoiled: readonly [string, (path: string) => void][] = [
    ['garbled', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('"bytes":', '"bytes":1'))],
    ['cut short', (path) => writeFileSync(path, readFileSync(path).subarray(0, 200))],
    ['empty', (path) => writeFileSync(path, '')],
    ['writable by others', (path) => chmodSync(path, 0o622)],
  ];

  it.each(spoiled)('that is %s is made anew', async (name, spoil) => {
    const first = await open(name, true);
    const bits = bitsOf(first, await first.compile(program, options));
    const [path = ''] = plansIn(name).map((file) => join(folder, name, file));
    const whole = readFileSync(path, 'utf8');
    spoil(path);
    const second = await open(name, true);
    expect(bitsOf(second, await second.compile(program, options))).toEqual(bits);
    expect(readFileSync(path, 'utf8')).toBe(whole);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('under the name of another is not taken', async () => {
    const name = 'exchanged';
    const first = await open(name, true);
    await first.compile(program, options);
    const [one = ''] = plansIn(name);
    await first.compile(program, { dims: { batch: 6 } });
    const two = plansIn(name).find((file) => file !== one) ?? '';
    renameSync(join(folder, name, one), join(folder, name, two));
    const executable = await (await open(name, true)).compile(program, { dims: { batch: 6 } });
    expect(executable.inputs[0]?.shape).toEqual([6, 3]);
  });

  it('without its object leads to a new one', async () => {
    const name = 'no-object';
    const first = await open(name, true);
    const bits = bitsOf(first, await first.compile(program, options));
    for (const file of readdirSync(join(folder, name))) if (file.endsWith('.so')) unlinkSync(join(folder, name, file));
    await expect((await open(name, false)).compile(program, options)).rejects.toMatchObject({ code: 'backend' });
    const second = await open(name, true);
    expect(bitsOf(second, await second.compile(program, options))).toEqual(bits);
  });
});
