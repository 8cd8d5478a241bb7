/** Built objects: kept, found again, and never loaded when they may not be trusted. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, tensorType } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import { native } from '../src/index.ts';
import { search } from '../src/toolchain/find-compiler.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

const double = parse(`program(%0: f32[4]) {
  %1: f32[4] = add(%0, %0)
  return %1
}`);

async function doubled(cacheFolder: string): Promise<number[]> {
  const backend = await native({ cacheFolder });
  const executable = await backend.compile(double);
  const out = new Float32Array(4);
  executable.runInto([Float32Array.of(1, 2, 3, 4)], [out]);
  await backend.dispose();
  return Array.from(out);
}

const objectIn = (cacheFolder: string): string =>
  join(cacheFolder, readdirSync(cacheFolder).find((name) => name.endsWith('.so')) ?? 'none');

describe('the folder of objects', () => {
  it('is private, and what is in it is not built again', async () => {
    const cacheFolder = join(folder, 'kept');
    expect(await doubled(cacheFolder)).toEqual([2, 4, 6, 8]);
    expect(statSync(cacheFolder).mode & 0o777).toBe(0o700);
    const { ino } = statSync(objectIn(cacheFolder));
    expect(await doubled(cacheFolder)).toEqual([2, 4, 6, 8]);
    expect(statSync(objectIn(cacheFolder)).ino).toBe(ino);
    expect(readdirSync(cacheFolder).filter((name) => !/^[0-9a-f]{64}\.(so|sha256)$/.test(name))).toEqual([]);
  });

  it.each([
    ['garbled', (path: string) => writeFileSync(path, readFileSync(path).reverse())],
    ['cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 100))],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['writable by others', (path: string) => chmodSync(path, 0o722)],
  ])('builds anew what is %s', async (name, spoil) => {
    const cacheFolder = join(folder, name.replaceAll(' ', '-'));
    await doubled(cacheFolder);
    const path = objectIn(cacheFolder);
    const { ino } = statSync(path);
    spoil(path);
    expect(await doubled(cacheFolder)).toEqual([2, 4, 6, 8]);
    expect(statSync(path).ino).not.toBe(ino);
    expect(statSync(path).mode & 0o022).toBe(0);
  });

  it('does not follow a link to an object elsewhere', async () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    await doubled(from);
    mkdirSync(to, { mode: 0o700 });
    for (const name of readdirSync(from)) symlinkSync(join(from, name), join(to, name));
    expect(await doubled(to)).toEqual([2, 4, 6, 8]);
    expect(statSync(objectIn(to)).ino).not.toBe(statSync(objectIn(from)).ino);
  });

  it('says so when it cannot be had', async () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, '');
    await expect(native({ cacheFolder: path })).rejects.toMatchObject({ code: 'file' });
    await expect(native({ cacheFolder: path })).rejects.toThrow(
      /Name a folder of your own: native\(\{ cacheFolder \}\)/,
    );
  });
});

describe('the compiler', () => {
  it.each(['/nowhere/cc', 'gcc -O3', 'gcc; touch /tmp/rheo-injected', '/bin/false'])('%s is refused', async (cc) => {
    await expect(search(cc)).rejects.toMatchObject({ code: 'capability' });
    await expect(search(cc)).rejects.toThrow(/CC.*Set CC to the path of gcc or clang/);
  });
});

it('gives no name a way out of its comment', async () => {
  const backend = await native({ cacheFolder: join(folder, 'names') });
  const text = `*/ int system(const char *); int x = system("touch /tmp/rheo-injected"); /*\\\n#error\u2028"`;
  const program = {
    ...double,
    instructions: double.instructions.map((instruction) => ({
      ...instruction,
      metadata: { name: text, layer: `model/${text}` },
    })),
  };
  const source = await backend.source(program);
  expect(source.split('/*').length).toBe(source.split('*/').length);
  expect(source).not.toMatch(/^#error/m);
  const executable = await backend.compile(program);
  const [y] = executable.run([backend.upload(Float32Array.of(1, 2, 3, 4), tensorType('f32', [4]))]);
  expect(y === undefined ? [] : Array.from(backend.readSync(y))).toEqual([2, 4, 6, 8]);
  await backend.dispose();
});
