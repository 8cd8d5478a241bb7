/** The command as it is installed from a registry: there is no sample beside it. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { rheo } from './collect.ts';

vi.mock('../src/sample.ts', () => ({ bundledSample: () => undefined }));

it('says where to get the data, and makes no folder', async () => {
  const before = readdirSync(tmpdir());
  const { code, out, err } = await rheo(tmpdir(), ['train', 'walker2d', '--out', 'rheo-no-data']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('walker2d needs its data (--data). Get walker.zip');
  expect(err).toContain('github.com/raminmh/CfC');
  expect(readdirSync(tmpdir()).filter((name) => /rheo-no-data/.test(name) && !before.includes(name))).toEqual([]);
});
