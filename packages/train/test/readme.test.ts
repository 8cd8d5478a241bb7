import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it.each([
  ['readme-example.ts', 4, () => import('./readme-example.ts')],
  ['readme-resume-example.ts', 2, () => import('./readme-resume-example.ts')],
])('%s is what the README shows, and prints what it says', async (file, lines, run) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await run();
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  expect(readme).toContain(readFileSync(new URL(file, import.meta.url), 'utf8'));
  expect(printed.length).toBe(lines);
  expect(readme).toContain(printed.join('\n'));
});
