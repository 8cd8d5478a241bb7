import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README runs and prints what the README shows', async () => {
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const [printed] = log.mock.calls.map(([text]) => String(text).trim());
  log.mockRestore();
  expect(printed).toContain('f32[32,8] = tanh(%0)');
  expect(readme).toContain(printed);
});
