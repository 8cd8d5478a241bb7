import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkStructure } from './check.ts';

// Each test plants one fault in a small sound workspace, so that a rule that stopped looking is noticed.

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rheo-structure-'));
  member('ir', '@rheo/ir', []);
  member('passes', '@rheo/passes', ['ir']);
  write('pnpm-lock.yaml', "lockfileVersion: '9.0'\n");
  write(
    'packages/passes/src/index.ts',
    "import type { Program } from '@rheo/ir';\nexport { fold } from './fold.ts';\nexport type { Program };\n",
  );
  write('packages/passes/src/fold.ts', 'export const fold: number = 1;\n');
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

test('the sound workspace has no findings, and all of it is read', () => {
  expect(checkStructure(root)).toEqual({ findings: [], files: 3, members: 2 });
});

test('the repository itself is read', () => {
  const report = checkStructure(fileURLToPath(new URL('../..', import.meta.url)));
  expect(report.members).toBeGreaterThanOrEqual(14);
  expect(report.files).toBeGreaterThan(30);
});

describe('borders', () => {
  test.each([
    ['a value', "import { fold } from '@rheo/passes';\nexport const x: number = fold;\n"],
    ['a type', "import type { Fold } from '@rheo/passes';\nexport type X = Fold;\n"],
    ['a re-export', "export * from '@rheo/passes';\n"],
    ['a dynamic import', "export const load = (): Promise<unknown> => import('@rheo/passes');\n"],
    ['an import type', "export type X = import('@rheo/passes').Fold;\n"],
    ['a package that does not exist', "export * from '@rheo/elsewhere';\n"],
    ['a backend inside', "export * from '@rheo/passes/src/fold.ts';\n"],
  ])('%s that crosses is found', (_what, text) => {
    write('packages/ir/src/index.ts', text);
    expect(rules()).toEqual(['border packages/ir/src/index.ts:1']);
  });

  test('an allowed package is still closed inside', () => {
    write('packages/passes/src/fold.ts', "export * from '@rheo/ir/src/index.ts';\n");
    expect(rules()).toEqual(['border packages/passes/src/fold.ts:1']);
  });

  test('a relative path out of the package is found', () => {
    write('packages/passes/src/fold.ts', "\nexport * from '../../ir/src/index.ts';\n");
    expect(rules()).toEqual(['border packages/passes/src/fold.ts:2']);
  });

  test('a static node: import in a package for pages is found; type-only and dynamic ones pass', () => {
    write(
      'packages/ir/src/index.ts',
      "import type { Stats } from 'node:fs';\nimport { join } from 'node:path';\nexport const f = (): Promise<unknown> => import('node:fs');\nexport const here: string = join('.');\nexport type { Stats };\n",
    );
    expect(rules()).toEqual(['border packages/ir/src/index.ts:2']);
  });

  test('src/node.ts may import node: modules, and the rest of the package may not import it', () => {
    write('packages/ir/src/node.ts', "export { join } from 'node:path';\n");
    expect(rules()).toEqual([]);
    write('packages/ir/src/index.ts', "export { join } from './node.ts';\n");
    write('packages/passes/src/fold.ts', "export { join } from '@rheo/ir/node';\n");
    expect(rules()).toEqual(['border packages/ir/src/index.ts:1', 'border packages/passes/src/fold.ts:1']);
  });

  test('tests may import any package', () => {
    write('packages/ir/test/all.test.ts', "import '@rheo/passes';\n");
    expect(rules()).toEqual([]);
  });

  test('a package without an entry in the table is found', () => {
    member('novel', '@rheo/novel', []);
    expect(rules()).toEqual(['border packages/novel']);
  });
});

describe('cycles', () => {
  test('three files that import each other are one finding', () => {
    write('packages/ir/src/a.ts', "import './b.ts';\n");
    write('packages/ir/src/b.ts', "export { c } from './c.ts';\n");
    write('packages/ir/src/c.ts', "import './a.ts';\nexport const c: number = 1;\n");
    expect(rules()).toEqual(['cycle packages/ir/src/a.ts']);
  });

  test('types may be mutually recursive, and a diamond is no cycle', () => {
    write('packages/ir/src/a.ts', "import type { B } from './b.ts';\nexport interface A { b: B }\n");
    write('packages/ir/src/b.ts', "import type { A } from './a.ts';\nimport './c.ts';\nexport interface B { a: A }\n");
    write('packages/ir/src/c.ts', 'export {};\n');
    write('packages/ir/src/d.ts', "import './b.ts';\nimport './c.ts';\n");
    expect(rules()).toEqual([]);
  });
});

test('a file of 601 lines is found, one of 600 is not', () => {
  write('packages/ir/src/long.ts', 'export {};\n'.repeat(601));
  write('packages/ir/src/full.ts', 'export {};\n'.repeat(600));
  expect(rules()).toEqual(['length packages/ir/src/long.ts']);
});

test('a file that does not parse is found', () => {
  write('packages/ir/src/broken.ts', 'export const = 1;\n');
  expect(rules()).toEqual(['syntax packages/ir/src/broken.ts']);
});

describe('manifests', () => {
  test.each([
    ['license', { license: 'MIT' }],
    ['side effects', { sideEffects: true }],
    ['files', { files: ['dist'] }],
    ['engines', { engines: {} }],
    ['an install script', { scripts: { postinstall: 'node x.js' } }],
    ['exports without a source', { exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } }],
    [
      'exports that lead to another file',
      { exports: { '.': { '@rheo/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/main.js' } } },
    ],
    ['a dependency that does not come from the catalog', { dependencies: { fflate: '^0.8.3' } }],
  ])('%s', (_what, change) => {
    member('ir', '@rheo/ir', [], change);
    expect(rules()).toEqual(['manifest packages/ir/package.json']);
  });

  test('a missing README', () => {
    rmSync(join(root, 'packages/ir/README.md'));
    expect(rules()).toEqual(['manifest packages/ir/package.json']);
  });

  test('a dependency that the borders forbid', () => {
    member('ir', '@rheo/ir', ['passes']);
    expect(rules()).toEqual(['manifest packages/ir/package.json']);
  });

  test('a dependency without a tsconfig reference', () => {
    write('packages/passes/tsconfig.json', '{}');
    expect(rules()).toEqual(['manifest packages/passes/package.json']);
  });

  test('an app that could be published', () => {
    write('apps/demo/package.json', '{ "name": "@rheo/demo" }');
    expect(rules()).toEqual(['manifest apps/demo/package.json']);
  });
});

test('addresses in the lockfile, and an .npmrc', () => {
  write('pnpm-lock.yaml', "lockfileVersion: '9.0'\nresolution: {integrity: a, tarball: https://example.org/a.tgz}\n");
  write('.npmrc', 'registry=https://example.org\n');
  expect(rules()).toEqual(['lockfile .npmrc', 'lockfile pnpm-lock.yaml:2']);
});

function rules(): string[] {
  return checkStructure(root).findings.map(
    ({ rule, path, line }) => `${rule} ${path}${line === undefined ? '' : `:${line}`}`,
  );
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function member(folder: string, name: string, uses: readonly string[], change: Record<string, unknown> = {}): void {
  const built = { types: './dist/index.d.ts', default: './dist/index.js' };
  const manifest = {
    name,
    version: '1.0.0',
    description: 'A package.',
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    files: ['dist', 'src'],
    exports: { '.': { '@rheo/source': './src/index.ts', ...built } },
    publishConfig: { access: 'public', exports: { '.': built } },
    dependencies: Object.fromEntries(uses.map((use) => [`@rheo/${use}`, 'workspace:^'])),
    ...change,
  };
  write(`packages/${folder}/package.json`, JSON.stringify(manifest));
  write(`packages/${folder}/tsconfig.json`, JSON.stringify({ references: uses.map((use) => ({ path: `../${use}` })) }));
  write(`packages/${folder}/README.md`, `# ${name}\n`);
  write(`packages/${folder}/src/index.ts`, 'export {};\n');
}
