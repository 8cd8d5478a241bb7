import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readZip } from '../src/index.ts';
import { readBytes, readWalker2d, writeBytes } from '../src/node.ts';
import { dataErrorOf } from './data-error.ts';

const sample = fileURLToPath(new URL('../../../apps/quickstart/data/walker2d-sample.zip', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rheo-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('files', () => {
  it('are written whole, over an older file, into new folders', async () => {
    const path = join(folder, 'new', 'deep', 'file.bin');
    await writeBytes(path, Uint8Array.of(1, 2, 3));
    await writeBytes(path, Uint8Array.of(4));
    expect(await readBytes(path)).toEqual(Uint8Array.of(4));
    await writeBytes(path, 'text ✓');
    expect(new TextDecoder().decode(await readBytes(path))).toBe('text ✓');
    expect(await readdir(join(folder, 'new', 'deep'))).toEqual(['file.bin']);
  });

  it('that are missing or folders are named', async () => {
    const missing = await dataErrorOf(readBytes(join(folder, 'none.npy')));
    expect([missing.code, missing.details.file]).toEqual(['file', join(folder, 'none.npy')]);
    expect(missing.message).toContain('does not exist');
    expect((await dataErrorOf(readBytes(folder))).message).toContain('EISDIR');
    expect((await dataErrorOf(readWalker2d(join(folder, 'none.zip')))).code).toBe('file');
  });

  it('leave nothing behind when writing fails', async () => {
    const target = join(folder, 'taken');
    await mkdir(join(target, 'inside'), { recursive: true });
    const error = await dataErrorOf(writeBytes(target, Uint8Array.of(1)));
    expect([error.code, error.details.file]).toEqual(['file', target]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    await writeFile(join(folder, 'plain'), 'x');
    expect((await dataErrorOf(writeBytes(join(folder, 'plain', 'below'), 'x'))).code).toBe('file');
  });
});

describe('readWalker2d', () => {
  it('reads the archive and a folder of its files alike', async () => {
    const rollouts = join(folder, 'walker');
    for (const { name, data } of readZip(await readBytes(sample))) await writeBytes(join(folder, name), data);
    const fromFolder = await readWalker2d(rollouts);
    const fromArchive = await readWalker2d(sample);
    for (const part of ['train', 'validation', 'test'] as const) {
      const [a, b] = [fromFolder[part].values, fromArchive[part].values];
      expect(Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer))).toBe(0);
    }
  });

  it('refuses a folder without rollouts, and a file of another kind', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect((await dataErrorOf(readWalker2d(empty))).message).toContain('no .npy file');
    await writeFile(join(empty, 'data.csv'), 'a,b\n');
    const error = await dataErrorOf(readWalker2d(join(empty, 'data.csv')));
    expect([error.code, error.details.file]).toEqual(['format', join(empty, 'data.csv')]);
  });
});
