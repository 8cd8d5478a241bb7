/**
 * Packs every package as it would be published, inspects each tarball, then installs all of them together as a user would.
 * Run it after a build, with node_modules/.bin on PATH. Exit code 1 when anything is wrong.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Packed } from './consume.ts';
import { consume } from './consume.ts';
import { execute } from './execute.ts';
import { inspectTarball } from './inspect.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'rheo-tarballs-'));
let broken = 0;

try {
  const packages: Packed[] = [];
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const packed = await pack(folder);
    if (typeof packed === 'string') report(folder, [packed]);
    else {
      packages.push(packed);
      report(folder, await inspectTarball(packed.tarball, root));
    }
  }
  const consumer = join(work, 'consumer');
  mkdirSync(consumer);
  report('all of them installed by npm, imported and compiled', await consume(packages, consumer, root));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = broken === 0 ? 0 : 1;

function report(what: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${what}`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '       '));
  if (problems.length > 0) broken += 1;
}

/** Packs one package; a text is what went wrong. */
async function pack(folder: string): Promise<Packed | string> {
  const source = join(root, 'packages', folder);
  const target = join(work, folder);
  const outcome = await execute('pnpm', ['pack', '--pack-destination', target], source);
  const file = outcome.ok ? readdirSync(target)[0] : undefined;
  if (file === undefined) return `pnpm pack failed:\n${outcome.text}`;
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(manifest.exports).map((entry) => manifest.name + entry.slice(1));
  return { name: manifest.name, tarball: join(target, file), entries };
}
