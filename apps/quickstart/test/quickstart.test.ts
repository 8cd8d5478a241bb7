import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { quickstart } from '../src/quickstart.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([80, 40])(
  'trains, saves, streams, and fits %i columns',
  async (columns) => {
    const lines: string[] = [];
    const terminal = { out: { write: (text: string) => lines.push(text), columns }, err: { write: () => {} }, folder };
    const out = `run-${columns}`;
    expect(await quickstart({ epochs: 1, out }, terminal)).toBe(0);
    const text = lines.join('');
    for (const line of text.split('\n')) {
      // The command to type is one line, however long its path.
      if (!/^(Look at|Again)/.test(line)) expect(line.length).toBeLessThanOrEqual(columns);
    }
    expect(existsSync(join(folder, out, 'report.html'))).toBe(true);

    const result = JSON.parse(
      readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .at(-1) ?? '',
    );
    expect(result.test_mse).toBeLessThan(0.8 * result.baseline_mse);
    expect(text).toContain(result.test_mse.toFixed(4));

    // Ten streamed rows; time goes on by each gap.
    const rows = text.split('\n').flatMap((line) => (/^ +\d+ +\d+ +-?\d/.test(line) ? [line.trim().split(/ +/)] : []));
    const numbers = rows.map((row) => row.map(Number));
    expect(numbers.length).toBe(10);
    numbers.forEach(([time = 0, gap = 0], i) => {
      if (i > 0) expect(time - (numbers[i - 1]?.[0] ?? 0)).toBe(gap);
    });
  },
  60_000,
);

it('refuses what cannot be', async () => {
  const terminal = { out: { write: () => {} }, err: { write: () => {} }, folder };
  await expect(quickstart({ epochs: Number.NaN, out: 'x' }, terminal)).rejects.toMatchObject({ code: 'argument' });
  await expect(quickstart({ epochs: 1, out: 'run-80' }, terminal)).rejects.toMatchObject({ code: 'file' });
  expect(existsSync(join(folder, 'x'))).toBe(false);
});
