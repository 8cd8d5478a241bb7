/** `--backend`: every engine trains the same model, and names and engines that are not there are answered precisely. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendNames, readBackendName } from '../src/backends/backend-name.ts';
import { createBackend } from '../src/backends.ts';
import { rheo } from './collect.ts';
import { tinyWalker } from './tiny-walker.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-backends-'));
const train = ['train', 'walker2d', '--data', 'walker.zip', '--recipe', 'sample', '--json'];

interface Line {
  readonly event: string;
  readonly backend?: string;
  readonly loss?: number;
  readonly validation_loss?: number;
  readonly test_mse?: number;
  readonly text?: string;
  readonly stopped?: boolean;
}
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

beforeAll(() => writeFileSync(join(folder, 'walker.zip'), tinyWalker()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('training', () => {
  let wasm: readonly Line[] = [];
  beforeAll(async () => {
    const { code, out } = await rheo(folder, [...train, '--epochs', '3', '--out', 'wasm']);
    expect(code).toBe(0);
    wasm = lines(out);
  }, 120_000);

  it.each([
    ['onnx:cpu', 'onnx/node-cpu'],
    ['onnx-web', 'onnx/web-wasm'],
    ['tfjs:cpu', 'tfjs/cpu'],
    ['tfjs:wasm', 'tfjs/wasm'],
  ])(
    'on %s gives the losses of wasm, epoch by epoch',
    async (name, backend) => {
      const out = name.replace(':', '-');
      const run = await rheo(folder, [...train, '--epochs', '3', '--out', out, '--backend', name]);
      expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' });
      const events = lines(run.out);
      expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'note', 'result']);
      expect(events[0]?.backend).toBe(backend);
      expect(events[4]?.text).toBe(`The streaming step is timed on wasm, not on ${backend}.`);
      for (const epoch of [1, 2, 3]) {
        for (const key of ['loss', 'validation_loss'] as const) {
          expect(Math.abs((events[epoch]?.[key] ?? Number.NaN) / (wasm[epoch]?.[key] ?? 0) - 1)).toBeLessThan(1e-5);
        }
      }
      expect(Math.abs((events[5]?.test_mse ?? Number.NaN) / (wasm.at(-1)?.test_mse ?? 0) - 1)).toBeLessThan(1e-5);
      const evaluated = await rheo(folder, ['evaluate', `${out}/model.safetensors`, '--backend', name, '--json']);
      expect(lines(evaluated.out)[0]).toMatchObject({ as_printed_at_training: true, test_mse: events[5]?.test_mse });
    },
    120_000,
  );

  it.each(['onnx', 'tfjs:wasm'])(
    'on %s hears an interruption and keeps what was learnt',
    async (name) => {
      const controller = new AbortController();
      const late = `late-${name.replace(':', '-')}`;
      const args = [...train, '--epochs', '100000', '--out', late, '--backend', name];
      const run = rheo(folder, args, controller.signal);
      const metrics = join(folder, `.${late}.part`, 'metrics.jsonl');
      while (!(existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"epoch"'))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.abort();
      const { code, out } = await run;
      expect(code).toBe(130);
      expect(lines(out).at(-1)).toMatchObject({ event: 'result', stopped: true });
      expect(existsSync(join(folder, late, 'model.safetensors'))).toBe(true);
    },
    120_000,
  );

  it('on two threads gives the bits of one', async () => {
    const run = await rheo(folder, [...train, '--epochs', '3', '--out', 'threads', '--backend', 'wasm:2']);
    expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' });
    const events = lines(run.out);
    expect(events[0]?.backend).toBe('wasm×2');
    const figures = (list: readonly Line[]) =>
      list.flatMap(({ event, loss, validation_loss, test_mse }) =>
        event === 'epoch' || event === 'result' ? [loss, validation_loss, test_mse] : [],
      );
    expect(figures(events)).toEqual(figures(wasm));
    const model = (out: string) => readFileSync(join(folder, out, 'model.safetensors'));
    expect(model('threads').equals(model('wasm'))).toBe(true);
  }, 120_000);

  it('on an engine that is not there leaves nothing', async () => {
    const { code, err } = await rheo(folder, [...train, '--out', 'none', '--backend', 'onnx:nothing']);
    expect(code).toBe(1);
    expect(err).toMatch(/^@rheo\/backend-onnx: onnxruntime-node .* does not run provider "nothing".*Choose one of cpu/);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  }, 60_000);
});

it('predicts the same on onnx as on wasm, within the rounding of float32', async () => {
  const rows = Array.from({ length: 12 }, (_, t) => Array.from({ length: 17 }, (_, f) => Math.sin(t + f)).join());
  const header = Array.from({ length: 17 }, (_, f) => `v${f}`).join();
  writeFileSync(join(folder, 'own.csv'), [header, ...rows].join('\n'));
  const tables = [];
  for (const name of ['wasm', 'onnx']) {
    const args = ['predict', 'wasm/model.safetensors', '--data', 'own.csv', '--out', '-', '--backend', name];
    const { code, out } = await rheo(folder, args);
    expect(code).toBe(0);
    tables.push(out.trim().split(/[\n,]/).map(Number));
  }
  const [wasm = [], onnx = []] = tables;
  expect(onnx).toHaveLength(wasm.length);
  for (const [index, value] of wasm.entries()) {
    if (!Number.isNaN(value)) expect(Math.abs((onnx[index] ?? Number.NaN) - value)).toBeLessThan(1e-5);
  }
}, 60_000);

describe('names', () => {
  it('mean the first place where none is named', () => {
    expect(readBackendName('onnx')).toEqual({ family: 'onnx', place: 'cpu', full: 'onnx:cpu' });
    expect(readBackendName('onnx-web').full).toBe('onnx-web:wasm');
    expect(readBackendName('tfjs').full).toBe('tfjs:cpu');
    expect(readBackendName('wasm')).toEqual({ family: 'wasm', place: '', full: 'wasm' });
    expect(readBackendName('onnx:qnn').full).toBe('onnx:qnn');
    expect(readBackendName('wasm:2')).toEqual({ family: 'wasm', place: '2', full: 'wasm:2' });
    expect(readBackendName('wasm:auto').place).toBe('auto');
    for (const name of backendNames) expect(readBackendName(name).full).toBe(name);
  });

  it.each([
    ['wasn', 'Did you mean wasm?'],
    ['onx', 'Did you mean onnx:cpu?'],
    ['onnx/node-cpu', 'Did you mean onnx:cpu?'],
    ['cuda', 'Did you mean onnx:cuda?'],
    ['onnx:', 'Did you mean onnx:cpu?'],
    ['wasm:simd', 'Did you mean wasm?'],
    ['wasm:0', 'There are wasm, wasm:THREADS, '],
    ['wasm:', 'Did you mean wasm?'],
    ['onnx-web:wsam', 'Did you mean onnx-web:wasm?'],
    ['tfjs/wasm', 'Did you mean tfjs:wasm?'],
    ['tensorflow', 'Did you mean tfjs:tensorflow?'],
    ['pytorch', 'rheo doctor says what is installed'],
  ])('that are misspelt are answered: %s', async (name, answer) => {
    const { code, out, err } = await rheo(folder, [...train, '--backend', name]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`there is no backend "${name}" (--backend)`);
    expect(err).toContain(answer);
  });

  it('have no suggestion where nothing is near', () => {
    expect(() => readBackendName('pytorch')).not.toThrow(/Did you mean/);
    expect(() => readBackendName('')).not.toThrow(/Did you mean/);
  });

  it.each([
    ['onnx-web:webgpu', 'webgpu', 'onnx-web:wasm'],
    ['tfjs:webgl', 'webgl', 'tfjs:cpu, tfjs:wasm, tfjs:tensorflow'],
    ['tfjs:webgpu', 'webgpu', 'tfjs:cpu, tfjs:wasm, tfjs:tensorflow'],
  ])('of what only pages have are refused, with what there is: %s', async (name, place, here) => {
    const { code, err } = await rheo(folder, [...train, '--backend', name]);
    expect(code).toBe(1);
    expect(err).toContain(`${name} computes in pages; there is no ${place} for it in Node (--backend)`);
    expect(err).toContain(`use one of ${here} here`);
  });
});

describe('an engine in the current folder', () => {
  const own = join(folder, 'own');
  const put = (name: string, version: string, code: string) => {
    const target = join(own, 'node_modules', name);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, main: 'main.js' }));
    writeFileSync(join(target, 'main.js'), code);
  };

  it('counts before the one beside the command', async () => {
    const names = "[{ name: 'abacus' }]";
    const parts =
      'InferenceSession: { create: async () => ({}) }, Tensor: class {}, env: { versions: { node: "9.9.9" } }';
    put('onnxruntime-node', '9.9.9', `module.exports = { ${parts}, listSupportedBackends: () => ${names} };`);
    await expect(createBackend('onnx:cpu', own)).rejects.toMatchObject({ code: 'capability' });
    await expect(createBackend('onnx:cpu', own)).rejects.toThrow('onnxruntime-node 9.9.9 does not run provider "cpu"');
    await expect(createBackend('onnx:cpu', own)).rejects.toThrow('Choose one of abacus');
  });

  it('that does not load is named with its file and its reason, and nothing takes its place', async () => {
    put('onnxruntime-web', '1.2.3', "throw new Error('GLIBC_9 not found\\nand more');");
    await expect(createBackend('onnx-web', own)).rejects.toMatchObject({ code: 'capability' });
    await expect(createBackend('onnx-web', own)).rejects.toThrow(
      /needs onnxruntime-web, and version 1\.2\.3 in .*main\.js does not load: GLIBC_9 not found \(--backend\)/,
    );
  });
});
