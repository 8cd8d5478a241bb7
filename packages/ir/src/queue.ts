/**
 * One chain of work for each foreign engine: engines do not take calls at the same time, so their adapters order them.
 */

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

const queues = new WeakMap<object, Queue>();

/** The queue of an engine, by the object that stands for it: all backends on one engine share it. */
export function queueOf(engine: object): Queue {
  const found = queues.get(engine) ?? new Queue();
  queues.set(engine, found);
  return found;
}
