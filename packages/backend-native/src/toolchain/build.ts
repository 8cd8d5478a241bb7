/**
 * Builds C source into a shared object, unless the cache has it, and loads it.
 *
 * Long source is cut into as many files as there are processors, compiled at the same time and linked; the object is known
 * by the whole text, since a cut changes nothing that it computes. The compiler is run without a shell and reads a file from
 * its standard input; neither its arguments nor the names of files depend on anything but digests and the cache folder.
 */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { RheoError } from '@rheo/ir';
import type { Source } from '../codegen/source.ts';
import type { Compiler } from './find-compiler.ts';
import type { Foreign, LoadedObject } from './foreign.ts';
import type { ObjectCache } from './object-cache.ts';

/** Where objects come from. */
export interface ObjectSource {
  readonly compiler: Compiler;
  readonly foreign: Foreign;
  readonly cache: ObjectCache;
}

/** The key under which the object of a source is kept. */
export function objectKey({ compiler: { flags, linkFlags, identity } }: ObjectSource, { text }: Source): string {
  return createHash('sha256')
    .update(JSON.stringify([identity, flags, linkFlags, text]))
    .digest('hex');
}

/** Loads an object that is kept, or gives undefined. */
export function findObject({ cache, foreign }: ObjectSource, key: string): LoadedObject | undefined {
  const known = cache.find(key);
  return known === undefined ? undefined : foreign.load(known);
}

/** Builds or finds the object of a source. Throws `backend` when the compiler fails. */
export async function buildObject(from: ObjectSource, source: Source): Promise<LoadedObject> {
  const key = objectKey(from, source);
  const known = findObject(from, key);
  if (known !== undefined) return known;
  const built = from.cache.temporary(key);
  const files = source.files(from.compiler.jobs);
  if (files.length === 1) await run(from.compiler, argumentsFor(from.compiler, built), source.text, built);
  else await buildParts(from.compiler, files, built);
  return from.foreign.load(from.cache.keep(key, built));
}

/** The same while everything waits, one file after the other, for calls that may not be awaited. */
export function buildObjectSync(from: ObjectSource, source: Source): LoadedObject {
  const key = objectKey(from, source);
  const known = findObject(from, key);
  if (known !== undefined) return known;
  const built = from.cache.temporary(key);
  const { path } = from.compiler;
  const given = { input: source.text, maxBuffer: 2 ** 24, encoding: 'utf8' } as const;
  const result = spawnSync(path, argumentsFor(from.compiler, built), given);
  if (result.status !== 0) throw failure(path, built, result.stderr ?? '', result.error);
  return from.foreign.load(from.cache.keep(key, built));
}

/** Compiles files at the same time and links them. When one fails, nothing is left of the others either. */
async function buildParts(compiler: Compiler, files: readonly string[], built: string): Promise<void> {
  const parts = files.map((_, index) => `${built}.${index}.o`);
  try {
    const compiled = files.map((text, index) => {
      const part = parts[index] as string;
      return run(compiler, [...compiler.flags, '-c', '-x', 'c', '-', '-o', part], text, part);
    });
    // All of them, so that none writes after the failure of another has been reported.
    const failed = (await Promise.allSettled(compiled)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    await run(compiler, [...compiler.flags, ...compiler.linkFlags, ...parts, '-o', built], '', built);
  } finally {
    for (const part of parts) rmSync(part, { force: true });
  }
}

/** Runs the compiler on a text. When it fails, removes what it was to write. */
function run({ path }: Compiler, args: readonly string[], text: string, writes: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(path, args, { maxBuffer: 2 ** 24 }, (error, _, messages) => {
      if (error === null) resolve();
      else reject(failure(path, writes, messages, error));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

function argumentsFor({ flags, linkFlags }: Compiler, built: string): string[] {
  return [...flags, ...linkFlags, '-x', 'c', '-', '-o', built];
}

function failure(path: string, writes: string, messages: string, cause: unknown): RheoError {
  rmSync(writes, { force: true });
  const first = messages.split('\n').find((line) => line.includes('error')) ?? messages.split('\n')[0] ?? '';
  return new RheoError('backend', {
    from: '@rheo/backend-native',
    what: `the compiler ${path} failed${first === '' ? '' : `: ${first.trim()}`}`,
    where: 'compile',
    remedy: 'Set CC to a recent gcc or clang',
    cause,
  });
}
