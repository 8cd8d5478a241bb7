/**
 * A hostile client beside good ones: malformed requests by the thousand, while streams of good rows go on and every answer
 * to them is compared with the library. Afterwards nothing may have grown without bound, and no state may be another.
 */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { Malformed } from './malformed.ts';
import { malformed } from './malformed.ts';
import { answersOf, modelFile, rowOf } from './model.ts';
import type { Server } from './start-server.ts';
import { ask, startServer } from './start-server.ts';

/** What is sent. */
export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** At the same time. */
  readonly connections: number;
}

/** What came of it. */
export interface FuzzResult {
  /** Answers by status; `closed` without one, and `frames` of WebSockets. */
  readonly answers: Readonly<Record<string, number>>;
  /** Predictions of good clients that were compared, and those that differed. */
  readonly compared: number;
  readonly different: number;
  /** Megabytes of the server before, in the middle, after, and when it has rested. */
  readonly megabytes: readonly number[];
  /** Refusals that the server counted as its own fault, and what it wrote on standard error. */
  readonly faults: number;
  readonly errors: string;
  /** Connections left open when all clients were gone. */
  readonly left: number;
  /** Whether every state was the same after SIGTERM and a new start. */
  readonly exitCode: number;
  readonly seconds: number;
}

const goodKeys = Array.from({ length: 8 }, (_, k) => `good ${k}`);
/** Longer than any answer takes; a server that says nothing is left then. */
const patience = 1_500;

/** Starts a server, sends all of it, and looks at what is left. */
export async function fuzz({ requests, seed, connections }: FuzzOptions): Promise<FuzzResult> {
  const begun = performance.now();
  const model = await modelFile(32);
  const steps = 4_000;
  const wanted = new Map<string, number[]>();
  for (const key of goodKeys) wanted.set(key, await answersOf(model, key, steps));
  const limits = ['--timeout', '2', '--max-keys', '500', '--max-body', '200000'];
  let server = await startServer(model, limits);
  try {
    const good = new GoodClient(wanted);
    const megabytes = [await resident(server)];
    const answers: Record<string, number> = {};
    const all = malformed(requests, seed);
    let next = 0;
    let running = true;
    const goodRuns = (async () => {
      while (running) {
        await good.send(server);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const worker = async (): Promise<void> => {
      for (let at = next++; at < all.length; at = next++) {
        const one = all[at];
        if (one === undefined) return;
        const answer = await deliver(server.port, one);
        answers[answer] = (answers[answer] ?? 0) + 1;
        if (at === all.length >> 1) megabytes.push(await resident(server));
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    running = false;
    await goodRuns;
    megabytes.push(await resident(server));
    const faults = await server.metric('rheo_refusals_total{kind="internal"}');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    megabytes.push(await resident(server));
    // The connection that asks is one of them.
    const left = (await server.metric('rheo_connections')) - 1;
    const firstCode = await server.stop();
    const before = server;
    server = await before.again();
    await good.send(server);
    const exitCode = firstCode + (await server.stop());
    const errors = before.errors() + server.errors();
    const failures = before.events().filter(({ event }) => event === 'failure');
    const { compared, different } = good;
    const seconds = (performance.now() - begun) / 1000;
    const told = errors + failures.map((failure) => JSON.stringify(failure)).join('\n');
    return { answers, compared, different, megabytes, faults, errors: told, left, exitCode, seconds };
  } finally {
    await server.stop();
    server.remove();
  }
}

async function resident(server: Server): Promise<number> {
  return Math.round((await server.metric('process_resident_memory_bytes')) / 1e6);
}

/** Sends the next row of every good key, by HTTP and WebSocket in turn, and compares what comes. */
class GoodClient {
  compared: number = 0;
  different: number = 0;
  readonly #wanted: ReadonlyMap<string, readonly number[]>;
  #step: number = 0;

  constructor(wanted: ReadonlyMap<string, readonly number[]>) {
    this.#wanted = wanted;
  }

  async send(server: Server): Promise<void> {
    const step = this.#step++;
    const rows = goodKeys.map((key) => rowOf(key, step));
    const text =
      step % 2 === 0 ? await ask(server.url, '/predict', JSON.stringify(rows)) : await overSocket(server, rows);
    const answers = JSON.parse(text) as { readonly step?: number; readonly prediction?: { readonly heat: number } }[];
    for (const [at, key] of goodKeys.entries()) {
      this.compared++;
      const { step: seen, prediction } = answers[at] ?? {};
      if (seen !== step + 1 || prediction?.heat !== this.#wanted.get(key)?.[step]) this.different++;
    }
  }
}

async function overSocket({ url }: Server, rows: readonly object[]): Promise<string> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/stream`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify(rows));
  const text = await new Promise<string>((resolve) => socket.once('message', (data) => resolve(data.toString())));
  socket.close();
  return text;
}

/** Sends one thing and gives the status of the first answer, `frames` for those of a WebSocket, or `closed`. */
function deliver(port: number, { how, bytes }: Malformed): Promise<string> {
  const post = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
  const upgrade =
    'GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const head = { raw: '', body: post, frames: upgrade }[how];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let read = '';
    socket.on('connect', () => socket.end(Buffer.concat([Buffer.from(head), bytes])));
    socket.on('data', (chunk) => {
      if (read.length < 20) read += chunk.toString('latin1');
    });
    socket.setTimeout(patience, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      const status = read.split(' ')[1] ?? '';
      resolve(read === '' ? 'closed' : status === '101' ? 'frames' : status);
    });
  });
}
