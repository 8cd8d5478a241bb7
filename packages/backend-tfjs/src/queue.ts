/**
 * One chain of work for each engine of tfjs: the engine is shared by all who loaded it, so the adapters take turns.
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

/** The queue of an engine: backends on one engine share it, also where the module was loaded twice. */
export function queueOf(engine: object): Queue {
  const found = queues.get(engine) ?? new Queue();
  queues.set(engine, found);
  return found;
}
