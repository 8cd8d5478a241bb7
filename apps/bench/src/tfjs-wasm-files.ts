/**
 * Tells the WebAssembly backend of TensorFlow.js where its files lie, in Node and in a page, and to use one thread.
 */

const files = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

async function load(): Promise<void> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const tf = await import('@tensorflow/tfjs-core');
  const folder = new URL('../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url);
  const place = ({ protocol, pathname, href }: URL): string =>
    protocol === 'file:' ? decodeURIComponent(pathname) : href;
  wasm.setThreadsCount(1);
  wasm.setWasmPaths(Object.fromEntries(files.map((file) => [file, place(new URL(file, folder))])));
  // The form with threads wants a worker of its own.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
}

let loading: Promise<void> | undefined;

/** Loads the backend's package once; the engine has it under the name `wasm` then. */
export function loadTfjsWasm(): Promise<void> {
  loading ??= load();
  return loading;
}
