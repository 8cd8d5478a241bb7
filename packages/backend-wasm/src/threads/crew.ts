/**
 * The workers of one backend, and the caller's side of the protocol: jobs are begun and joined, modules posted.
 *
 * A job is one parallel loop of one run. The caller takes iterations like everybody else, so a worker that comes late or
 * not at all costs time and nothing more; joining waits only for workers that are inside. A worker that fails, ends or
 * does not come out again loses the whole crew: its iterations are half done. Waits sleep where the engine lets this
 * thread sleep, and spin on a page's main thread.
 */

import { RheoError } from '@rheo/ir';
import { words } from './control-block.ts';
import type { Member } from './start-worker.ts';
import type { FromWorker } from './worker-source.ts';

/** A Program whose loops the crew can work on. */
export interface CrewProgram {
  readonly number: number;
  /** When all workers have its module; until then fewer threads work on it. */
  readonly ready: Promise<void>;
  /** What the caller's instance imports: opens a job for a loop, and waits until it is done. */
  readonly imports: { readonly begin: (loop: number) => void; readonly join: () => void };
  /** Takes the module back from all workers. */
  remove(): void;
}

/** Looks at a word before sleeping on it. */
const patience = 2000;
/** Milliseconds that workers may stay inside a job after the caller has run out of work, beyond 30 times its own work. */
const patienceLimit = 30_000;

/** What tests want otherwise. */
export interface CrewOptions {
  /** Milliseconds instead of the usual patience. */
  readonly limit?: number;
  /** The caller takes nothing before every worker has entered the job. */
  readonly together?: boolean;
}

interface Waiter {
  missing: number;
  resolve(): void;
  reject(error: Error): void;
}

/** See the head of this file. */
export class Crew {
  /** Threads that work on a job: the workers and the caller. */
  readonly threads: number;
  readonly #members: readonly Member[];
  readonly #control: Int32Array<ArrayBufferLike>;
  readonly #onLost: (failure: RheoError) => void;
  readonly #limit: number;
  readonly #together: boolean;
  readonly #maySleep: boolean;
  readonly #waiters = new Map<number, Waiter>();
  #programs = 0;
  #mail = 0;
  #job = 0;
  #begun = 0;
  #failure: RheoError | undefined;

  /** Takes over workers that run. `control` is the address of a block of zeros in the shared memory. */
  constructor(
    members: readonly Member[],
    memory: WebAssembly.Memory,
    control: number,
    onLost: (failure: RheoError) => void,
    { limit = patienceLimit, together = false }: CrewOptions = {},
  ) {
    this.threads = members.length + 1;
    this.#members = members;
    this.#control = new Int32Array(memory.buffer, control);
    this.#onLost = onLost;
    this.#limit = limit;
    this.#together = together;
    this.#maySleep = maySleep(this.#control);
    members.forEach((member, index) => {
      member.listen(
        (message) => this.#hear(message),
        (reason) => this.#lose(reason),
      );
      member.post({ kind: 'start', memory, control, thread: index + 1 });
    });
  }

  /** Posts a module to all workers. */
  add(module: WebAssembly.Module): CrewProgram {
    this.#check();
    const number = ++this.#programs;
    this.#post({ kind: 'add', program: number, module });
    const mail = this.#mail;
    const ready = new Promise<void>((resolve, reject) => {
      this.#waiters.set(mail, { missing: this.#members.length, resolve, reject });
    });
    // Nobody need wait for it.
    ready.catch(() => {});
    for (const member of this.#members) member.hold(true);
    return {
      number,
      ready,
      imports: { begin: (loop) => this.begin(number, loop), join: () => this.join() },
      remove: () => {
        if (this.#failure === undefined) this.#post({ kind: 'remove', program: number });
      },
    };
  }

  /** Opens a job; the caller then takes iterations too, and joins. */
  begin(program: number, loop: number): void {
    this.#check();
    this.#drain();
    const control = this.#control;
    this.#job = (this.#job % 0x7fffffff) + 1;
    Atomics.store(control, words.program, program);
    Atomics.store(control, words.loop, loop);
    Atomics.store(control, words.next, 0);
    Atomics.store(control, words.entered, 0);
    Atomics.store(control, words.open, this.#job);
    this.#begun = performance.now();
    this.#signal();
    while (this.#together && Atomics.load(control, words.entered) < this.#members.length);
  }

  /** Returns when every iteration of the job is done. Throws `lost` if a worker failed in it. */
  join(): void {
    this.#drain();
    const failed = Atomics.load(this.#control, words.failed);
    if (failed === 0) return;
    const length = this.#control[words.textLength] ?? 0;
    const text = String.fromCharCode(...this.#control.subarray(words.text, words.text + length));
    this.#lose(`worker ${failed} failed in a run: ${text}`);
    this.#check();
  }

  /** Ends all workers. */
  async dispose(): Promise<void> {
    this.#fail('disposed', 'the backend was disposed');
    await this.#end();
  }

  async #end(): Promise<void> {
    // Engines give a worker seconds to wake up by itself before they end it: it goes to its event loop to die.
    Atomics.store(this.#control, words.mail, -1);
    this.#signal();
    await Promise.all(this.#members.map((member) => member.end()));
  }

  #post(message: Parameters<Member['post']>[0]): void {
    for (const member of this.#members) member.post(message);
    this.#mail++;
    Atomics.store(this.#control, words.mail, this.#mail);
    this.#signal();
  }

  #signal(): void {
    Atomics.add(this.#control, words.signal, 1);
    Atomics.notify(this.#control, words.signal);
  }

  #hear(message: FromWorker): void {
    if (message.kind !== 'taken') return;
    const waiter = this.#waiters.get(message.mail);
    if (waiter === undefined || --waiter.missing > 0) return;
    this.#waiters.delete(message.mail);
    if (this.#waiters.size === 0) for (const member of this.#members) member.hold(false);
    waiter.resolve();
  }

  /** Closes the job and waits until nobody is inside. */
  #drain(): void {
    const control = this.#control;
    Atomics.store(control, words.open, 0);
    const start = performance.now();
    const limit = this.#limit + 30 * (start - this.#begun);
    for (let looks = 0; ; looks++) {
      const active = Atomics.load(control, words.active);
      if (active === 0) return;
      if (looks < patience) continue;
      if (this.#maySleep) Atomics.wait(control, words.active, active, 100);
      else looks = 0;
      if (performance.now() - start < limit) continue;
      this.#lose(`a worker did not come back from a run within ${(limit / 1000).toFixed(0)} s`);
      this.#check();
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #lose(message: string): void {
    if (this.#failure !== undefined) return;
    const failure = this.#fail('lost', message);
    void this.#end();
    this.#onLost(failure);
  }

  #fail(code: 'lost' | 'disposed', message: string): RheoError {
    const failure =
      this.#failure ??
      new RheoError(code, {
        from: '@rheo/backend-wasm',
        what: message,
        remedy: code === 'lost' ? 'Create another backend with wasm() and load the last checkpoint there' : undefined,
      });
    this.#failure = failure;
    for (const waiter of this.#waiters.values()) waiter.reject(failure);
    this.#waiters.clear();
    return failure;
  }
}

/** False on a page's main thread. */
function maySleep(control: Int32Array<ArrayBufferLike>): boolean {
  try {
    // Nothing is 1 here yet: where sleeping is allowed this returns at once.
    Atomics.wait(control as Int32Array<SharedArrayBuffer>, words.signal, 1, 0);
    return true;
  } catch {
    return false;
  }
}
