import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README runs, and learns', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const [[line = ''] = []] = log.mock.calls as string[][];
  log.mockRestore();
  expect(line).toMatch(/on tfjs\/cpu$/);
  // The variance of the targets is one half.
  expect(Number(/loss ([\d.]+)/.exec(line)?.[1])).toBeLessThan(0.25);
});
