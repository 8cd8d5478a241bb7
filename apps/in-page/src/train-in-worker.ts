/**
 * A training in a module worker: the page stays free, is told of each epoch, and can stop it with what was learnt.
 */

import type { PrepareOptions } from 'rheo';

/** What the worker tells of an epoch. */
export interface EpochNews {
  readonly epoch: number;
  readonly epochs: number;
  /** Of the validation data, or of the training where there are none. */
  readonly loss: number;
}

/** What is left of a training. */
export interface WorkerResult {
  /** File of the model; absent where nothing was learnt. */
  readonly model?: Uint8Array<ArrayBuffer>;
  /** Why it ended early. */
  readonly error?: string;
  readonly notes?: readonly string[];
}

/** Options that can be posted to a worker. */
export type WorkerOptions = PrepareOptions & { readonly epochs?: number; readonly seed?: number };

/**
 * Trains on a file that the user chose. The signal ends it at the next step; the result then has the model so far. Rejects
 * when the worker cannot be loaded.
 */
export async function trainInWorker(
  file: File,
  options: WorkerOptions,
  { signal, onEpoch }: { readonly signal: AbortSignal; onEpoch(news: EpochNews): void },
): Promise<WorkerResult> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const stop = (): void => worker.postMessage({});
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<EpochNews | WorkerResult>) =>
        'epoch' in data ? onEpoch(data) : resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message || 'the worker could not be loaded'));
      signal.addEventListener('abort', stop);
      worker.postMessage({ file, options });
      if (signal.aborted) stop();
    });
  } finally {
    signal.removeEventListener('abort', stop);
    worker.terminate();
  }
}
