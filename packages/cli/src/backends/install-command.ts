/**
 * The command that installs packages in a folder, for the package manager whose lockfile lies there or above.
 */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const managers: readonly (readonly [string, string])[] = [
  ['pnpm-lock.yaml', 'pnpm add'],
  ['yarn.lock', 'yarn add'],
  ['bun.lock', 'bun add'],
  ['package-lock.json', 'npm install'],
];

/** One line to type. */
export function installCommand(packages: readonly string[], folder: string): string {
  return `${verb(resolve(folder))} ${packages.join(' ')}`;
}

function verb(folder: string): string {
  const found = managers.find(([lockfile]) => existsSync(join(folder, lockfile)));
  if (found !== undefined) return found[1];
  return dirname(folder) === folder ? 'npm install' : verb(dirname(folder));
}
