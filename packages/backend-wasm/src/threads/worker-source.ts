/**
 * The program of a worker, as text: no asset to serve, and nothing for a bundler to find.
 *
 * A worker sleeps on `signal`. Mail sends it back to its event loop, where messages bring modules and take them away; an
 * open job lets it in, to take iterations until none is left. It counts itself in before it looks again whether the job
 * is still open, and the caller begins no other job before everybody is out: so nobody ever works on a stale job.
 */

import { textLimit, words } from './control-block.ts';

/** Messages to a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly memory: WebAssembly.Memory; readonly control: number; readonly thread: number }
  | { readonly kind: 'add'; readonly program: number; readonly module: WebAssembly.Module }
  | { readonly kind: 'remove'; readonly program: number };

/** Messages from a worker: that its code runs, and how many messages it has taken. */
export type FromWorker = { readonly kind: 'here' } | { readonly kind: 'taken'; readonly mail: number };

/** How the program speaks to its owner: as in a page or as in Node. */
const doors = {
  web: 'const post = (m) => postMessage(m); onmessage = (e) => receive(e.data);',
  node: `const { parentPort } = require('node:worker_threads');
const post = (m) => parentPort.postMessage(m); parentPort.on('message', (m) => receive(m));`,
} as const;

/** Looks at the signal before a worker goes to sleep: waking one takes longer than a short pause between two loops. */
const patience = 2000;

/** Text of the program. */
export function workerSource(door: keyof typeof doors): string {
  return `'use strict';
const modules = new Map();
const instances = new Map();
let memory, control, thread, mail = 0, last = 0;
${doors[door]}
post({ kind: 'here' });

function receive(message) {
  if (message.kind === 'start') {
    ({ memory, thread } = message);
    control = new Int32Array(memory.buffer, message.control);
  } else {
    mail++;
    if (message.kind === 'add') modules.set(message.program, message.module);
    else for (const known of [modules, instances]) known.delete(message.program);
    post({ kind: 'taken', mail });
  }
  watch();
}

/** Works on jobs as they come; returns when there is mail. */
function watch() {
  for (let looks = 0; ; looks++) {
    const signal = Atomics.load(control, ${words.signal});
    if (Atomics.load(control, ${words.mail}) !== mail) return;
    const job = Atomics.load(control, ${words.open});
    if (job !== 0 && job !== last) {
      Atomics.add(control, ${words.active}, 1);
      try {
        if (Atomics.load(control, ${words.open}) === job) {
          Atomics.add(control, ${words.entered}, 1);
          perform();
        }
      } catch (error) {
        fail(String(error));
      }
      last = job;
      Atomics.sub(control, ${words.active}, 1);
      Atomics.notify(control, ${words.active});
      looks = 0;
    } else if (looks >= ${patience}) {
      Atomics.wait(control, ${words.signal}, signal);
      looks = 0;
    }
  }
}

function perform() {
  const program = Atomics.load(control, ${words.program});
  let instance = instances.get(program);
  if (instance === undefined) {
    const env = { memory, begin() {}, join() {} };
    instance = new WebAssembly.Instance(modules.get(program), { env });
    instance.exports.enlist(thread);
    instances.set(program, instance);
  }
  instance.exports.work(Atomics.load(control, ${words.loop}));
}

/** Leaves the message where the caller finds it, who may be unable to hear one. */
function fail(text) {
  const length = Math.min(text.length, ${textLimit});
  for (let i = 0; i < length; i++) control[${words.text} + i] = text.charCodeAt(i);
  control[${words.textLength}] = length;
  Atomics.store(control, ${words.failed}, thread);
}
`;
}
