/**
 * `pnpm conformance --backend NAME [--json] [--filter TEXT] [--bisect CASE]`: runs the conformance kit on a backend.
 *
 * With --json, one line of JSON for each case and one for the summary; else failures and a count for people. The exit
 * code is 1 if any case fails, or if none was run. With --bisect, runs that case alone, and if it fails says which value
 * of its Program is the first to differ from the reference.
 */

import { parseArgs } from 'node:util';
import type { ConformanceResult } from '@rheo/conformance';
import { bisectCase, cases, describeDifference, runConformance } from '@rheo/conformance';
import type { Backend } from '@rheo/ir';
import { backendNames, createBackend } from '../parity/backends.ts';

const usage = `usage: pnpm conformance --backend ${backendNames.join('|')} [--json] [--filter TEXT] [--bisect CASE]`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string' },
      json: { type: 'boolean', default: false },
      filter: { type: 'string', default: '' },
      bisect: { type: 'string' },
    },
  });
  if (values.backend === undefined) {
    console.error(usage);
    return 1;
  }
  const name = values.backend;
  const backend = await createBackend(name);
  if (values.bisect !== undefined) {
    try {
      return await showBisection(values.bisect, backend, () => createBackend(name));
    } finally {
      await backend.dispose();
    }
  }
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

/** Runs one case; prints where it goes wrong. */
async function showBisection(id: string, backend: Backend, create: () => Promise<Backend>): Promise<number> {
  const item = cases.find((other) => other.id === id);
  if (item === undefined) throw new Error(`no case "${id}"; \`--filter\` with --json lists those that contain a text`);
  const { failure, difference } = await bisectCase(item, backend, create);
  if (failure === undefined) {
    console.log(`ok ${id}: passes on ${backend.name}, so there is nothing to bisect`);
    return 0;
  }
  console.log(`not ok ${id}\n  ${failure.message.replaceAll('\n', '\n  ')}\n`);
  if (difference !== undefined) console.log(describeDifference(difference, 'reference', backend.name));
  else console.log('No value of its Program differs from the reference: the case fails in another way.');
  return 1;
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
