import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it.each([
  ['readme-example.ts', () => import('./readme-example.ts'), 2],
  ['readme-table-example.ts', () => import('./readme-table-example.ts'), 13],
] as const)('%s of the README is the one that runs here, and prints what it says', async (file, run, lines) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await run();
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(new URL(file, import.meta.url), 'utf8'));
  expect(printed.length).toBe(lines);
  expect(readme).toContain(printed.join('\n'));
});
