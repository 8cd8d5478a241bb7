/** The command as it is installed from a registry, in folders that hold no engine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cfc, initialise, sequential } from '@rheo/layers';
import { toCheckpoint } from '@rheo/train';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createBackend } from '../src/backends.ts';
import { rheo } from './collect.ts';

vi.mock('../src/backends/engine-places.ts', () => ({
  enginePlaces: (folder: string) => [join(folder, 'package.json')],
}));

const folder = mkdtempSync(join(tmpdir(), 'rheo-no-engines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('exports ONNX only unverified, and says so', async () => {
  const model = sequential([cfc({ units: 3, backboneUnits: 4 })]);
  const parameters = initialise(model, { features: 2, seed: 1 });
  writeFileSync(join(folder, 'm.safetensors'), toCheckpoint({ model, features: 2, parameters }));
  const { code, err } = await rheo(folder, ['export', 'm.safetensors', '--format', 'onnx']);
  expect(code).toBe(1);
  expect(err).toMatch(/Run: npm install onnxruntime-node\. Or write it as it is, with --unverified/);
  expect(existsSync(join(folder, 'm.onnx'))).toBe(false);
  const { code: second, out } = await rheo(folder, ['export', 'm.safetensors', '--format', 'onnx', '--unverified']);
  expect(second).toBe(0);
  expect(out).toContain('--unverified was given');
  expect(existsSync(join(folder, 'm.onnx'))).toBe(true);
});

describe('an engine that is not installed', () => {
  it.each([
    ['onnx', 'onnx:cpu', ['onnxruntime-node']],
    ['onnx:cuda', 'onnx:cuda', ['onnxruntime-node']],
    ['onnx-web:wasm', 'onnx-web:wasm', ['onnxruntime-web']],
    ['tfjs:cpu', 'tfjs:cpu', ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']],
    ['tfjs:wasm', 'tfjs:wasm', ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm']],
    ['tfjs:tensorflow', 'tfjs:tensorflow', ['@tensorflow/tfjs-node']],
  ])('%s: says what to install, and leaves nothing', async (name, full, packages) => {
    const { code, out, err } = await rheo(folder, ['train', 'walker2d', '--out', 'run', '--backend', name]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const needed =
      packages.length === 1 ? `package ${packages[0]}, which is` : `packages ${packages.join(', ')}, which are`;
    expect(err).toBe(
      `@rheo/cli: the backend ${full} needs the ${needed} not installed (--backend). Run: npm install ${packages.join(' ')}\n`,
    );
    await expect(createBackend(name, folder)).rejects.toMatchObject({ code: 'capability' });
  });

  it.each([
    ['pnpm-lock.yaml', 'pnpm add onnxruntime-node'],
    ['yarn.lock', 'yarn add onnxruntime-node'],
    ['bun.lock', 'bun add onnxruntime-node'],
    ['package-lock.json', 'npm install onnxruntime-node'],
  ])('beside or below %s: %s', async (lockfile, command) => {
    const project = join(folder, lockfile.replace('.', '-'));
    mkdirSync(join(project, 'below'), { recursive: true });
    writeFileSync(join(project, lockfile), '');
    await expect(createBackend('onnx', project)).rejects.toThrow(`Run: ${command}`);
    await expect(createBackend('onnx', join(project, 'below'))).rejects.toThrow(`Run: ${command}`);
  });
});

it('rheo doctor says what works, and for everything else what to install', async () => {
  const { code, out, err } = await rheo(folder, ['doctor']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^ok +wasm +generated WebAssembly/m);
  expect(out).toMatch(/^ok +reference/m);
  expect(out).toMatch(/^missing +onnx:cpu .*\n +\$ npm install onnxruntime-node\n/m);
  expect(out).toMatch(/^missing +onnx-web:wasm .*\n(?: +[^$\n]+\n)* +\$ npm install onnxruntime-web\n/m);
  expect(out).toContain('$ npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm\n');
  expect(out).toMatch(/^in pages +tfjs:webgl/m);
  // Providers are the engine's to tell.
  expect(out).not.toContain('onnx:cuda');
  // The C compiler is the machine's, no package.
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(/All that is installed works: wasm, (native, )?reference\./);
}, 60_000);
