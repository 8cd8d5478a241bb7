/**
 * One backend of a tfjs engine: the check that it is there, and work on it while it is the engine's current one.
 *
 * The engine is global and has a current backend. It is ours only within a `segment`, which is synchronous; then the
 * user's is current again, so neither his code nor another adapter is disturbed.
 */

import { RheoError } from '@rheo/ir';
import type { Faults } from './faults.ts';
import { findFaults } from './faults.ts';
import type { Loss } from './loss.ts';
import { watchLoss } from './loss.ts';
import { Refusals } from './refusals.ts';
import type { Tfjs, TfjsModule } from './runtime.ts';

/** A backend of tfjs as the adapter sees it. */
export interface Engine {
  readonly tf: Tfjs;
  /** Name under which tfjs knows it. */
  readonly name: string;
  readonly version: string;
  readonly faults: Faults;
  /** Most elements of one tensor. */
  readonly maxElements: number;
  readonly loss: Loss;
  readonly refusals: Refusals;
  /** Runs a piece of synchronous work with this backend as the current one. */
  segment<T>(work: () => T): Promise<T>;
}

/** Packages that register a backend when they are imported. */
const packages: Readonly<Record<string, string>> = {
  cpu: '@tensorflow/tfjs-backend-cpu',
  wasm: '@tensorflow/tfjs-backend-wasm',
  webgl: '@tensorflow/tfjs-backend-webgl',
  webgpu: '@tensorflow/tfjs-backend-webgpu',
  tensorflow: '@tensorflow/tfjs-node',
};

/** The module as one of tfjs-core, 4.20 or newer. Throws `argument` for what is none, `capability` for an older one. */
export function checkModule(module: TfjsModule): Tfjs {
  const tf = module as unknown as Tfjs | undefined;
  if (typeof tf?.engine !== 'function' || typeof tf.setBackend !== 'function' || typeof tf.tidy !== 'function') {
    throw new RheoError('argument', {
      from: '@rheo/backend-tfjs',
      what: 'tf is not a module of TensorFlow.js',
      where: 'tfjs',
      remedy: "Pass the module itself: import * as tf from '@tensorflow/tfjs-core'",
    });
  }
  const version = tf.version_core ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > 4 || (major === 4 && minor >= 20))) {
    throw new RheoError('capability', {
      from: '@rheo/backend-tfjs',
      what: `needs tfjs-core 4.20 or newer, not ${version}`,
      where: 'tfjs',
      remedy: 'Install @tensorflow/tfjs-core@4 and a backend package of the same version',
    });
  }
  return tf;
}

/** The backend of this name, started. Throws `capability` with what was found where it is not there or does not start. */
export async function openEngine(tf: Tfjs, name: string): Promise<Engine> {
  const found = Object.keys(tf.engine().registryFactory ?? {});
  if (!found.includes(name)) throw missing(name, found);
  await settled(tf);
  const before = tf.getBackend();
  let cause: unknown;
  const started = await tf.setBackend(name).catch((error: unknown) => {
    cause = error;
    return false;
  });
  if (before !== undefined && before !== null && before !== name) await tf.setBackend(before);
  const instance = started ? tf.findBackend(name) : undefined;
  if (instance === null || instance === undefined) throw missing(name, found, cause);
  const refusals = new Refusals(instance);
  const segment = <T>(work: () => T): Promise<T> => runSegment(tf, name, () => refusals.watch(work));
  return {
    tf,
    name,
    version: tf.version_core ?? '',
    faults: await findFaults(tf, segment),
    maxElements: maxElementsOf(tf, name, instance),
    loss: watchLoss(instance),
    refusals,
    segment,
  };
}

async function runSegment<T>(tf: Tfjs, name: string, work: () => T): Promise<T> {
  await settled(tf);
  const before = tf.getBackend();
  if (before === name) return work();
  // A backend that has started becomes current at once; the promise tells nothing more.
  void tf.setBackend(name);
  try {
    return work();
  } finally {
    if (before !== undefined && before !== null) void tf.setBackend(before);
  }
}

/** Waits while the user changes the backend. Where none was chosen yet, nothing is chosen for him. */
async function settled(tf: Tfjs): Promise<void> {
  const before = tf.getBackend();
  if (before !== undefined && before !== null) await tf.ready();
}

function maxElementsOf(tf: Tfjs, name: string, instance: unknown): number {
  if (name === 'webgl') return tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE') ** 2;
  const { device } = instance as { readonly device?: { readonly limits?: { maxStorageBufferBindingSize?: number } } };
  return (device?.limits?.maxStorageBufferBindingSize ?? Number.POSITIVE_INFINITY) / 4;
}

function missing(name: string, found: readonly string[], cause?: unknown): RheoError {
  const reason = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : '';
  const known = packages[name];
  const registered = found.includes(name);
  const others = found.filter((other) => other !== name);
  const choose = others.length > 0 ? ` or choose one of ${others.join(', ')}` : '';
  return new RheoError('capability', {
    from: '@rheo/backend-tfjs',
    what: registered
      ? `the tfjs backend "${name}" does not start here${reason}`
      : `tfjs has no backend "${name}"; registered are: ${found.join(', ') || 'none'}`,
    where: 'backend',
    remedy: registered
      ? `See that its device and its files are there${choose}`
      : `Import the package that registers it${known === undefined ? '' : `: import '${known}'`}${choose}`,
    cause,
  });
}
