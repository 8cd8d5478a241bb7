/**
 * Reads the repository into plain data for the structure rules: every package's manifest, every source module with its imports.
 *
 * Imports are found by a real parser, so type-only imports, re-exports, dynamic imports and `import('x')` types all count.
 * It resolves relative specifiers only; it never follows a package into its build output.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { parseSync, Visitor } from 'vite';

/** One import of a module. `kind` tells a static import of values from a type-only one and from `import()`. */
export interface ImportEdge {
  readonly specifier: string;
  readonly line: number;
  readonly kind: 'value' | 'type' | 'dynamic';
}

/** One source file; `path` is relative to the root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportEdge[];
  readonly unreadable?: string;
}

/** One workspace member: its folder relative to the root, its manifest, and its files by role. */
export interface Member {
  readonly folder: string;
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly sources: readonly SourceFile[];
  readonly tests: readonly SourceFile[];
}

/** The whole repository as the rules see it. */
export interface Workspace {
  readonly root: string;
  readonly members: readonly Member[];
}

/** A broken rule: where (path, and line where there is one), which rule, and what to do. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

const codeFile = /\.(ts|tsx|mts|cts|js|mjs|cjs)$/;
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', 'dist', 'fixtures', '.turbo']);

/** Reads packages/*, apps/* and tooling under `root`. A folder without a package.json is not a member. */
export function readWorkspace(root: string): Workspace {
  const folders = [...children(root, 'packages'), ...children(root, 'apps'), 'tooling'];
  const members: Member[] = [];
  for (const folder of folders) {
    const manifestPath = join(root, folder, 'package.json');
    if (!existsSync(manifestPath)) continue;
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Record<string, unknown>;
    const sources: SourceFile[] = [];
    const tests: SourceFile[] = [];
    for (const path of codeFiles(join(root, folder))) {
      const file = readSource(root, path);
      (isTest(file.path.slice(folder.length + 1)) ? tests : sources).push(file);
    }
    members.push({ folder, name: String(manifest['name'] ?? ''), manifest, sources, tests });
  }
  return { root, members };
}

/** The file that a relative specifier of `from` names, as a path relative to the root. */
export function resolveRelative(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.test(-d)?\.ts$/.test(path);
}

function children(root: string, folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`)
    .sort();
}

function codeFiles(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) found.push(...codeFiles(path));
    } else if (codeFile.test(entry.name)) found.push(path);
  }
  return found.sort();
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const name = relative(root, path).split(sep).join('/');
  const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const parsed = parseSync(path, text);
  const error = parsed.errors[0];
  if (error !== undefined) return { path: name, lines, imports: [], unreadable: error.message };
  const imports: ImportEdge[] = [];
  const add = (specifier: string, at: number, kind: ImportEdge['kind']): void => {
    imports.push({ specifier, line: text.slice(0, at).split('\n').length, kind });
  };
  for (const item of parsed.module.staticImports) {
    const typeOnly = item.entries.length > 0 && item.entries.every((entry) => entry.isType);
    add(item.moduleRequest.value, item.start, typeOnly ? 'type' : 'value');
  }
  for (const item of parsed.module.staticExports) {
    const request = item.entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest;
    if (request == null) continue;
    const typeOnly = item.entries.every((entry) => entry.isType);
    add(request.value, item.start, typeOnly ? 'type' : 'value');
  }
  new Visitor({
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string')
        add(node.source.value, node.start, 'dynamic');
    },
    TSImportType(node) {
      add(node.source.value, node.start, 'type');
    },
  }).visit(parsed.program);
  return { path: name, lines, imports };
}
