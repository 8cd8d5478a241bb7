/** What happens when a worker fails, ends, or does not come back: the backend is lost, and nothing hangs. */
import { isRheoError } from '@rheo/ir';
import { afterEach, describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../src/assembler/module-builder.ts';
import { wasm } from '../src/index.ts';
import { controlBytes, words } from '../src/threads/control-block.ts';
import { Crew } from '../src/threads/crew.ts';
import type { Member } from '../src/threads/start-worker.ts';
import { startWorker } from '../src/threads/start-worker.ts';
import { rows } from './shared-loops.ts';

const control = 64;

/** A module whose workers run `body` as their part of a job. */
async function moduleThat(
  body: (f: ReturnType<ModuleBuilder['func']>, thread: ReturnType<ModuleBuilder['global']>) => void,
  pages = 1,
): Promise<WebAssembly.Module> {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { min: 1, max: pages, shared: true });
  const thread = module.global('i32', 0, { mutable: true });
  const enlist = module.func('enlist', { params: ['i32'], results: [], exportAs: 'enlist' });
  enlist.get(enlist.param(0));
  enlist.setGlobal(thread);
  body(module.func('work', { params: ['i32'], results: [], exportAs: 'work' }), thread);
  return WebAssembly.compile(module.bytes());
}

const crews: Crew[] = [];
afterEach(async () => {
  for (const crew of crews.splice(0)) await crew.dispose();
});

interface Made {
  readonly crew: Crew;
  readonly view: Int32Array<ArrayBufferLike>;
  readonly members: readonly Member[];
  /** Reasons for which it was lost. */
  readonly reasons: readonly string[];
}

async function makeCrew(workers: number, limit?: number): Promise<Made> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const members = await Promise.all(Array.from({ length: workers }, () => startWorker()));
  const reasons: string[] = [];
  const options = { together: true, ...(limit !== undefined && { limit }) };
  const crew = new Crew(members, memory, control, ({ details }) => reasons.push(details.what), options);
  crews.push(crew);
  return { crew, view: new Int32Array(memory.buffer, control, controlBytes / 4), members, reasons };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isRheoError(error)) return error.code;
    throw error;
  }
  return 'none';
}

it('has every worker in every job, one job after the other', async () => {
  const { crew, view } = await makeCrew(3);
  const place = (controlBytes + 128) & ~63;
  const program = crew.add(
    await moduleThat((f, thread) => {
      // Word 16·thread counts the jobs of a thread; word 1 of it sums up their loops.
      for (const offset of [0, 4]) {
        f.getGlobal(thread);
        f.i32Const(6);
        f.op('i32.shl');
        f.getGlobal(thread);
        f.i32Const(6);
        f.op('i32.shl');
        f.load('i32.load', { offset: control + place + offset });
        if (offset === 0) f.i32Const(1);
        else f.get(f.param(0));
        f.op('i32.add');
        f.store('i32.store', { offset: control + place + offset });
      }
    }),
  );
  await program.ready;
  const jobs = 2000;
  for (let job = 0; job < jobs; job++) {
    crew.begin(program.number, job);
    crew.join();
  }
  expect(Atomics.load(view, words.active)).toBe(0);
  const memory = new Int32Array(view.buffer, control + place);
  for (const thread of [1, 2, 3]) {
    expect(memory[thread * 16]).toBe(jobs);
    expect(memory[thread * 16 + 1]).toBe((jobs * (jobs - 1)) / 2);
  }
});

describe('a worker', () => {
  it('that traps in a run loses the backend with its message', async () => {
    const { crew, reasons } = await makeCrew(2);
    const program = crew.add(await moduleThat((f) => f.op('unreachable')));
    await program.ready;
    crew.begin(program.number, 0);
    expect(codeOf(() => crew.join())).toBe('lost');
    expect(reasons).toEqual([expect.stringMatching(/^worker [12] failed in a run: RuntimeError: unreachable/)]);
    expect(codeOf(() => crew.begin(program.number, 0))).toBe('lost');
    expect(codeOf(() => crew.add(new WebAssembly.Module(new ModuleBuilder().bytes())))).toBe('lost');
  });

  it('that has no memory for its part loses the backend', async () => {
    const { crew, reasons } = await makeCrew(1);
    const big = new ModuleBuilder();
    // A memory of its own sort: what the worker is handed does not fit the import.
    big.importMemory('env', 'memory', { min: 2, max: 2, shared: true });
    for (const [name, params] of [
      ['enlist', ['i32']],
      ['work', ['i32']],
    ] as const)
      big.func(name, { params, results: [], exportAs: name });
    const program = crew.add(await WebAssembly.compile(big.bytes()));
    await program.ready;
    // It fails before it is inside: `together` would wait for it for ever.
    crew.begin(program.number, 0);
    expect(codeOf(() => crew.join())).toBe('lost');
    expect(reasons).toEqual([expect.stringMatching(/^worker 1 failed in a run: LinkError/)]);
  });

  it('that does not come back is waited for no longer than the limit', async () => {
    const { crew, reasons } = await makeCrew(1, 300);
    const program = crew.add(await moduleThat((f) => f.loop((again) => f.br(again))));
    await program.ready;
    crew.begin(program.number, 0);
    expect(codeOf(() => crew.join())).toBe('lost');
    expect(reasons).toEqual([expect.stringMatching(/^a worker did not come back from a run within/)]);
  });

  it('that fails between runs loses the backend', async () => {
    const { crew, members, reasons } = await makeCrew(2);
    const program = crew.add(await moduleThat(() => {}));
    await program.ready;
    // What no version of the code posts: it throws where nothing catches.
    members[0]?.post(null as never);
    crew.add(await moduleThat(() => {}));
    await expect.poll(() => reasons.length, { timeout: 20_000 }).toBe(1);
    expect(reasons[0]).toMatch(/^a worker failed: TypeError/);
    expect(codeOf(() => crew.begin(program.number, 0))).toBe('lost');
  });
});

it('a lost backend says so everywhere, and can be disposed', async () => {
  const backend = await wasm({ threads: 2, leastWork: 0 });
  const internals = backend as unknown as {
    readonly crew: {
      add(module: WebAssembly.Module): { number: number };
      begin(program: number, loop: number): void;
      join(): void;
    };
  };
  const executable = await backend.compile(rows(4));
  const trap = internals.crew.add(await moduleThat((f) => f.op('unreachable'), 32768));
  expect(
    codeOf(() => {
      // The caller may be done before the worker has come: until then the job is only opened again.
      for (;;) {
        internals.crew.begin(trap.number, 0);
        internals.crew.join();
      }
    }),
  ).toBe('lost');
  await expect(backend.lost).resolves.toMatchObject({ reason: 'lost', message: expect.stringMatching(/unreachable/) });
  expect(codeOf(() => executable.run([]))).toBe('lost');
  expect(codeOf(() => backend.upload(new Float32Array(1), { dtype: 'f32', shape: [1] }))).toBe('lost');
  await expect(backend.compile(rows(4))).rejects.toMatchObject({ code: 'lost' });
  executable.dispose();
  await backend.dispose();
  expect(codeOf(() => backend.upload(new Float32Array(1), { dtype: 'f32', shape: [1] }))).toBe('disposed');
});
