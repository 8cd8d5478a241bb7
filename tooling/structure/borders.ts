/**
 * The borders: which package may import which. The table is the architecture; a new package must be added here on purpose.
 *
 * Tests may import any package; sources may not. No source imports another package's inside, by path or by relative route.
 * What a page may bundle never meets Node: in a library, `node:` modules are imported statically by src/node.ts and src/node/
 * alone (the entry `./node`), and nothing else of the package imports those.
 */
import type { Finding, Member, Workspace } from './workspace.ts';
import { resolveRelative } from './workspace.ts';

const everything = 'everything';

/** Package name to the workspace packages its sources may import. Apps and tooling may import everything. */
export const borders: Readonly<Record<string, readonly string[] | typeof everything>> = {
  '@rheo/ir': [],
  '@rheo/passes': ['@rheo/ir'],
  '@rheo/core': ['@rheo/ir', '@rheo/passes'],
  '@rheo/layers': ['@rheo/ir', '@rheo/passes', '@rheo/core'],
  '@rheo/data': [],
  '@rheo/train': ['@rheo/ir', '@rheo/core', '@rheo/layers', '@rheo/data'],
  // Models in and out: what leaves as ONNX or C goes through the emitters that the backends use.
  '@rheo/interop': [
    '@rheo/ir',
    '@rheo/passes',
    '@rheo/core',
    '@rheo/layers',
    '@rheo/data',
    '@rheo/onnx',
    '@rheo/compiler',
  ],
  '@rheo/compiler': ['@rheo/ir', '@rheo/passes'],
  '@rheo/backend-wasm': ['@rheo/ir', '@rheo/passes', '@rheo/compiler'],
  '@rheo/backend-native': ['@rheo/ir', '@rheo/passes', '@rheo/compiler'],
  '@rheo/onnx': ['@rheo/ir', '@rheo/passes'],
  '@rheo/backend-onnx': ['@rheo/ir', '@rheo/passes', '@rheo/onnx'],
  '@rheo/backend-tfjs': ['@rheo/ir', '@rheo/passes'],
  '@rheo/conformance': ['@rheo/ir', '@rheo/passes', '@rheo/core'],
  '@rheo/cli': everything,
  rheo: ['@rheo/core', '@rheo/layers', '@rheo/train', '@rheo/data', '@rheo/backend-wasm'],
};

/** Packages that run in Node alone and may import `node:` modules at the top of a file. */
const nodeOnly: ReadonlySet<string> = new Set(['@rheo/backend-native', '@rheo/cli']);

/** Every import that crosses a border. */
export function checkBorders(workspace: Workspace): Finding[] {
  const findings: Finding[] = [];
  const names = new Set(workspace.members.map((member) => member.name));
  for (const member of workspace.members) {
    const isPackage = member.folder.startsWith('packages/');
    const allowed = isPackage ? borders[member.name] : everything;
    if (allowed === undefined) {
      findings.push({
        rule: 'border',
        path: member.folder,
        message: `${member.name} has no entry in the table of borders`,
      });
      continue;
    }
    for (const file of member.sources) {
      for (const edge of file.imports) {
        const message = problem(edge.specifier, edge.kind, member, file.path, allowed, names, isPackage);
        if (message !== undefined) findings.push({ rule: 'border', path: file.path, line: edge.line, message });
      }
    }
  }
  return findings;
}

function problem(
  specifier: string,
  kind: 'value' | 'type' | 'dynamic',
  member: Member,
  path: string,
  allowed: readonly string[] | typeof everything,
  names: ReadonlySet<string>,
  isPackage: boolean,
): string | undefined {
  const forPages = isPackage && kind === 'value' && !nodeOnly.has(member.name) && !isNodeSide(path);
  if (specifier.startsWith('.')) {
    const target = resolveRelative(path, specifier);
    if (isPackage && !target.startsWith(`${member.folder}/`)) {
      return `${specifier} leaves the package; import the other package by its name`;
    }
    return forPages && isNodeSide(target) ? `${specifier} is for Node, and this file is for pages too` : undefined;
  }
  if (forPages && (specifier.startsWith('node:') || /^@rheo\/[^/]+\/node$/.test(specifier))) {
    return `this file is for pages too; import ${specifier} in src/node.ts, or by import() where it is needed`;
  }
  if (specifier.startsWith('node:')) return undefined;
  const target = packageOf(specifier);
  if (!names.has(target) && !target.startsWith('@rheo/')) return undefined;
  if (target === member.name) return `${member.name} imports itself by name; use a relative path`;
  if (allowed !== everything && !allowed.includes(target)) {
    return `${member.name} may not import ${target}; allowed: ${allowed.join(', ') || 'none'}`;
  }
  if (specifier !== target && specifier.includes('/src/'))
    return `${specifier} reaches into ${target}; import its public name`;
  return undefined;
}

function isNodeSide(path: string): boolean {
  return /^packages\/[^/]+\/src\/node(\/|\.ts$)/.test(path);
}

/** The package that a bare specifier belongs to: `@scope/name/sub` gives `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
