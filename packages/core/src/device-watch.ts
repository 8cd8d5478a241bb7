/**
 * Watches over one backend's `lost`, so that nothing waits for a device that is gone: an engine may never settle a read
 * that was pending.
 *
 * There is one watch for each backend, and it asks `lost` once. Racing each read against it would leave a reaction behind
 * on a promise that lives as long as the backend.
 */

import type { Backend, DeviceLost } from '@rheo/ir';
import { isRheoError, RheoError } from '@rheo/ir';

/** What is known of a device, and how to wait for it. */
export interface DeviceWatch {
  /** How it ended; undefined while it is there. */
  readonly gone: DeviceLost | undefined;
  /** Throws `lost` or `disposed` if the device is gone. */
  check(): void;
  /** What `work` gives; rejects with `lost` or `disposed` as soon as the device is gone, whether `work` settles or not. */
  wait<T>(work: Promise<T>): Promise<T>;
  /** Disposes handles and executables; those of a device that is gone may fail to, for they went with it. */
  free(owned: Iterable<{ dispose(): void }>): void;
}

const watches = new WeakMap<Backend, DeviceWatch>();

/** The watch over a backend. */
export function watchDevice(backend: Backend): DeviceWatch {
  const watch = watches.get(backend) ?? createWatch(backend);
  watches.set(backend, watch);
  return watch;
}

function createWatch({ lost, name }: Backend): DeviceWatch {
  const waiting = new Set<(error: RheoError) => void>();
  let gone: DeviceLost | undefined;
  const failure = ({ reason, message }: DeviceLost): RheoError =>
    new RheoError(reason, {
      from: '@rheo/core',
      what: reason === 'lost' ? `the device of ${name} was lost: ${message}` : `the backend ${name} was disposed`,
    });
  const end = (loss: DeviceLost): void => {
    gone = loss;
    for (const reject of waiting) reject(failure(loss));
    waiting.clear();
  };
  lost.then(end, (cause: unknown) => end({ reason: 'lost', message: String(cause) }));
  return {
    get gone(): DeviceLost | undefined {
      return gone;
    },
    check: () => {
      if (gone !== undefined) throw failure(gone);
    },
    wait: (work) =>
      new Promise((resolve, reject) => {
        if (gone === undefined) waiting.add(reject);
        else reject(failure(gone));
        work.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    free: (owned) => {
      for (const one of owned) {
        try {
          one.dispose();
        } catch (error) {
          const dead = isRheoError(error) && (error.code === 'lost' || error.code === 'disposed');
          if (gone === undefined && !dead) throw error;
        }
      }
    },
  };
}
