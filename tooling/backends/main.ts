/**
 * `pnpm backends [--write]`: runs the conformance tests of every engine, in Node and in Chromium, and makes docs/backends.md
 * of what they measured. Without --write it says whether the document is that already.
 *
 * The exit code is 1 if a case fails, if a test does not load, or if the document is another one and was not written.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConformanceResults } from '../vitest/conformance-reporter.ts';
import { backendsDocument, documentPath } from './document.ts';
import { conformanceFiles, root } from './test-files.ts';
import { versionsOf } from './versions.ts';

function main(): number {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const { records, problems } = measured();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  const text = backendsDocument(records, versionsOf);
  const path = join(root, documentPath);
  const same = existsSync(path) && readFileSync(path, 'utf8') === text;
  const failed = records.filter(({ ok }) => !ok);
  for (const { backend, where, id } of failed) console.error(`not ok ${backend}, ${where}: ${id}`);
  if (same) console.log(`${documentPath} is as measured`);
  else if (values.write) {
    writeFileSync(path, text);
    console.log(`${documentPath} written`);
  } else console.error(`${documentPath} is not what was measured; \`pnpm backends --write\` writes it`);
  return failed.length > 0 || !(same || values.write) ? 1 : 0;
}

/** Runs the tests; their own report goes to stderr. */
function measured(): ConformanceResults {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-backends-'));
  const file = join(folder, 'results.json');
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    spawnSync(process.execPath, [vitest, 'run', ...conformanceFiles()], {
      cwd: root,
      env: { ...process.env, RHEO_CONFORMANCE_RESULTS: file, RHEO_REQUIRE_BROWSER: '1' },
      stdio: ['ignore', 2, 2],
    });
    if (!existsSync(file)) throw new Error('the tests did not run to their end; what they said is above');
    return JSON.parse(readFileSync(file, 'utf8')) as ConformanceResults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
