/**
 * Which build of the compiler this is: a digest over the files of this package and of those it compiles with.
 *
 * What is kept under it was made by this code and no other. Sizes, changes and inodes of all files go into it, not versions
 * alone, since sources also run as they stand in a working copy. Where that cannot be told there is none, and the reason
 * instead: code that was bundled elsewhere, code that a development server hands out, and files that changed after this
 * process began, which may hold another text than the one that runs.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A digest, or why there is none. */
export type BuildId =
  | { readonly id: string; readonly unknown?: undefined }
  | { readonly id?: undefined; readonly unknown: string };

const self = '@rheo/backend-native';

let found: BuildId | undefined;

/** The build that runs, looked at once in a process. */
export function buildId(): BuildId {
  // Vite keeps what it transformed, whatever has become of the file.
  if ('env' in import.meta) found ??= { unknown: 'a development server runs the code' };
  found ??= buildIdOf(import.meta.url, performance.timeOrigin);
  return found;
}

/** The build that a module of this package belongs to; `began` is when code was first read, in ms since 1970. */
export function buildIdOf(module: string, began: number): BuildId {
  try {
    const path = realpathSync(fileURLToPath(module));
    const root = packageAround(path);
    // Sources and built files lie in a folder each.
    const [folder = ''] = relative(root, path).split(sep);
    if (manifestOf(root).name !== self || !['src', 'dist'].includes(folder)) return { unknown: 'the code is bundled' };
    const digest = createHash('sha256').update(process.versions.v8);
    for (const each of packagesOf(root)) {
      const files = [join(each, 'package.json'), ...filesIn(join(each, folder))];
      if (files.length === 1) return { unknown: `${each} has no ${folder}` };
      for (const file of files) {
        const { size, ctimeMs, mtimeMs, ino } = statSync(file);
        if (ctimeMs >= began) return { unknown: `${file} has changed since this process began` };
        digest.update(JSON.stringify([file, size, ctimeMs, mtimeMs, ino]));
      }
    }
    return { id: digest.digest('hex') };
  } catch (error) {
    return { unknown: `its files cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}

function packageAround(path: string): string {
  return nearest(dirname(path), (folder) => (existsSync(join(folder, 'package.json')) ? folder : undefined));
}

/** A package and what it depends on of this project, found as Node finds them, sorted. */
function packagesOf(root: string): string[] {
  const roots = new Set([root]);
  for (const each of roots) {
    for (const name of Object.keys(manifestOf(each).dependencies ?? {})) {
      if (!name.startsWith('@rheo/')) continue;
      const at = (folder: string): string => join(folder, 'node_modules', name);
      roots.add(nearest(each, (folder) => (existsSync(at(folder)) ? realpathSync(at(folder)) : undefined)));
    }
  }
  return [...roots].sort();
}

/** What is found in a folder or the nearest one around it. Throws if there is nothing. */
function nearest(folder: string, look: (folder: string) => string | undefined): string {
  const found = look(folder);
  if (found !== undefined) return found;
  const outer = dirname(folder);
  if (outer === folder) throw new Error('a package is missing');
  return nearest(outer, look);
}

/** Files of code, in the order of their names. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return /(?<!\.d)\.[cm]?[jt]s$/.test(entry.name) ? [path] : [];
  });
}
