/**
 * Starts one worker from inline source: in Node through worker_threads, elsewhere as a Worker from a blob.
 *
 * A worker that has not said that it runs is no worker: a content security policy may refuse it without a word, so there
 * is a time limit. Node's module is asked for by name at run time, which leaves bundles for pages free of it.
 */

import type { FromWorker, ToWorker } from './worker-source.ts';
import { workerSource } from './worker-source.ts';

/** A worker that runs. */
export interface Member {
  post(message: ToWorker): void;
  /** Where its messages go, and the reason if it ends by itself. */
  listen(onMessage: (message: FromWorker) => void, onEnd: (reason: string) => void): void;
  /** False while nobody waits for it: then it does not keep a Node process alive. */
  hold(held: boolean): void;
  end(): Promise<void>;
}

/** Milliseconds that a worker may take to start. */
const startLimit = 20_000;

/** What the two kinds of workers have alike. */
interface AnyWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

interface NodeWorker extends AnyWorker {
  on(event: string, listener: (value: unknown) => void): void;
  ref(): void;
  unref(): void;
}

type NodeWorkerClass = new (source: string, options: object) => NodeWorker;

/** Node's class of workers; undefined elsewhere. */
function nodeWorkers(): NodeWorkerClass | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const found = process?.getBuiltinModule?.('node:worker_threads') as { Worker: NodeWorkerClass } | undefined;
  return found?.Worker;
}

/** Starts a worker; rejects with an `Error` that says why there is none. */
export async function startWorker(): Promise<Member> {
  const NodeWorker = nodeWorkers();
  const member = NodeWorker === undefined ? openInPage() : openInNode(NodeWorker);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no worker started within ${startLimit / 1000} s`)), startLimit);
      member.listen(
        () => resolve(),
        (reason) => reject(new Error(reason)),
      );
    });
  } catch (error) {
    await member.end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  member.hold(false);
  return member;
}

/** A member whose listeners may be changed. */
function memberOf(worker: AnyWorker, hold: (held: boolean) => void) {
  let onMessage: (message: FromWorker) => void = () => {};
  let onEnd: (reason: string) => void = () => {};
  const member: Member = {
    post: (message) => worker.postMessage(message),
    listen(message, end) {
      onMessage = message;
      onEnd = end;
    },
    hold,
    async end() {
      onEnd = () => {};
      await worker.terminate();
    },
  };
  return {
    member,
    message: (value: unknown) => onMessage(value as FromWorker),
    ended: (reason: string) => onEnd(reason),
  };
}

function openInNode(NodeWorker: NodeWorkerClass): Member {
  // Without the flags and variables of the process: loaders and hooks would run in the worker too.
  const worker = new NodeWorker(workerSource('node'), { eval: true, execArgv: [], env: {} });
  const { member, message, ended } = memberOf(worker, (held) => (held ? worker.ref() : worker.unref()));
  worker.on('message', message);
  worker.on('error', (error) => ended(`a worker failed: ${String(error)}`));
  worker.on('exit', (code) => ended(`a worker ended with code ${String(code)}`));
  return member;
}

function openInPage(): Member {
  const url = URL.createObjectURL(new Blob([workerSource('web')], { type: 'text/javascript' }));
  let worker: Worker;
  try {
    worker = new Worker(url, { name: 'rheo' });
  } catch (error) {
    URL.revokeObjectURL(url);
    throw new Error(`the page may not start workers: ${String(error)}`);
  }
  const { member, message, ended } = memberOf(worker, () => {});
  const forget = (): void => URL.revokeObjectURL(url);
  worker.addEventListener('message', forget, { once: true });
  worker.addEventListener('error', forget, { once: true });
  worker.onmessage = ({ data }) => message(data);
  worker.onmessageerror = () => ended('a worker could not read a message');
  worker.onerror = (event) => {
    // What a policy refuses has no message of its own.
    event.preventDefault();
    ended(event.message ? `a worker failed: ${event.message}` : 'the page may not start workers from blob: addresses');
  };
  return member;
}
