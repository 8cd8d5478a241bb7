/** The example of the README is the one that runs here, and prints what it says. */
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it('the example of the README runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  expect(printed).toHaveLength(3);
  expect(readme).toContain(printed.join('\n'));
});
