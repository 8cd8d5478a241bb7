/**
 * `pnpm parity DIR [--json] [--backend reference,wasm]`: runs every vector file of a folder (or the given files) on the
 * backends and compares outputs, states and gradients with what the originals computed.
 *
 * With --json, one line of JSON for each file; else a short line for people. The exit code is 1 if any file is not ok,
 * or if there is none.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Backend } from '@rheo/ir';
import { backendNames, createBackend, ownBackends } from './backends.ts';
import type { VectorReport } from './run-vector.ts';
import { runVector } from './run-vector.ts';

const usage = `usage: pnpm parity DIR|FILE… [--json] [--backend ${backendNames.join(',')}]`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      backend: { type: 'string', default: ownBackends.join(',') },
    },
  });
  const files = positionals.flatMap(filesOf);
  if (files.length === 0) {
    console.error(usage);
    return 1;
  }
  const backends: Backend[] = [];
  for (const name of values.backend.split(',')) backends.push(await createBackend(name));
  let failed = 0;
  for (const path of files) {
    const report = await runVector(basename(path), parsed(path), backends);
    if (!report.ok) failed++;
    console.log(values.json ? JSON.stringify(report) : sentence(report));
  }
  for (const backend of backends) await backend.dispose();
  if (!values.json) console.log(`${files.length - failed} of ${files.length} ok`);
  return failed === 0 ? 0 : 1;
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(path, name));
}

/** The file's content, or text that no kind of vector fits. */
function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`${path}: ${String(error)}`);
    return undefined;
  }
}

function sentence({ file, ok, worst, reason }: VectorReport): string {
  const figure = worst === null ? '' : ` ${worst.toExponential(1)}`;
  return `${ok ? 'ok    ' : 'not ok'} ${file}${figure}${reason === undefined ? '' : `  ${reason}`}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
