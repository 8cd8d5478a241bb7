/** The one thing that makes `rheo doctor` fail: the default backend does not work. */
import { tmpdir } from 'node:os';
import { RheoError } from '@rheo/ir';
import { expect, it, vi } from 'vitest';
import { rheo } from './collect.ts';

vi.mock('@rheo/backend-wasm', () => ({
  wasm: async () => {
    throw new RheoError('capability', {
      from: '@rheo/backend-wasm',
      what: 'this engine has no WebAssembly with 128-bit SIMD',
      remedy: 'Use Node 16 or newer',
    });
  },
}));

it('ends with 1 and says so', async () => {
  const { code, out } = await rheo(tmpdir(), ['doctor']);
  expect(code).toBe(1);
  const text = out.replaceAll(/\s+/g, ' ');
  expect(text).toContain('failed wasm this engine has no WebAssembly with 128-bit SIMD Use Node 16 or newer');
  expect(text).toContain('ok reference');
  expect(text).toContain('The default backend wasm does not work; see above.');
  const json = await rheo(tmpdir(), ['doctor', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false });
}, 60_000);
