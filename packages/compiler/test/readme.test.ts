import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README runs and prints what the README shows', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const [kernels, bytes, tiles] = log.mock.calls.map(([printed]) => printed as unknown);
  log.mockRestore();
  expect(readme).toContain(kernels);
  expect(bytes).toBe(512);
  expect(tiles).toEqual([16, 32, 8]);
});
