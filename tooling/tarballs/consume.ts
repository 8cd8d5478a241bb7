/**
 * Installs all tarballs with npm into an empty project, as a user would, and uses them there: every entry is imported by plain
 * Node, and every declaration is compiled with `skipLibCheck: false`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from './execute.ts';

/** What the consumer needs to know of a package. */
export interface Packed {
  readonly name: string;
  readonly tarball: string;
  /** Every public specifier: the name, and name/sub for further entries. */
  readonly entries: readonly string[];
}

/** Problems met by a user who installs everything; `folder` is empty and stays behind, `root` has the compiler. */
export async function consume(packages: readonly Packed[], folder: string, root: string): Promise<string[]> {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const entries = packages.flatMap((item) => item.entries);
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  write('use.mjs', entries.map((entry) => `await import('${entry}');`).join('\n'));
  write('use.ts', entries.map((entry, index) => `export * as entry${index} from '${entry}';`).join('\n'));
  // Once as a project for Node without DOM types, once as a page without Node types: neither may need the other's.
  const typeRoots = [join(root, 'node_modules/@types')];
  const strict = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, skipLibCheck: false };
  const projects = {
    'node.json': { ...strict, lib: ['es2023'], types: ['node'], typeRoots },
    'page.json': { ...strict, lib: ['es2023', 'dom'], types: [] },
  };
  for (const [name, compilerOptions] of Object.entries(projects)) {
    write(name, JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  }

  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--prefer-offline'];
  const installed = await execute('npm', ['install', ...flags, ...packages.map((item) => item.tarball)], folder);
  if (!installed.ok) return [`npm install failed:\n${installed.text}`];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const outcomes = await Promise.all([
    execute(process.execPath, ['use.mjs'], folder),
    ...Object.keys(projects).map((name) => execute(process.execPath, [tsc, '-p', name], folder)),
  ]);
  return outcomes.filter((outcome) => !outcome.ok).map((outcome) => outcome.text);
}
