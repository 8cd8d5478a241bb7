/** `profile` from the command line to the table, the JSON and the page; and the flame picture of a made-up tree. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileEntry } from '@rheo/ir';
import { cfc, forwardFill, initialise, linear, sequential } from '@rheo/layers';
import { toCheckpoint } from '@rheo/train';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flamePicture } from '../src/pictures/flame.ts';
import { shareOfPeak } from '../src/profile/measure-peaks.ts';
import { profileTable } from '../src/profile/profile-table.ts';
import { outsideLayers, profileTree } from '../src/profile/profile-tree.ts';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-profile-'));
const features = 3;
const model = sequential([forwardFill(), cfc({ units: 4, backboneUnits: 3 }), linear(2)]);

beforeAll(() => {
  const parameters = initialise(model, { features, seed: 5 });
  writeFileSync(join(folder, 'm.safetensors'), toCheckpoint({ model, features, parameters }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (kernel: string, seconds: number, rest: Partial<ProfileEntry> = {}): ProfileEntry => ({
  kernel,
  detail: '2×3',
  loops: [],
  calls: 1,
  seconds,
  flops: 0,
  functions: 0,
  bytes: 0,
  ...rest,
});
const scan = (id: number) => ({ id, name: 'scan', iterations: 5 });
const entries = [
  entry('pack dot', 1, { layer: '0' }),
  entry('product dot', 4, { layer: '0', loops: [scan(0)] }),
  entry('map <add>', 2, { layer: '0', loops: [scan(0)] }),
  entry('product dot', 2, { layer: '0', loops: [scan(1)] }),
  entry('map sub', 1),
];
const profile = { seconds: 10, timedSeconds: 11, runs: 3, entries };
const peaks = { flops: 100, functions: 10, cacheBytes: 50, memoryBytes: 5 };

it('nests kernels in loops in layers, and keeps two loops of one name apart', () => {
  const tree = profileTree(profile);
  expect(tree.seconds).toBe(10);
  expect(tree.children.map(({ name, seconds }) => [name, seconds])).toEqual([
    ['layer 0', 9],
    [outsideLayers, 1],
  ]);
  expect(tree.children[0]?.children.map(({ name, seconds }) => [name, seconds])).toEqual([
    ['pack dot 2×3', 1],
    ['scan ×5', 6],
    ['scan ×5', 2],
  ]);
});

it('draws boxes as wide as their time, below what they are part of', () => {
  const { document } = parseHTML(`<body>${flamePicture(profileTree(profile), 1000)}</body>`);
  const boxes = [...document.querySelectorAll('g')].map((group) => ({
    title: group.querySelector('title')?.textContent ?? '',
    x: Number(group.querySelector('rect')?.getAttribute('x')),
    y: Number(group.querySelector('rect')?.getAttribute('y')),
    width: Number(group.querySelector('rect')?.getAttribute('width')),
  }));
  const find = (text: string) => boxes.find(({ title }) => title.startsWith(text));
  expect(find('run')).toMatchObject({ x: 0, y: 0, width: 999.5 });
  expect(find('layer 0')).toMatchObject({ x: 0, width: 899.5 });
  expect(find('product dot')).toMatchObject({ x: 100, width: 399.5 });
  expect(find('map <add>')).toMatchObject({ x: 500, width: 199.5 });
  expect(find('product dot')?.y).toBeGreaterThan(find('layer 0')?.y ?? 0);
  expect(find(outsideLayers)).toMatchObject({ x: 900, width: 99.5 });
});

it('compares a kernel with what bounds it: arithmetic and functions, or bytes', () => {
  expect(shareOfPeak(entry('a', 2, { flops: 100 }), peaks)).toBeCloseTo(0.5, 12);
  expect(shareOfPeak(entry('b', 4, { flops: 100, functions: 10 }), peaks)).toBeCloseTo(0.5, 12);
  expect(shareOfPeak(entry('c', 4, { flops: 100, bytes: 150 }), peaks)).toBeCloseTo(0.75, 12);
});

it('lists what takes longest first, within the width', () => {
  for (const width of [44, 80, 160]) {
    const lines = profileTable(profile, peaks, width);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
    const kernels = lines.filter((line) => /^ *\d+\.\d %/.test(line));
    expect(kernels[0]).toMatch(/^40\.0 %/);
    expect(kernels).toHaveLength(entries.length);
    // Where it is narrow, names stand below the figures, whole.
    if (width < 72) for (const { kernel, detail } of entries) expect(lines.join(' ')).toContain(`${kernel} ${detail}`);
  }
});

it('profiles a forward pass: a line for each kernel', async () => {
  const { code, out, err } = await rheo(folder, ['profile', 'm.safetensors', '--batch', '2', '--steps', '3']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('a forward pass, batch 2, 3 steps, wasm, one thread');
  expect(out).toMatch(/peak here +[\d.]+ GFLOP\/s/);
  expect(out).toMatch(/ product dot 2×3×\d/);
}, 120_000);

it('profiles a training step as JSON, with a page that loads nothing', async () => {
  const args = ['profile', 'm.safetensors', '--batch', '2', '--steps', '3', '--train', '--json', '--html', 'p.html'];
  const { code, out, err } = await rheo(folder, args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const result = JSON.parse(out);
  expect(result).toMatchObject({ event: 'result', mode: 'train', backend: 'wasm', batch: 2, steps: 3, html: 'p.html' });
  const products = result.kernels.filter(({ kernel }: ProfileEntry) => kernel.startsWith('product'));
  // Backward products stand in a loop of their own.
  expect(new Set(products.flatMap(({ loops }: ProfileEntry) => loops.map(({ id }) => id))).size).toBe(2);
  for (const { calls, flops, of_peak } of products) {
    expect(calls).toBeGreaterThan(0);
    expect(flops).toBeGreaterThan(0);
    expect(of_peak).toBeGreaterThan(0);
  }
  const html = readFileSync(join(folder, 'p.html'), 'utf8');
  expect(html).not.toMatch(/<script|src=|href=/);
  expect(parseHTML(html).document.querySelectorAll('svg')).toHaveLength(2);
}, 120_000);

it('says what to do where it cannot', async () => {
  const other = await rheo(folder, ['profile', 'm.safetensors', '--backend', 'reference']);
  expect(other.code).toBe(1);
  expect(other.err).toMatch(/reference cannot tell.*--backend wasm/s);
  const over = await rheo(folder, ['profile', 'm.safetensors', '--html', 'm.safetensors']);
  expect(over.code).toBe(2);
  expect(over.err).toContain('--html');
  const none = await rheo(folder, ['profile', 'm.safetensors', '--batch', '0']);
  expect(none.code).toBe(2);
}, 120_000);

it('the README names every option', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const { out } = await rheo(folder, ['profile', '--help']);
  const options = [...out.matchAll(/--[a-z]+/g)].map(([option]) => option);
  expect(options).toContain('--html');
  for (const option of options) if (option !== '--help') expect(readme).toContain(option);
});
