/**
 * The end of a device that went away: work that waits for it fails with `lost`, also where the engine never answers.
 *
 * Engines on processors do not lose theirs; a GPU may be reset, unplugged or destroyed at any time.
 */

import { RheoError } from '@rheo/ir';

/** Watches one device. */
export class Loss {
  readonly #waiting: Set<(reason: RheoError) => void> = new Set();
  /** Resolves with the message once the device is gone. */
  readonly happened: Promise<string>;
  #tell: (message: string) => void = () => {};
  #error: RheoError | undefined;

  constructor() {
    this.happened = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  /** What happened; undefined while the device is there. */
  get error(): RheoError | undefined {
    return this.#error;
  }

  /** The device went away: everything that waits fails. Later calls change nothing. */
  tell(message: string): void {
    if (this.#error !== undefined) return;
    this.#error = new RheoError('lost', {
      from: '@rheo/backend-onnx',
      what: `the device was lost: ${message}`,
      remedy: 'Create another backend and go on from the last checkpoint',
    });
    this.#tell(message);
    for (const fail of this.#waiting) fail(this.#error);
    this.#waiting.clear();
  }

  /** The task's result, or `lost` if the device goes away first. */
  async during<T>(task: () => Promise<T>): Promise<T> {
    if (this.#error !== undefined) throw this.#error;
    let fail: (reason: RheoError) => void = () => {};
    // Not Promise.race with one long-lived promise: that would keep a reaction of every task for ever.
    const lost = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.#waiting.add(fail);
    try {
      return await Promise.race([task(), lost]);
    } catch (error) {
      // What an engine says of a device that is gone is not the cause.
      throw this.#error ?? error;
    } finally {
      this.#waiting.delete(fail);
    }
  }
}
