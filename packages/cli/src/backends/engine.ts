/**
 * Engines that others made: the packages of one, found on the disk and loaded.
 *
 * All packages of an engine are taken from one place: a part that registers itself with another copy of its core would
 * not be seen. They are loaded by `require`, which gives every one of them the same copies.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { enginePlaces } from './engine-places.ts';

/** A package on the disk. */
export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  /** The file that is loaded. */
  readonly file: string;
}

/** The packages of an engine; the first is the runtime. */
export type FoundEngine = readonly [FoundPackage, ...FoundPackage[]];

/** The first place that has all packages of one of the sets, and which of them it has. */
export function findEngine(sets: readonly (readonly [string, ...string[]])[], folder: string): FoundEngine | undefined {
  for (const place of enginePlaces(folder)) {
    for (const [runtime, ...parts] of sets) {
      const first = findPackage(runtime, place);
      const others = parts.map((part) => findPackage(part, place)).filter((found) => found !== undefined);
      if (first !== undefined && others.length === parts.length) return [first, ...others];
    }
  }
  return undefined;
}

/** Loads an engine and gives its runtime. Throws what the packages throw. */
export function loadEngine([runtime, ...parts]: FoundEngine): unknown {
  const load = createRequire(runtime.file);
  const module: unknown = load(runtime.file);
  for (const { file } of parts) load(file);
  return module;
}

function findPackage(name: string, place: string): FoundPackage | undefined {
  try {
    const file = createRequire(place).resolve(name);
    return { name, version: versionOf(name, file), file };
  } catch {
    return undefined;
  }
}

/** From the manifest above a file of the package. */
function versionOf(name: string, file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown; version?: unknown };
    if (manifest.name === name) return String(manifest.version);
  }
  return 'unknown';
}
