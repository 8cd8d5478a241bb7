/**
 * The lockfile must install anywhere: it may hold no address, and no .npmrc may name a registry.
 * A mirror whose metadata points at another host writes `tarball:` into every entry; such a lockfile works on one machine only.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, Workspace } from './workspace.ts';

/** Findings for pnpm-lock.yaml and .npmrc. */
export function checkLockfile(workspace: Workspace): Finding[] {
  const path = 'pnpm-lock.yaml';
  const findings: Finding[] = [];
  if (existsSync(join(workspace.root, '.npmrc'))) {
    findings.push({ rule: 'lockfile', path: '.npmrc', message: 'settings belong in pnpm-workspace.yaml; delete it' });
  }
  if (!existsSync(join(workspace.root, path))) {
    return [...findings, { rule: 'lockfile', path, message: 'missing; run pnpm install' }];
  }
  for (const [index, line] of readFileSync(join(workspace.root, path), 'utf8').split('\n').entries()) {
    if (/https?:|tarball:/.test(line)) {
      findings.push({ rule: 'lockfile', path, line: index + 1, message: `holds an address: ${line.trim()}` });
    }
  }
  return findings;
}
