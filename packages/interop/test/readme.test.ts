/** The examples of the README are those that run here, and print what it says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importNcps } from '@rheo/interop';
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

it('the example of the C export runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(new URL('readme-export-c.ts', import.meta.url), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'rheo-readme-'));
  const back = process.cwd();
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  process.chdir(folder);
  await import('./readme-export-c.ts').finally(() => process.chdir(back));
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  expect(readFileSync(join(folder, 'gait.h'), 'utf8')).toContain(
    'void gait_step(gait_state *state, const float *input, float dt, float *output);',
  );
  rmSync(folder, { recursive: true });
  expect(printed).toHaveLength(1);
  expect(readme).toContain(printed.join('\n'));
});

it('the example of the PyTorch export runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(new URL('readme-export-torch.ts', import.meta.url), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'rheo-readme-'));
  const back = process.cwd();
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  process.chdir(folder);
  await import('./readme-export-torch.ts').finally(() => process.chdir(back));
  const printed = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  const imported = importNcps(
    { name: 'rnn.pt', bytes: readFileSync(join(folder, 'rnn.pt')) },
    JSON.parse(readFileSync(join(folder, 'rnn.json'), 'utf8')),
  );
  expect(imported.report).toMatchObject({ family: 'ncps-torch', features: 5, outputs: 4, notes: [] });
  rmSync(folder, { recursive: true });
  expect(printed).toHaveLength(1);
  expect(readme).toContain(printed.join('\n'));
});
