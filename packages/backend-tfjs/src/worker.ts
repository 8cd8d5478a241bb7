/**
 * The turn-taking on one engine: runs are driven in order, in synchronous segments between reads, until the device is
 * lost; then whatever is pending or comes later fails.
 */

import type { Queue } from '@rheo/ir';
import { isRheoError, RheoError } from '@rheo/ir';
import type { Engine } from './engine.ts';
import type { Run } from './interpret.ts';
import type { Value } from './value.ts';

/** See the head of this file. */
export class Worker {
  readonly engine: Engine;
  readonly queue: Queue;
  /** Rejects with `lost` when the device is gone. */
  readonly #gone: Promise<never>;
  #failure: RheoError | undefined;

  constructor(engine: Engine, queue: Queue) {
    this.engine = engine;
    this.queue = queue;
    this.#gone = engine.loss.told.then((message) => {
      this.#failure = lostError(message, engine.name);
      throw this.#failure;
    });
    this.#gone.catch(() => undefined);
  }

  /** Enqueues work. What the engine throws comes out as a typed error. */
  add<T>(task: () => Promise<T>): Promise<T> {
    return this.queue.add(async () => {
      try {
        return await this.#orLost(task);
      } catch (error) {
        // A device that is gone fails in many ways before it is told: then the loss is the cause.
        if (!isRheoError(error) && this.engine.loss.possible) await Promise.race([this.#gone, pause()]).catch(() => {});
        throw this.#failure ?? engineFailure(error);
      }
    });
  }

  /** Runs it to its end, and fetches what it asks for. Called within the queue only. */
  async drive<T>(run: Run<T>): Promise<T> {
    try {
      for (;;) {
        const step = await this.engine.segment(() => run.next());
        if (step.done === true) return step.value;
        await this.fetch(step.value);
      }
    } finally {
      // After a failure the run gives back what it holds; after its end this does nothing.
      run.return(undefined as T);
    }
  }

  /** Brings values to the host. */
  async fetch(values: readonly Value[]): Promise<void> {
    await this.#orLost(async () => {
      await this.engine.refusals.check();
      await Promise.all(values.map((value) => value.fetch()));
    });
  }

  /** A read from a lost device may never end, or give numbers that mean nothing. */
  async #orLost<T>(task: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    const result = await Promise.race([task(), this.#gone]);
    if (this.engine.loss.happened()) await this.#gone;
    return result;
  }
}

/** Milliseconds within which a loss is told after its first symptom. */
const patience = 200;

async function pause(): Promise<void> {
  const { setTimeout } = globalThis as unknown as { setTimeout(run: () => void, milliseconds: number): unknown };
  await new Promise<void>((resolve) => setTimeout(resolve, patience));
}

function lostError(message: string, name: string): RheoError {
  return new RheoError('lost', {
    from: '@rheo/backend-tfjs',
    what: message,
    where: `tfjs/${name}`,
    remedy: 'Create another backend and go on from the last checkpoint',
  });
}

/** What the engine throws, as a typed error; a typed error stays as it is. */
function engineFailure(cause: unknown): RheoError {
  if (isRheoError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/texture size|maximum on this browser/i.test(reason)) {
    return new RheoError('capability', {
      from: '@rheo/backend-tfjs',
      what: `a tensor is too large for a texture of this device: ${reason}`,
      remedy: 'Use smaller batches or shorter sequences, or a backend without textures: wasm, cpu, or Rheo’s own',
      cause,
    });
  }
  return new RheoError(/alloc|out of memory/i.test(reason) ? 'memory' : 'backend', {
    from: '@rheo/backend-tfjs',
    what: `the engine failed: ${reason}`,
    cause,
  });
}
