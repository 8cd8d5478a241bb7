/**
 * `pnpm agree`: trains the same models from the same seed on every backend, in Node and in Chromium, swaps the backend in the
 * middle of training, and prints how far the losses are from those of the reference.
 *
 * These are the tests of this folder, run with a report of their own. The exit code is 1 if a loss is further than 1e-4 off,
 * relatively, or if a backend did not run.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'tooling/agree/', '--reporter=./tooling/agree/reporter.ts'],
  { cwd: root, env: { ...process.env, RHEO_REQUIRE_BROWSER: '1' }, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
