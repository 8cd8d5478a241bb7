import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { attributeKinds } from '../src/attribute-kinds.ts';
import { ops } from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => block);

afterEach(() => void vi.restoreAllMocks());

test('the table has every op once, in order, with its attributes', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| ([^|]*) \|/gm)].map(([, op, takes]) => ({
    op,
    attributes: /\{(.*)\}/.exec(takes ?? '')?.[1]?.split(', ') ?? [],
  }));
  expect(rows).toEqual(ops.map((op) => ({ op, attributes: Object.keys(attributeKinds[op]) })));
  expect(readme).toMatch(`### The ${ops.length} ops`);
});

test('the example is one that runs, and prints what is said', async () => {
  expect(blocks[0]).toBe(readFileSync(new URL('./readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.ts');
  const [printed, same, evaluated, last, states] = log.mock.calls;
  expect(`${printed?.[0]}\n`).toBe(blocks[1]);
  expect(same).toEqual([true]);
  expect(evaluated).toEqual([Float64Array.of(0.875, 1.75), Float64Array.of(0.5, 1, 0.75, 1.5, 0.875, 1.75)]);
  expect(last).toEqual([{ dtype: 'f32', shape: [2] }, Float32Array.of(0.75, 1.5)]);
  expect(states?.[1]).toEqual(Float32Array.of(0.5, 1, 0.75, 1.5));
});
