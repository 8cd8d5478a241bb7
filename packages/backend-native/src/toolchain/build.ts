/**
 * Builds C text into a shared object, unless the cache has it, and loads it.
 *
 * The compiler is run without a shell and reads the text from its standard input; neither its arguments nor the names of
 * files depend on anything but digests and the cache folder.
 */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { RheoError } from '@rheo/ir';
import type { Compiler } from './find-compiler.ts';
import type { Foreign, LoadedObject } from './foreign.ts';
import type { ObjectCache } from './object-cache.ts';

/** Where objects come from. */
export interface ObjectSource {
  readonly compiler: Compiler;
  readonly foreign: Foreign;
  readonly cache: ObjectCache;
}

/** Builds or finds the object of a text. Throws `backend` when the compiler fails. */
export async function buildObject(source: ObjectSource, text: string): Promise<LoadedObject> {
  const key = keyOf(source.compiler, text);
  const known = source.cache.find(key);
  if (known !== undefined) return source.foreign.load(known);
  const built = source.cache.temporary(key);
  const { path, flags } = source.compiler;
  await new Promise<void>((resolve, reject) => {
    const child = execFile(path, argumentsFor(flags, built), { maxBuffer: 2 ** 24 }, (error, _, messages) => {
      if (error === null) resolve();
      else reject(failure(path, built, messages, error));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
  return source.foreign.load(source.cache.keep(key, built));
}

/** The same while everything waits, for calls that may not be awaited. */
export function buildObjectSync(source: ObjectSource, text: string): LoadedObject {
  const key = keyOf(source.compiler, text);
  const known = source.cache.find(key);
  if (known !== undefined) return source.foreign.load(known);
  const built = source.cache.temporary(key);
  const { path, flags } = source.compiler;
  const result = spawnSync(path, argumentsFor(flags, built), { input: text, maxBuffer: 2 ** 24, encoding: 'utf8' });
  if (result.status !== 0) throw failure(path, built, result.stderr ?? '', result.error);
  return source.foreign.load(source.cache.keep(key, built));
}

function keyOf({ flags, identity }: Compiler, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([identity, flags, text]))
    .digest('hex');
}

function argumentsFor(flags: readonly string[], built: string): string[] {
  return [...flags, '-x', 'c', '-', '-o', built];
}

function failure(path: string, built: string, messages: string, cause: unknown): RheoError {
  rmSync(built, { force: true });
  const first = messages.split('\n').find((line) => line.includes('error')) ?? messages.split('\n')[0] ?? '';
  return new RheoError('backend', {
    from: '@rheo/backend-native',
    what: `the compiler ${path} failed${first === '' ? '' : `: ${first.trim()}`}`,
    where: 'compile',
    remedy: 'Set CC to a recent gcc or clang',
    cause,
  });
}
