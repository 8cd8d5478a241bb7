/**
 * Package manifests: what every published package must say, and that it agrees with the borders and with tsconfig references.
 * The contents of the tarball are checked elsewhere, by publint and attw.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { borders } from './borders.ts';
import type { Finding, Member, Workspace } from './workspace.ts';

type Json = Readonly<Record<string, unknown>>;

/** Every rule a manifest under packages/ breaks. Apps and tooling must be private. */
export function checkManifests(workspace: Workspace): Finding[] {
  const findings: Finding[] = [];
  for (const member of workspace.members) {
    const messages = member.folder.startsWith('packages/') ? published(workspace, member) : unpublished(member);
    for (const message of messages) findings.push({ rule: 'manifest', path: `${member.folder}/package.json`, message });
  }
  return findings;
}

function unpublished(member: Member): string[] {
  return member.manifest['private'] === true ? [] : ['"private" must be true outside packages/'];
}

function published(workspace: Workspace, member: Member): string[] {
  const { manifest } = member;
  const at = (path: string): string => join(workspace.root, member.folder, path);
  const messages: string[] = [];
  const expect = (holds: boolean, message: string): void => {
    if (!holds) messages.push(message);
  };
  expect(manifest['license'] === 'Apache-2.0', '"license" must be "Apache-2.0"');
  expect(manifest['type'] === 'module', '"type" must be "module"');
  expect(manifest['sideEffects'] === false, '"sideEffects" must be false');
  expect(manifest['private'] !== true, 'a package under packages/ is published; "private" must go');
  expect(typeof manifest['description'] === 'string' && manifest['description'] !== '', '"description" is missing');
  expect(typeof record(manifest['engines'])['node'] === 'string', '"engines.node" is missing');
  const files = Array.isArray(manifest['files']) ? manifest['files'] : [];
  expect(files.includes('dist') && files.includes('src'), '"files" must name dist and src');
  expect(
    existsSync(at('README.md')) && readFileSync(at('README.md'), 'utf8').trim() !== '',
    'README.md is missing or empty',
  );
  for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) {
    expect(record(manifest['scripts'])[hook] === undefined, `script "${hook}" runs at install; nothing may`);
  }
  messages.push(...exportMaps(manifest, at), ...dependencies(workspace, member, at));
  return messages;
}

function exportMaps(manifest: Json, at: (path: string) => string): string[] {
  const messages: string[] = [];
  const own = record(manifest['exports']);
  const publishConfig = record(manifest['publishConfig']);
  const public_ = record(publishConfig['exports']);
  if (publishConfig['access'] !== 'public') messages.push('"publishConfig.access" must be "public"');
  if (own['.'] === undefined) messages.push('"exports" has no "."');
  if (Object.keys(own).join() !== Object.keys(public_).join()) {
    messages.push('"exports" and "publishConfig.exports" name different entries');
  }
  for (const [entry, target] of Object.entries(own)) {
    const conditions = record(target);
    const source = conditions['@rheo/source'];
    if (Object.keys(conditions).join() !== '@rheo/source,types,default') {
      messages.push(`exports["${entry}"] must have @rheo/source, types, default, in this order`);
    } else if (typeof source !== 'string' || !existsSync(at(source))) {
      messages.push(`exports["${entry}"] names the source ${String(source)}, which does not exist`);
    } else {
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '');
      const expected = { types: `${built}.d.ts`, default: `${built}.js` };
      const same = (map: Json): boolean => map['types'] === expected.types && map['default'] === expected.default;
      if (!same(conditions) || !same(record(public_[entry]))) {
        messages.push(
          `exports["${entry}"] must lead to ${expected.default} and ${expected.types}, here and in publishConfig`,
        );
      }
    }
    if (record(public_[entry])['@rheo/source'] !== undefined) {
      messages.push(`publishConfig.exports["${entry}"] must not carry @rheo/source`);
    }
  }
  return messages;
}

function dependencies(workspace: Workspace, member: Member, at: (path: string) => string): string[] {
  const messages: string[] = [];
  const allowed = borders[member.name];
  const folders = new Map(workspace.members.map((other) => [other.name, other.folder.replace('packages/', '../')]));
  const declared = Object.keys(record(member.manifest['dependencies'])).filter((name) => folders.has(name));
  for (const name of declared) {
    if (allowed !== undefined && allowed !== 'everything' && !allowed.includes(name)) {
      messages.push(`depends on ${name}, which its borders do not allow`);
    }
  }
  const versions = { ...record(member.manifest['dependencies']), ...record(member.manifest['devDependencies']) };
  for (const [name, version] of Object.entries(versions)) {
    const expected = folders.has(name) ? 'workspace:^' : 'catalog:';
    if (version !== expected) messages.push(`dependency ${name} must be "${expected}", not "${String(version)}"`);
  }
  if (!existsSync(at('tsconfig.json'))) return [...messages, 'tsconfig.json is missing'];
  const tsconfig = JSON.parse(readFileSync(at('tsconfig.json'), 'utf8')) as Json;
  const references = Array.isArray(tsconfig['references'])
    ? tsconfig['references'].map((item) => record(item)['path'])
    : [];
  const expected = declared.map((name) => folders.get(name));
  if ([...references].sort().join() !== [...expected].sort().join()) {
    messages.push(
      `tsconfig references (${references.join(', ')}) and workspace dependencies (${expected.join(', ')}) differ`,
    );
  }
  return messages;
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
