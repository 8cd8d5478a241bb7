/**
 * Compiles a Program once per backend, Program and options, however many ask for it.
 *
 * Everyone who asks gets a handle of their own; the code and its memory go when the last of them is disposed, or with
 * the backend. A failed compile is not remembered.
 */

import type { Backend, CompileOptions, DeviceTensor, Executable, Program, SyncBackend, SyncExecutable } from '@rheo/ir';
import { hash, RheoError } from '@rheo/ir';

interface Entry {
  readonly executable: Promise<Executable>;
  users: number;
}

const caches = new WeakMap<Backend, Map<string, Entry>>();

/** An executable of the Program on the backend; the same Program and options share one. */
export function compile(backend: SyncBackend, program: Program, options?: CompileOptions): Promise<SyncExecutable>;
export function compile(backend: Backend, program: Program, options?: CompileOptions): Promise<Executable>;
export async function compile(
  backend: Backend,
  program: Program,
  options: CompileOptions = {},
): Promise<Executable | SyncExecutable> {
  const cache = caches.get(backend) ?? new Map<string, Entry>();
  caches.set(backend, cache);
  const key = `${hash(program)} ${keyOf(options)}`;
  const entry = cache.get(key) ?? { executable: backend.compile(program, options), users: 0 };
  cache.set(key, entry);
  entry.users++;
  const leave = (): boolean => {
    entry.users--;
    if (entry.users === 0 && cache.get(key) === entry) cache.delete(key);
    return entry.users === 0;
  };
  try {
    const executable = await entry.executable;
    return handle(executable, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

/** Donation and sizes count, in whatever order they are written. */
function keyOf({ donate = [], dims = {}, passes = {} }: CompileOptions): string {
  const sorted = (record: Readonly<Record<string, unknown>>): [string, unknown][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([[...donate].sort((a, b) => a - b), sorted(dims), sorted(passes)]);
}

/** One user's hold on a shared executable. */
function handle<E extends Executable>(executable: E, leave: () => boolean): E {
  let open = true;
  const alive = (): E => {
    if (open) return executable;
    throw new RheoError('disposed', {
      from: '@rheo/core',
      what: 'an executable was used after it was disposed',
      remedy: 'Compile the Program again',
    });
  };
  const { inputs, results, workspaceBytes, profile } = executable;
  const base = {
    inputs,
    results,
    workspaceBytes,
    run: (values: readonly DeviceTensor[]) => alive().run(values),
    bind: (fixed: ReadonlyMap<number, DeviceTensor>) => alive().bind(fixed),
    dispose: () => {
      if (!open) return;
      open = false;
      if (leave()) executable.dispose();
    },
    ...(profile === undefined ? {} : { profile: (values: readonly DeviceTensor[]) => profile.call(alive(), values) }),
    ...('runInto' in executable
      ? {
          runInto: (...args: Parameters<SyncExecutable['runInto']>) =>
            (alive() as unknown as SyncExecutable).runInto(...args),
        }
      : {}),
  };
  return base as unknown as E;
}
