/**
 * Backends by the names of the command line, created and ended.
 *
 * A name is a family (`wasm`, `native`, `reference`, `onnx`, `onnx-web`, `tfjs`) and, where there is a choice, after a colon where
 * it computes: `onnx:cuda`. You get exactly that, or an error that says what to do; nothing takes its place.
 */

import { wasm } from '@rheo/backend-wasm';
import type { Backend } from '@rheo/ir';
import { RheoError } from '@rheo/ir';
import { readBackendName } from './backends/backend-name.ts';
import type { FoundEngine } from './backends/engine.ts';
import { findEngine, loadEngine } from './backends/engine.ts';
import { families } from './backends/families.ts';
import { installCommand } from './backends/install-command.ts';

/**
 * Creates a backend. Engines of others are taken from `folder`, else from where this command is installed. Throws
 * `argument` for an unknown name, `capability` where the engine is not installed, does not load, or lacks the place.
 */
export async function createBackend(name: string, folder: string): Promise<Backend> {
  const { family, place, full } = readBackendName(name);
  const { engines, create } = families[family];
  const wanted = engines(place);
  if (wanted.length === 0) return create(place, undefined);
  const found = findEngine(wanted, folder);
  if (found === undefined) throw missing(full, wanted[0] ?? [], folder);
  return create(place, load(full, found));
}

/** Runs `use` with a backend and disposes it afterwards. Throws as `createBackend` does. */
export async function withBackend<T>(name: string, folder: string, use: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await createBackend(name, folder);
  try {
    return await use(backend);
  } finally {
    await backend.dispose();
  }
}

/** Runs `use` with the wasm backend, for what always computes there, and disposes it afterwards. */
export async function withWasm<T>(use: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await wasm();
  try {
    return await use(backend);
  } finally {
    await backend.dispose();
  }
}

function load(name: string, found: FoundEngine): unknown {
  try {
    return loadEngine(found);
  } catch (cause) {
    const [{ name: failed, version, file }] = found;
    throw new RheoError('capability', {
      from: '@rheo/cli',
      what: `the backend ${name} needs ${failed}, and version ${version} in ${file} does not load: ${reasonOf(cause)}`,
      where: '--backend',
      remedy: 'Install it again, for this system and this version of Node',
      cause,
    });
  }
}

/** First line of what was thrown. */
function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}

function missing(name: string, packages: readonly string[], folder: string): RheoError {
  const [one] = packages;
  const what =
    packages.length === 1 ? `the package ${one}, which is` : `the packages ${packages.join(', ')}, which are`;
  return new RheoError('capability', {
    from: '@rheo/cli',
    what: `the backend ${name} needs ${what} not installed`,
    where: '--backend',
    remedy: `Run: ${installCommand(packages, folder)}`,
  });
}
