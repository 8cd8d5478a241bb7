/**
 * Code for loops whose iterations threads share out: each takes the next ones that nobody has taken, until none is left.
 *
 * Which thread takes which iteration is left to chance; nothing that is computed depends on it. The caller opens a loop for
 * the workers (`env.begin`), takes iterations itself and waits for the rest (`env.join`). A worker has an instance of its
 * own: it calls `enlist(thread)` once, then `work(loop)` for each job, which reads the addresses of inputs and results
 * from a table that the caller's entry point has filled. How threads wake and wait is the business of crew.ts.
 */

import type { LoopStep, Lowered } from '@rheo/compiler';
import { operationsIn, planMemory } from '@rheo/compiler';
import type { FunctionBuilder, Local } from '../assembler/function-builder.ts';
import type { Layout, SharedLayout, SharedLoops, Sharing } from '../codegen/sharing.ts';
import { words } from './control-block.ts';

/** What code for threads must know. */
export interface SharingOptions {
  readonly threads: number;
  /** Address of the control block. */
  readonly control: number;
  /** Operations that a loop must have to be shared out. */
  readonly leastWork: number;
}

/** Operations that a thread takes at once at least: taking costs some tens of nanoseconds. */
const leastAtOnce = 40_000;

/** See the head of this file. */
export function shareLoops({ threads, control, leastWork }: SharingOptions): Sharing {
  const has = (step: LoopStep): boolean =>
    step.parallel && step.length > 1 && step.length * operationsIn(step.body) >= leastWork;
  return {
    layOut(lowered) {
      const loops = [...lowered.prepare, ...lowered.steps].filter((step) => step.kind === 'loop');
      return loops.some(has) ? layOut(lowered, threads) : undefined;
    },
    open(module, layout, base) {
      const begin = module.importFunc('env', 'begin', { params: ['i32'], results: [] });
      const join = module.importFunc('env', 'join', { params: [], results: [] });
      const { plan } = layout;
      const { ownBytes, table } = layout.shared as SharedLayout;
      const own = module.global('i32', 0, { mutable: true });
      const loops: FunctionBuilder[] = [];
      const place = (position: number) => ({ offset: base + table + position * 4 });
      return {
        offsetOf: (buffer) => ((plan.offsets[buffer] ?? -1) >= plan.privateFrom ? own : undefined),
        has,
        emit(f, step, body) {
          const take = module.func(`${f.name}:iterations`, { params: [], results: [] });
          f.i32Const(loops.length);
          f.call(begin);
          f.call(take);
          f.call(join);
          loops.push(take);
          const evenly = Math.ceil(step.length / (threads * 4));
          const atOnce = Math.min(evenly, Math.ceil(leastAtOnce / Math.max(1, operationsIn(step.body))));
          emitTaking(take, control + words.next * 4, step.length, atOnce, body);
        },
        publish(f, position, address) {
          f.i32Const(0);
          f.get(address);
          f.store('i32.store', place(position));
        },
        close(addresses) {
          const enlist = module.func('enlist', { params: ['i32'], results: [], exportAs: 'enlist' });
          enlist.get(enlist.param(0));
          enlist.i32Const(ownBytes);
          enlist.op('i32.mul');
          enlist.setGlobal(own);
          const work = module.func('work', { params: ['i32'], results: [], exportAs: 'work' });
          addresses.forEach((global, position) => {
            work.i32Const(0);
            work.load('i32.load', place(position));
            work.setGlobal(global);
          });
          loops.forEach((take, number) => {
            work.get(work.param(0));
            work.i32Const(number);
            work.op('i32.eq');
            work.if_(() => work.call(take));
          });
        },
      } satisfies SharedLoops;
    },
  };
}

/** Behind the plan come the other threads' own memory and the table. */
function layOut(lowered: Lowered, threads: number): Layout {
  const plan = planMemory(lowered, { threads: true });
  const ownBytes = plan.bytes - plan.privateFrom;
  const table = plan.bytes + (threads - 1) * ownBytes;
  const addresses = lowered.buffers.filter(({ kind }) => kind === 'input' || kind === 'result');
  return { plan, bytes: table + addresses.length * 4, shared: { ownBytes, table } };
}

/** Takes `atOnce` iterations at a time by adding to the word at `next`. */
function emitTaking(
  f: FunctionBuilder,
  next: number,
  length: number,
  atOnce: number,
  body: (f: FunctionBuilder, iteration: Local) => void,
): void {
  const iteration = f.local('i32');
  const end = f.local('i32');
  f.block((done) => {
    const leaveAtEnd = (): void => {
      f.tee(iteration);
      f.i32Const(length);
      f.op('i32.ge_s');
      f.brIf(done);
    };
    f.loop((again) => {
      f.i32Const(next);
      f.i32Const(atOnce);
      f.memory('i32.atomic.rmw.add');
      leaveAtEnd();
      if (atOnce === 1) body(f, iteration);
      else {
        f.get(iteration);
        f.i32Const(atOnce);
        f.op('i32.add');
        f.set(end);
        f.loop((more) => {
          body(f, iteration);
          f.get(iteration);
          f.i32Const(1);
          f.op('i32.add');
          leaveAtEnd();
          f.get(iteration);
          f.get(end);
          f.op('i32.lt_s');
          f.brIf(more);
        });
      }
      f.br(again);
    });
  });
}
