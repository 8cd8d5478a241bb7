/**
 * Finds out whether there can be threads, and starts them.
 *
 * Asked for a number, it gives so many or throws what stands in the way; asked for 'auto', it gives what there is and says
 * in a note why it is one thread. Threads need shared memory, which a page has only if it is cross-origin isolated.
 */

import { RheoError } from '@rheo/ir';
import { ModuleBuilder } from '../assembler/module-builder.ts';
import type { Target } from '../codegen/generate.ts';
import { Heap } from '../runtime/heap.ts';
import { controlBytes } from './control-block.ts';
import { Crew } from './crew.ts';
import { shareLoops } from './share-loops.ts';
import type { SharedMemory } from './shared-memory.ts';
import { shareMemory } from './shared-memory.ts';
import type { Member } from './start-worker.ts';
import { startWorker } from './start-worker.ts';

/** What is asked for. */
export interface ThreadOptions {
  readonly threads: number | 'auto';
  readonly maxBytes: number;
  readonly leastWork: number;
  /** For tests; see `CrewOptions`. */
  readonly together: boolean;
}

/** Threads that are ready for a backend. */
export interface Team {
  /** With the caller; 1 where there are no workers. */
  readonly threads: number;
  /** What people should know of them. */
  readonly notes: readonly string[];
  /** Puts the workers to work; `onLost` is told once if one fails. Absent where there are none. */
  readonly employ?: (onLost: (failure: RheoError) => void) => Employed;
}

/** A memory with workers on it. */
export interface Employed {
  readonly heap: Heap;
  readonly crew: Crew;
  readonly target: Target;
}

/** Threads that 'auto' takes at most: tiles of the usual batches are few. */
const autoLimit = 8;

/** What stands in the way of threads, and what to do about it. */
interface Obstacle {
  readonly what: string;
  readonly remedy: string;
}

/** Operations below which a loop is done before a second thread has begun. */
export const usualLeastWork = 1_000_000;

const maxThreads = 64;

/**
 * Makes the threads that are asked for. Throws `capability` if a number of them cannot be had, `memory` if they cannot share
 * any, and `argument` for an option that is out of range.
 */
export async function gatherThreads(options: ThreadOptions): Promise<Team> {
  checkOptions(options);
  const { threads } = options;
  const count = threads === 'auto' ? Math.min(autoLimit, processors()) : threads;
  if (count === 1) {
    return { threads: 1, notes: [threads === 'auto' ? 'one thread: there is one processor' : 'one thread'] };
  }
  const found = obstacleHere() ?? (await startAll(count - 1));
  if (Array.isArray(found)) return teamOf(found, options);
  const { what, remedy } = found as Obstacle;
  if (threads === 'auto') return { threads: 1, notes: [`one thread: ${what}. ${remedy}`] };
  throw new RheoError('capability', {
    from: '@rheo/backend-wasm',
    what: `cannot have ${threads} threads: ${what}`,
    where: 'threads',
    remedy: `${remedy}; { threads: 'auto' } takes one thread where there are no more`,
  });
}

function checkOptions({ threads, leastWork }: ThreadOptions): void {
  const fail = (what: string, remedy: string): never => {
    throw new RheoError('argument', { from: '@rheo/backend-wasm', what, where: 'wasm', remedy });
  };
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= maxThreads))
    fail(`threads is ${String(threads)}`, `Give a whole number from 1 to ${maxThreads}, or 'auto'`);
  if (!(leastWork >= 0)) fail(`leastWork is ${leastWork}`, 'Give a number of operations, 0 or more');
}

async function teamOf(members: readonly Member[], options: ThreadOptions): Promise<Team> {
  const { leastWork, together } = options;
  const threads = members.length + 1;
  let shared: SharedMemory;
  try {
    shared = shareMemory(options.maxBytes);
  } catch (error) {
    await Promise.all(members.map((member) => member.end()));
    throw error;
  }
  const { memory, pages, maxBytes, notes } = shared;
  return {
    threads,
    notes: [`${threads} threads`, ...notes],
    employ(onLost) {
      const heap = new Heap(maxBytes, memory);
      const control = heap.allocate(controlBytes, 'control of threads');
      return {
        heap,
        crew: new Crew(members, memory, control, onLost, { together }),
        target: {
          memory: { min: 1, max: pages, shared: true },
          sharing: shareLoops({ threads, control, leastWork }),
        },
      };
    },
  };
}

async function startAll(count: number): Promise<Member[] | Obstacle> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => startWorker()));
  const members = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed === undefined) return members;
  await Promise.all(members.map((member) => member.end()));
  const { message } = failed.reason as Error;
  return { what: message, remedy: 'Allow them with the policy worker-src blob:, or use { threads: 1 }' };
}

function processors(): number {
  return Math.max(1, (globalThis as { navigator?: Navigator }).navigator?.hardwareConcurrency ?? nodeProcessors());
}

/** Node before 21 has no `navigator`. */
function nodeProcessors(): number {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const os = process?.getBuiltinModule?.('node:os') as { availableParallelism(): number } | undefined;
  return os?.availableParallelism() ?? 1;
}

function obstacleHere(): Obstacle | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (crossOriginIsolated === false) {
    return {
      what: 'the page is not cross-origin isolated',
      remedy: 'Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    };
  }
  if (typeof SharedArrayBuffer === 'undefined' || !WebAssembly.validate(threadsProbe())) {
    return {
      what: 'this engine has no WebAssembly threads',
      remedy: 'Use a browser of 2022 or newer, or Node 16 or newer',
    };
  }
  return undefined;
}

function threadsProbe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 1, max: 1, shared: true });
  const f = module.func('probe', { params: [], results: ['i32'] });
  f.i32Const(0);
  f.memory('i32.atomic.load');
  return module.bytes();
}
