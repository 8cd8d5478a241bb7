/**
 * One chain of work for each runtime module: engines do not take calls at the same time, so the adapter orders them.
 */

import type { OnnxRuntime } from './runtime.ts';

/** Runs tasks one after the other, in the order in which they came; one that fails does not stop the next. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** The task's result. A rejection that nobody awaits stays silent: it is stored in the handles it concerns. */
  add<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const queues = new WeakMap<OnnxRuntime, Queue>();

/** The queue of a module: two backends on one engine share it. */
export function queueOf(runtime: OnnxRuntime): Queue {
  const found = queues.get(runtime) ?? new Queue();
  queues.set(runtime, found);
  return found;
}
