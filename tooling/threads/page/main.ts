/** Asks for threads in the page and in a worker of it, and leaves what came out for the test to read. */
import type { ProgramResult } from './program.ts';
import { runProgram } from './program.ts';

/** What the test reads from `window.outcome`. */
export interface PageOutcome {
  readonly isolated: boolean;
  readonly page: ProgramResult;
  readonly worker: ProgramResult | { readonly error: string };
}

function inWorker(): Promise<PageOutcome['worker']> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<PageOutcome['worker']>) => resolve(event.data);
    worker.onerror = (event) => resolve({ error: `worker: ${event.message || 'blocked'}` });
  });
}

const page = await runProgram();
const worker = await inWorker();
Object.assign(globalThis, { outcome: { isolated: crossOriginIsolated, page, worker } satisfies PageOutcome });
