/**
 * docs/backends.md is made of records, and still names the engines and skips that the tests have. Nothing is run anew here:
 * the test files are loaded with a `testBackend` that only keeps what it is told.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestBackendOptions } from '@rheo/conformance';
import { cases, skipReasons } from '@rheo/conformance';
import { expect, test, vi } from 'vitest';
import type { ConformanceRecord } from '../vitest/conformance-reporter.ts';
import { backendsDocument, documentPath, escaped } from './document.ts';
import { conformanceFiles, root } from './test-files.ts';

const told: TestBackendOptions[] = vi.hoisted(() => []);

vi.mock('@rheo/conformance', async (original) => ({
  ...(await original<object>()),
  testBackend: (options: TestBackendOptions) => told.push(options),
}));

/** Reasons with numbers of cases, as one line of text. */
type Skips = string;

function skipsOf(counts: ReadonlyMap<string, number>): Skips {
  return JSON.stringify([...counts].sort());
}

/** Skips of each call of `testBackend` in a file. */
async function skipsInCode(file: string): Promise<Skips[]> {
  told.length = 0;
  await import(pathToFileURL(join(root, file)).href);
  return told.map(({ skip = [], cases: own = cases }) => {
    const counts = new Map<string, number>();
    for (const reason of skipReasons(own, skip).values()) {
      const text = escaped(reason);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return skipsOf(counts);
  });
}

/** Skips of each engine that the document has, by the file of its test. */
function skipsInDocument(text: string): Map<string, Skips[]> {
  const [, matrix = '', skips = ''] = /## What passes\n(.*)## What is skipped\n(.*?)\n## /s.exec(text) ?? [];
  const counts = new Map<string, Map<string, number>>();
  for (const [, reason = '', engines = ''] of skips.matchAll(/^\| (.*) \| ([^|]*: \d+) \|$/gm)) {
    for (const [, label = '', count = ''] of engines.matchAll(/([^;]+): (\d+)(?:; )?/g)) {
      const own = counts.get(label) ?? new Map<string, number>();
      counts.set(label, own.set(reason, Number(count)));
    }
  }
  const found = new Map<string, Skips[]>();
  for (const [, label = '', file = ''] of matrix.matchAll(/^\| ([^|]*) \|.*\[test\]\(\.\.\/(.*)\) \|$/gm)) {
    found.set(file, [...(found.get(file) ?? []), skipsOf(counts.get(label) ?? new Map())]);
  }
  return found;
}

test('the document has every engine, and its skips are those of the code', async () => {
  const documented = skipsInDocument(readFileSync(join(root, documentPath), 'utf8'));
  const remedy = '`pnpm backends --write` makes docs/backends.md anew';
  expect([...documented.keys()].sort(), remedy).toEqual(conformanceFiles());
  for (const [file, skips] of documented) {
    expect(skips.sort(), `${file}: ${remedy}`).toEqual((await skipsInCode(file)).sort());
  }
}, 60_000);

const wasmFile = 'packages/backend-wasm/test/conformance.test.ts';
const record = (backend: string, id: string, rest: Partial<ConformanceRecord> = {}): ConformanceRecord => ({
  backend,
  where: 'Node',
  file: wasmFile,
  id,
  group: id.split('/')[0] ?? '',
  ok: true,
  skipped: false,
  ...rest,
});

test('records become a matrix, skips and accuracies', () => {
  const gpu = { where: 'Chromium', file: 'packages/backend-x/test/conformance.browser.test.ts' } as const;
  const records = [
    record('tfjs/webgl', 'op/erf/f32/3', { ...gpu, skipped: true, reason: 'erf is off by 4e-7 | everywhere' }),
    record('tfjs/webgl', 'op/tanh/f32/3', { ...gpu, ulps: 31234, worst: 0.5 }),
    record('wasm', 'op/tanh/f32/3', { ulps: 1.2345, worst: 0.3 }),
    record('wasm', 'op/neg/f32/3', { ulps: 0, worst: 0 }),
    record('wasm', 'dot/size/f32/3', { ulps: 2, worst: 0.1 }),
    record('wasm', 'law/order', { ok: false, reason: 'no' }),
  ];
  const text = backendsDocument(records, () => new Map([['Node', '20.0.0']]));
  const tables = text.split('\n').filter((line) => line.startsWith('|') || line.startsWith('Run with'));
  expect(tables).toEqual([
    'Run with Node 20.0.0. WebGL and WebGPU run on SwiftShader, the software device of Chromium.',
    '| engine | op | dot | law | from |',
    '| --- | --- | --- | --- | --- |',
    `| wasm, Node | 2 | 1 | 0, **1 failed** | [test](../${wasmFile}) |`,
    `| tfjs/webgl, Chromium | 1, 1 skipped | – | – | [test](../${gpu.file}) |`,
    '| reason | cases |',
    '| --- | --- |',
    '| erf is off by 4e-7 \\| everywhere | tfjs/webgl, Chromium: 1 |',
    '| op | wasm, Node | tfjs/webgl, Chromium |',
    '| --- | --- | --- |',
    '| `tanh` | 1.2 | 3.1e+4 |',
    '| `dot` | 2 | – |',
  ]);
  expect(skipsInDocument(text).get(gpu.file)).toEqual([JSON.stringify([['erf is off by 4e-7 \\| everywhere', 1]])]);
  expect(skipsInDocument(text).get(wasmFile)).toEqual(['[]']);
});
