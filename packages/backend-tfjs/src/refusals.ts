/**
 * Kernels that a WebGPU device refuses. It then drops the whole batch of work in which they stand, and results are
 * whatever the memory held; nothing throws. So each piece of work is watched, and numbers are read only if none was refused.
 */

import { RheoError } from '@rheo/ir';

interface WatchedDevice {
  pushErrorScope?(filter: 'validation'): void;
  popErrorScope?(): Promise<{ readonly message: string } | null>;
}

/** See the head of this file. Devices that throw by themselves are not watched. */
export class Refusals {
  readonly #device: WatchedDevice | undefined;
  readonly #asked: Set<Promise<void>> = new Set();
  #failure: RheoError | undefined;

  /** Watches the device of a backend of tfjs. */
  constructor(instance: unknown) {
    this.#device = (instance as { readonly device?: WatchedDevice }).device;
  }

  /** Runs synchronous work under watch. */
  watch<T>(work: () => T): T {
    const device = this.#device;
    if (device?.pushErrorScope === undefined || device.popErrorScope === undefined) return work();
    device.pushErrorScope('validation');
    try {
      return work();
    } finally {
      const asked: Promise<void> = device
        .popErrorScope()
        .then(
          (error) => {
            if (error !== null) this.#failure ??= refused(error.message);
          },
          // A lost device answers nothing; its loss is told elsewhere.
          () => undefined,
        )
        .finally(() => this.#asked.delete(asked));
      this.#asked.add(asked);
    }
  }

  /** Throws `backend` if anything so far was refused. */
  async check(): Promise<void> {
    await Promise.all(this.#asked);
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function refused(message: string): RheoError {
  return new RheoError('backend', {
    from: '@rheo/backend-tfjs',
    what: `the device refused a kernel of tfjs: ${message.split('\n')[0]}`,
    where: 'webgpu',
    remedy: 'Use another backend of tfjs: webgl, wasm or cpu',
  });
}
