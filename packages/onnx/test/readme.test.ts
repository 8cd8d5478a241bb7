import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README runs', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const [printed] = log.mock.calls;
  log.mockRestore();
  expect(printed?.[0]).toEqual([2, 3]);
  const y = Array.from(printed?.[1] as Float32Array);
  for (const [index, sum] of [2, 2, 0, 0, 0, 0].entries()) expect(y[index]).toBeCloseTo(Math.tanh(sum), 6);
});
