/**
 * `pnpm conformance --backend NAME [--json] [--filter TEXT]`: runs the conformance kit on a backend.
 *
 * With --json, one line of JSON for each case and one for the summary; else failures and a count for people. The exit
 * code is 1 if any case fails, or if none was run.
 */

import { parseArgs } from 'node:util';
import type { ConformanceResult } from '@rheo/conformance';
import { runConformance } from '@rheo/conformance';
import { backendNames, createBackend } from '../parity/backends.ts';

const usage = `usage: pnpm conformance --backend ${backendNames.join('|')} [--json] [--filter TEXT]`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string' },
      json: { type: 'boolean', default: false },
      filter: { type: 'string', default: '' },
    },
  });
  if (values.backend === undefined) {
    console.error(usage);
    return 1;
  }
  const name = values.backend;
  const backend = await createBackend(name);
  const begun = performance.now();
  const results = await runConformance(backend, {
    create: () => createBackend(name),
    filter: ({ id }) => id.includes(values.filter),
    onResult: (result) => show(result, values.json),
  });
  await backend.dispose();
  const skipped = results.filter((result) => result.skipped === true).length;
  const failed = results.filter(({ ok }) => !ok).length;
  const summary = {
    backend: name,
    cases: results.length,
    passed: results.length - failed - skipped,
    failed,
    skipped,
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
  if (values.json) console.log(JSON.stringify(summary));
  else console.log(`${name}: ${summary.passed} passed, ${failed} failed, ${skipped} skipped in ${summary.seconds} s`);
  return failed > 0 || results.length === 0 ? 1 : 0;
}

function show(result: ConformanceResult, json: boolean): void {
  if (json) console.log(JSON.stringify(result));
  else if (!result.ok) console.log(`not ok ${result.id}\n  ${result.reason?.replaceAll('\n', '\n  ')}`);
  else if (result.skipped === true) console.log(`skipped ${result.id}: ${result.reason}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
