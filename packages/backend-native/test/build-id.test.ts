/** Which build runs: told from the files, and not told at all where they might not be those that run. */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { BuildId } from '../src/toolchain/build-id.ts';
import { buildId, buildIdOf } from '../src/toolchain/build-id.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const later = Date.now() + 3_600_000;

/** A copy of the layout of packages: this one, which depends on a second, which depends on a third. */
function packages(name: string): string {
  const root = join(folder, name);
  const made: [string, string, string[]][] = [
    ['native', '@rheo/backend-native', ['@rheo/compiler', 'koffi']],
    ['compiler', '@rheo/compiler', ['@rheo/ir']],
    ['ir', '@rheo/ir', []],
  ];
  for (const [part, called, needed] of made) {
    for (const inner of ['src/deep', 'dist', 'node_modules/@rheo'])
      mkdirSync(join(root, part, inner), { recursive: true });
    const dependencies = Object.fromEntries(needed.map((each) => [each, '*']));
    writeFileSync(join(root, part, 'package.json'), JSON.stringify({ name: called, version: '1.0.0', dependencies }));
    for (const file of ['src/index.ts', 'src/deep/more.ts', 'dist/index.js', 'dist/index.d.ts'])
      writeFileSync(join(root, part, file), `export const part = '${part}';\n`);
    for (const each of needed.filter((called) => called.startsWith('@rheo/')))
      symlinkSync(join(root, each.slice(6)), join(root, part, 'node_modules', each));
  }
  return root;
}

const idOf = (root: string, module = 'native/src/deep/more.ts', began = later): BuildId =>
  buildIdOf(pathToFileURL(join(root, module)).href, began);

describe('the build', () => {
  it('is the same until a file of one of the packages changes', () => {
    const root = packages('changes');
    const { id: before } = idOf(root);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const seen = new Set([before]);
    const changes: [string, (path: string) => void][] = [
      ['native/src/index.ts', (path) => writeFileSync(path, 'other')],
      ['ir/src/deep/more.ts', (path) => writeFileSync(path, 'other')],
      ['compiler/package.json', (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('1.0.0', '1.0.1'))],
      ['compiler/src/new.ts', (path) => writeFileSync(path, '')],
      ['compiler/src/index.ts', unlinkSync],
    ];
    for (const [file, change] of changes) {
      expect(idOf(root).id).toBe([...seen].at(-1));
      change(join(root, file));
      seen.add(idOf(root).id);
    }
    expect(seen.size).toBe(changes.length + 1);
  });

  it('is another even when size and time of a file are those that it had', async () => {
    const root = packages('disguised');
    const { id: before } = idOf(root);
    const path = join(root, 'ir/src/index.ts');
    const { size, atime, mtime } = statSync(path);
    // Clocks of file systems tick in some milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(path, readFileSync(path, 'utf8').replace('part', 'trap'));
    utimesSync(path, atime, mtime);
    expect(statSync(path)).toMatchObject({ size, mtime });
    expect(idOf(root).id).not.toBe(before);
  });

  it('knows built files from sources', () => {
    const root = packages('built');
    const [built, source] = [idOf(root, 'native/dist/index.js'), idOf(root)];
    writeFileSync(join(root, 'native/dist/index.d.ts'), 'declarations do not run');
    expect(idOf(root, 'native/dist/index.js')).toEqual(built);
    writeFileSync(join(root, 'ir/dist/index.js'), 'other');
    expect(idOf(root, 'native/dist/index.js').id).not.toBe(built.id);
    expect(idOf(root)).toEqual(source);
  });
});

describe('no build is told', () => {
  it('of code that was bundled into another package, or lies in none', () => {
    const root = packages('bundled');
    expect(idOf(root, 'ir/src/index.ts')).toEqual({ unknown: 'the code is bundled' });
    writeFileSync(join(root, 'native/bundle.js'), '');
    expect(idOf(root, 'native/bundle.js')).toEqual({ unknown: 'the code is bundled' });
    expect(buildIdOf('data:text/javascript,', later).unknown).toMatch(/^its files cannot be read: /);
  });

  it('where a package is missing', () => {
    const root = packages('missing');
    unlinkSync(join(root, 'compiler/node_modules/@rheo/ir'));
    expect(idOf(root)).toEqual({ unknown: 'its files cannot be read: a package is missing' });
  });

  it('where a file may have changed after it was read', () => {
    const root = packages('edited');
    const { ctimeMs } = statSync(join(root, 'ir/src/index.ts'));
    expect(idOf(root, undefined, ctimeMs - 1000).unknown).toMatch(/\.(ts|json) has changed since this process began$/);
  });

  it('of code that a development server hands out, such as that of these tests', () => {
    expect(buildId()).toEqual({ unknown: 'a development server runs the code' });
  });
});

describe('processes', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL('compile-in-process.ts', import.meta.url));
  const cacheFolder = join(folder, 'processes');
  const run = async (): Promise<{ results: number[]; notes: string[] }> => {
    const args = ['--conditions=@rheo/source', `--import=${tsx}`, script, cacheFolder];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as { results: number[]; notes: string[] };
  };
  const written = (): string[] =>
    readdirSync(cacheFolder).map((name) => `${name} ${statSync(join(cacheFolder, name)).ino}`);

  it('that compile one Program at the same time agree, and the next finds what they built', async () => {
    const [one, two] = await Promise.all([run(), run()]);
    expect(two).toEqual(one);
    expect(one.results.every(Number.isFinite)).toBe(true);
    const after = written();
    expect(after.map((name) => name.replace(/^.*\.(\w+) .*$/, '$1')).sort()).toEqual(['plan', 'sha256', 'so']);
    expect(await run()).toEqual(one);
    // A plan that was not taken would have been written again.
    expect(written()).toEqual(after);
  }, 120_000);
});
