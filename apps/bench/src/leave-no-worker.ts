/**
 * Runs an engine's loading code and takes away the global `Worker` that it may leave behind in Node.
 *
 * Node has no such global, and ONNX Runtime web 1.30 defines one; jax-js 0.1.25 then believes in browser threads and
 * fails on a blob URL. With one thread per engine nobody needs it.
 */
export async function leaveNoWorker<T>(load: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  try {
    return await load();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker');
  }
}
