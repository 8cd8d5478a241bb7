import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import * as core from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README is the one that runs here, and gives a gradient', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const printed = log.mock.calls.map(([, data]) => Array.from(data as Float32Array));
  const shapes = log.mock.calls.map(([shape]) => shape as unknown);
  log.mockRestore();
  expect(shapes).toEqual([[], [1, 2], [2, 2]]);
  // The same loss by hand, and its slope by the first weight.
  const loss = (first: number): number => {
    let [a, b] = [0, 0];
    for (const x of [1, 2, 3]) {
      [a, b] = [Math.tanh(x * first + 0.1 * a + 0.3 * b), Math.tanh(x * -0.5 + 0.2 * a + 0.4 * b)];
    }
    return ((a - 1) ** 2 + (b + 1) ** 2) / 2;
  };
  expect(printed[0]?.[0]).toBeCloseTo(loss(0.5), 6);
  expect(printed[1]?.[0]).toBeCloseTo((loss(0.5 + 1e-5) - loss(0.5 - 1e-5)) / 2e-5, 6);
});

it('the README names functions that exist', () => {
  const table = readme.slice(readme.indexOf('| elementwise'), readme.indexOf('Bodies of loops'));
  const names = [...table.matchAll(/`([\w ]+)`/g)].flatMap(([, list]) => (list ?? '').split(' '));
  expect(names.length).toBeGreaterThan(50);
  for (const name of names) expect(core, name).toHaveProperty(name);
});
