import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const cache = temporaryFolder();
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README runs', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const [y] = log.mock.calls.map(([printed]) => Array.from(printed as Float32Array));
  log.mockRestore();
  vi.unstubAllEnvs();
  for (const [index, sum] of [2, 2, 0].entries()) expect(y?.[index]).toBeCloseTo(Math.tanh(sum), 6);
});
