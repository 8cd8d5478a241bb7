/**
 * Installs all tarballs with npm into an empty project, as a user would, and uses them there: every entry is imported by plain
 * Node, and every declaration is compiled with `skipLibCheck: false`, without DOM and without Node types.
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
  const options = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['use.ts'] }));

  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--prefer-offline'];
  const installed = await execute('npm', ['install', ...flags, ...packages.map((item) => item.tarball)], folder);
  if (!installed.ok) return [`npm install failed:\n${installed.text}`];
  const [imported, compiled] = await Promise.all([
    execute(process.execPath, ['use.mjs'], folder),
    execute(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], folder),
  ]);
  return [imported, compiled].filter((outcome) => !outcome.ok).map((outcome) => outcome.text);
}
