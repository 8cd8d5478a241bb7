/** The program on the first screen: the same in both READMEs, twelve lines, and it prints what they say. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, wasm } from 'rheo';
import { afterAll, expect, it, vi } from 'vitest';
import { sensorCsv } from './sensor-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-readme-'));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const readmes = ['../../../README.md', '../README.md'].map((path) =>
  readFileSync(new URL(path, import.meta.url), 'utf8'),
);
const program = readFileSync(new URL('root-example.ts', import.meta.url), 'utf8');

it('is in the READMEs as it runs here, twelve lines long', () => {
  for (const readme of readmes) expect(/^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1]).toBe(program);
  expect(program.split('\n').filter((line) => line !== '').length).toBe(12);
});

it('prints what they say, and leaves a model that loads', async () => {
  process.chdir(folder);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./root-example.ts');
  const printed = String(log.mock.calls[0]?.[0]);
  vi.restoreAllMocks();
  for (const readme of readmes) expect(readme).toContain(printed);
  const backend = await wasm();
  const fitted = load(new Uint8Array(readFileSync('model.safetensors')), { backend });
  expect(fitted.history.length).toBe(30);
  await backend.dispose();
});

it('the program for a table of your own is twelve lines long, and prints what the README says', async () => {
  const example = readFileSync(new URL('table-example.ts', import.meta.url), 'utf8');
  expect(readmes[1]).toContain(example);
  const worker = readFileSync(new URL('../../../apps/in-page/src/worker.ts', import.meta.url), 'utf8');
  expect(readmes[1]).toContain(worker);
  expect(worker.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(13);
  expect(example.split('\n').filter((line) => line !== '').length).toBe(12);
  process.chdir(folder);
  writeFileSync('sensors.csv', sensorCsv(240));
  writeFileSync('today.csv', sensorCsv(24, ['a'], 2400));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const progress = vi.spyOn(console, 'error').mockImplementation(() => {});
  await import('./table-example.ts');
  const printed = String(log.mock.calls[0]?.[0]);
  expect(progress.mock.calls.length).toBe(20);
  vi.restoreAllMocks();
  expect(readmes[1]).toContain(printed);
}, 120_000);

it('every link of the front page leads somewhere', () => {
  const root = new URL('../../../', import.meta.url);
  const [front = ''] = readmes;
  const links = [...front.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(12);
  for (const path of links) expect(existsSync(new URL(path, root)), path).toBe(true);
});
