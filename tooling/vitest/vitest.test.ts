import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findChromium } from './chromium.ts';

test('the closing line counts failed assertions and files that do not load, and names the reason of a skip', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-reporter-'));
  const summary = join(folder, 'summary.json');
  try {
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
    const run = spawnSync(process.execPath, [vitest, 'run'], {
      cwd: fileURLToPath(new URL('fixtures', import.meta.url)),
      env: { ...process.env, RHEO_TEST_SUMMARY: summary },
      encoding: 'utf8',
    });
    const lines = run.stdout.trim().split('\n');
    expect(lines).toContain('skipped 1: for a reason');
    expect(lines.at(-1)).toBe('tests: 1 passed, 2 failed, 1 skipped');
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual({ passed: 1, failed: 2, skipped: 1 });
    expect(run.status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a missing browser is undefined, or an error where one is demanded', () => {
  expect(findChromium({ PATH: '/nowhere' })).toBeUndefined();
  expect(() => findChromium({ PATH: '/nowhere', RHEO_REQUIRE_BROWSER: '1' })).toThrow('RHEO_REQUIRE_BROWSER=1');
  expect(() => findChromium({ PATH: '', RHEO_CHROMIUM: '/nowhere/chromium' })).toThrow('/nowhere/chromium');
});
