/**
 * The commands that install packages in a folder, for the package manager whose lockfile lies there or above.
 */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

interface Manager {
  readonly lockfile: string;
  readonly add: string;
  /** Runs install scripts again. */
  readonly rebuild: string;
}

const npm: Manager = { lockfile: 'package-lock.json', add: 'npm install', rebuild: 'npm rebuild' };
const managers: readonly Manager[] = [
  { lockfile: 'pnpm-lock.yaml', add: 'pnpm add', rebuild: 'pnpm rebuild' },
  { lockfile: 'yarn.lock', add: 'yarn add', rebuild: 'yarn rebuild' },
  { lockfile: 'bun.lock', add: 'bun add', rebuild: 'npm rebuild' },
  npm,
];

/** One line to type that installs packages. */
export function installCommand(packages: readonly string[], folder: string): string {
  return `${managerOf(resolve(folder)).add} ${packages.join(' ')}`;
}

/** One line to type that runs the install script of a package again. */
export function rebuildCommand(name: string, folder: string): string {
  return `${managerOf(resolve(folder)).rebuild} ${name}`;
}

function managerOf(folder: string): Manager {
  const found = managers.find(({ lockfile }) => existsSync(join(folder, lockfile)));
  if (found !== undefined) return found;
  return dirname(folder) === folder ? npm : managerOf(dirname(folder));
}
