/**
 * Versions of what engines are made of: installed packages, Node, Chromium.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../vitest/chromium.ts';
import type { Engine } from './engines.ts';
import { packagesOf } from './engines.ts';
import { root } from './test-files.ts';

/** Name and version of everything that a run used, by name. */
export function versionsOf(engines: readonly Engine[]): ReadonlyMap<string, string> {
  const versions = new Map<string, string>([['Node', process.versions.node]]);
  const executable = engines.some(({ where }) => where === 'Chromium') ? findChromium() : undefined;
  if (executable !== undefined) {
    const said = execFileSync(executable, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    versions.set('Chromium', /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim());
  }
  for (const name of [...new Set(engines.flatMap(packagesOf))].sort()) {
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    versions.set(name, manifest.version);
  }
  return versions;
}
