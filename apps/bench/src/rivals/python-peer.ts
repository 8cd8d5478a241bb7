/**
 * A rival that lives in Python: starts a peer script once, keeps it alive, and asks it for slices of timed runs.
 *
 * A peer idles on its standard input while others are timed, so runs interleave as if all were in one process. It is
 * timed by its own clock. A missing interpreter or library makes the rival unsupported, with the reason. Several
 * interpreters may be named, so that two versions of a library take part in one run.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Contender, Prepared, Unsupported } from '../contender.ts';
import { adam, checkedCalls, checkedLosses, type Problem } from '../problem.ts';
import { outputsOf } from '../shapes.ts';
import type { Dense } from '../weights.ts';

interface Reply {
  readonly unavailable?: string;
  readonly error?: string;
  readonly version?: string;
  readonly compile_ms?: number;
  readonly values?: string;
  readonly us?: readonly number[];
  readonly memory?: number;
}

interface Peer {
  readonly version: string;
  ask(command: string): Promise<Reply>;
  close(): void;
}

/**
 * RHEO_PYTHON names the interpreters, separated as the folders of PATH are; without it these. The first that has the
 * library in the version that a rival asks for is taken.
 */
export function interpreters(named: string | undefined = process.env['RHEO_PYTHON']): readonly string[] {
  const list = (named ?? '').split(delimiter).filter((name) => name !== '');
  return list.length === 0 ? ['python3', '/usr/bin/python3'] : list;
}

const encode = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

function decode(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}

function weightsOf(problem: Problem): object {
  const layer = (dense: Dense): object => ({ ...dense, weight: encode(dense.weight), bias: encode(dense.bias) });
  if (problem.cell === 'cfc') return { layers: [...problem.weights.body, problem.weights.head].map(layer) };
  if (problem.cell === 'ncp') {
    const { layers } = problem.weights;
    return { layers: layers.map(({ head }) => layer(head)), masks: layers.map(({ mask }) => encode(mask)) };
  }
  const { parameters, mask, sensoryMask } = problem.weights;
  const tensors = Object.entries({ ...parameters, mask, sensory_mask: sensoryMask });
  return {
    unfolds: problem.shape.unfolds,
    tensors: Object.fromEntries(tensors.map(([name, values]) => [name, encode(values)])),
  };
}

function describe(problem: Problem): string {
  const { features, units, batch } = problem.shape;
  return JSON.stringify({
    cell: problem.cell,
    mode: problem.mode,
    features,
    units,
    outputs: outputsOf(problem.shape),
    batch,
    rows: problem.rows,
    checked: problem.mode === 'train' ? checkedLosses : checkedCalls,
    adam,
    ...weightsOf(problem),
    x: encode(problem.x),
    elapsed: encode(problem.elapsed),
  });
}

/** Starts a script under one interpreter; resolves to a peer, or to the reason why there is none. */
async function start(python: string, script: string): Promise<Peer | Unsupported> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, ['-u', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      OMP_NUM_THREADS: '1',
      OPENBLAS_NUM_THREADS: '1',
      MKL_NUM_THREADS: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const replies: Reply[] = [];
  const waiting: ((reply: Reply) => void)[] = [];
  let ended: Reply | undefined;
  const end = (reason: string): void => {
    ended ??= { unavailable: reason };
    for (const resolve of waiting.splice(0)) resolve(ended);
  };
  child.on('error', (error) => end(`${python}: ${error.message}`));
  child.on('close', (code) => end(`${python} ended with code ${code}`));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = JSON.parse(line) as Reply;
    const resolve = waiting.shift();
    if (resolve === undefined) replies.push(reply);
    else resolve(reply);
  });
  const next = (): Promise<Reply> => {
    const ready = replies.shift() ?? ended;
    return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready);
  };

  const hello = await next();
  if (hello.version === undefined) return { unsupported: hello.unavailable ?? `${python} gave no version` };
  return {
    version: hello.version,
    ask: async (command) => {
      child.stdin.write(`${command}\n`);
      const reply = await next();
      const problem = reply.error ?? reply.unavailable;
      if (problem !== undefined) throw new Error(`bench: ${script}: ${problem}`);
      return reply;
    },
    close: () => {
      child.stdin.end('quit\n');
    },
  };
}

async function startFirst(script: string, wanted: RegExp): Promise<Peer | Unsupported> {
  const reasons: string[] = [];
  for (const python of interpreters()) {
    const peer = await start(python, script);
    const fits = 'ask' in peer && wanted.test(peer.version);
    if (fits) return peer;
    if ('ask' in peer) peer.close();
    const reason = 'ask' in peer ? `${python} has ${peer.version}` : peer.unsupported;
    if (!reasons.includes(reason)) reasons.push(reason);
  }
  return { unsupported: reasons.join('; ') };
}

/** A rival from a script in the `python` folder beside this package; `wanted` is what its version must match. */
export function pythonPeer(name: string, script: string, wanted: RegExp): Contender {
  const path = fileURLToPath(new URL(`../../python/${script}`, import.meta.url));
  let starting: Promise<Peer | Unsupported> | undefined;

  const prepare = async (problem: Problem): Promise<Prepared | Unsupported> => {
    starting ??= startFirst(path, wanted);
    const peer = await starting;
    if (!('ask' in peer)) return peer;
    const { compile_ms: compileMs = Number.NaN } = await peer.ask(`prepare ${describe(problem)}`);
    const sample = async (count: number): Promise<readonly number[]> => (await peer.ask(`run ${count}`)).us ?? [];
    return {
      engine: peer.version,
      compileMs,
      memoryBytes: async () => (await peer.ask('memory')).memory,
      check: async () => decode((await peer.ask('check')).values ?? ''),
      run: async () => {
        await sample(1);
      },
      sample,
      dispose: () => undefined,
    };
  };

  const close = (): void => {
    const ending = starting;
    starting = undefined;
    void ending?.then((peer) => {
      if ('ask' in peer) peer.close();
    });
  };
  return { name, kind: 'rival', prepare, close };
}
