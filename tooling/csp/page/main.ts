/** Runs the program in the page and in a worker, and leaves both results, and whether eval was blocked, for the test to read. */
import type { ProgramResult } from './program.ts';
import { runProgram } from './program.ts';

/** What one place computed, or why it could not. */
export interface Outcome {
  readonly result?: ProgramResult;
  readonly error?: string;
}

/** What the test reads from `window.outcome`. */
export interface PageOutcome {
  readonly page: Outcome;
  readonly worker: Outcome;
  readonly evalBlocked: boolean;
}

async function inPage(): Promise<Outcome> {
  try {
    return { result: await runProgram() };
  } catch (error) {
    return { error: String(error) };
  }
}

function inWorker(): Promise<Outcome> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<Outcome>) => resolve(event.data);
    worker.onerror = (event) => resolve({ error: `worker: ${event.message || 'blocked'}` });
  });
}

function evalBlocked(): boolean {
  try {
    new Function('return 1');
    return false;
  } catch {
    return true;
  }
}

const page = await inPage();
const worker = await inWorker();
Object.assign(globalThis, { outcome: { page, worker, evalBlocked: evalBlocked() } satisfies PageOutcome });
