import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the file of results has a record for each case, passed, failed and skipped', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-conformance-'));
  const file = join(folder, 'results.json');
  try {
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
    const run = spawnSync(process.execPath, [vitest, 'run'], {
      cwd: fileURLToPath(new URL('fixtures/conformance', import.meta.url)),
      env: { ...process.env, RHEO_CONFORMANCE_RESULTS: file },
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    const of = { backend: 'reference', where: 'Node', file: 'kit.case.ts', group: 'op' };
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      problems: [],
      records: [
        {
          ...of,
          id: 'op/tanh/f32/3',
          ok: false,
          skipped: false,
          reason: expect.any(String),
          worst: expect.any(Number),
        },
        { ...of, id: 'op/tanh/f32/0', ok: true, skipped: false, worst: 0 },
        { ...of, id: 'op/erf/f32/3', ok: true, skipped: true, reason: 'no erf' },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
