/**
 * The conformance tests of this repository: every packages/NAME/test/conformance*.test.ts, in Node and in the browser.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Paths from the root, in order. */
export function conformanceFiles(): string[] {
  const packages = readdirSync(join(root, 'packages')).sort();
  return packages.flatMap((name) => {
    const folder = join(root, 'packages', name, 'test');
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => /^conformance.*\.test\.ts$/.test(file));
    return files.sort().map((file) => `packages/${name}/test/${file}`);
  });
}
