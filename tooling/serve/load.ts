/**
 * Keyed streams at a fixed rate, over WebSocket and over HTTP connections that are kept: latency from the moment that a row
 * was due, so that a server that falls behind shows, whatever the client waits for. Every answer is checked.
 */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { rowOf } from './model.ts';
import type { Server } from './start-server.ts';
import { ask } from './start-server.ts';

export type Transport = 'websocket' | 'http';

/** What is asked of the server. */
export interface LoadOptions {
  readonly transport: Transport;
  readonly keys: number;
  /** Rows a second of each key. */
  readonly rate: number;
  readonly seconds: number;
  /** Connections that the keys share. */
  readonly connections: number;
}

/** What came of it. */
export interface LoadResult {
  readonly answers: number;
  readonly errors: number;
  /** The first of them. */
  readonly firstError: string | undefined;
  /** Milliseconds from due to answered. */
  readonly p50: number;
  readonly p99: number;
  readonly largest: number;
  readonly seconds: number;
}

/** Sends a row and calls back with the text of the answer, in the order of its connection. */
type Send = (text: string, answered: (text: string) => void, failed: (error: Error) => void) => void;

/** Predictions are right when `wanted` has those of every step, for the keys that it has. */
export async function load(
  server: Server,
  options: LoadOptions,
  wanted: ReadonlyMap<string, readonly number[]>,
): Promise<LoadResult> {
  const { transport, keys, rate, seconds, connections } = options;
  const open = transport === 'websocket' ? openSocket : openHttp;
  const lines = await Promise.all(Array.from({ length: connections }, () => open(server)));
  const steps = rate * seconds;
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const wrong = (what: string): void => {
    errors++;
    firstError ??= what;
  };
  const begun = performance.now() + 200;
  const streams = Array.from({ length: keys }, (_, k) => {
    const key = `${transport} ${k}`;
    const send = lines[k % connections]?.send;
    // Keys are spread over the time between two rows of one.
    const due = (step: number): number => begun + ((step + k / keys) * 1000) / rate;
    return { key, send, due, answered: 0 };
  });
  const pending = new Promise<void>((resolve) => {
    let [left, step, at] = [keys * steps, 0, 0];
    const done = (): void => {
      if (--left === 0) resolve();
    };
    const turn = (): void => {
      const now = performance.now();
      while (step < steps) {
        const stream = streams[at];
        if (stream?.send === undefined || stream.due(step) > now) break;
        const [due, number] = [stream.due(step), step];
        stream.send(
          JSON.stringify(rowOf(stream.key, number)),
          (text) => {
            latencies.push(performance.now() - due);
            const answer = JSON.parse(text) as { key?: string; step?: number; prediction?: { heat?: number } };
            stream.answered++;
            const right = wanted.get(stream.key)?.[number];
            const good =
              answer.key === stream.key &&
              answer.step === number + 1 &&
              Number.isFinite(answer.prediction?.heat) &&
              (right === undefined || right === answer.prediction?.heat);
            if (!good) wrong(text);
            done();
          },
          (error) => {
            wrong(String(error));
            done();
          },
        );
        if (++at === keys) [at, step] = [0, step + 1];
      }
      if (step < steps) setTimeout(turn, 1);
    };
    turn();
  });
  await pending;
  const took = (performance.now() - begun) / 1000;
  for (const line of lines) line.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? Number.NaN;
  return { answers: latencies.length, errors, firstError, p50: at(0.5), p99: at(0.99), largest: at(1), seconds: took };
}

/** Stops a server and starts it again; the next row of every key must be answered as if nothing had been. */
export async function restart(
  server: Server,
  keys: readonly string[],
  step: number,
  wanted: ReadonlyMap<string, readonly number[]>,
): Promise<{ readonly server: Server; readonly wrong: number }> {
  const code = await server.stop();
  const again = await server.again();
  let wrong = code === 0 ? 0 : keys.length;
  for (let from = 0; from < keys.length; from += 1000) {
    const part = keys.slice(from, from + 1000);
    const text = await ask(again.url, '/predict', JSON.stringify(part.map((key) => rowOf(key, step))));
    const answers = JSON.parse(text) as { readonly step?: number; readonly prediction?: { readonly heat: number } }[];
    wrong += part.filter((key, at) => {
      const right = wanted.get(key)?.[step];
      const { step: seen, prediction } = answers[at] ?? {};
      return seen !== step + 1 || (right !== undefined && right !== prediction?.heat);
    }).length;
  }
  return { server: again, wrong };
}

interface Line {
  readonly send: Send;
  close(): void;
}

async function openSocket({ url }: Server): Promise<Line> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/stream`);
  const waiting: { answered(text: string): void; failed(error: Error): void }[] = [];
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('message', (data) => waiting.shift()?.answered(data.toString()));
  socket.on('close', () => {
    for (const { failed } of waiting.splice(0)) failed(new Error('the connection was closed'));
  });
  return {
    send: (text, answered, failed) => {
      waiting.push({ answered, failed });
      socket.send(text);
    },
    close: () => socket.close(),
  };
}

/**
 * A connection that is kept, with one request at a time, as rows of a key must not overtake one another. By hand, because
 * the client of Node takes more time for a request than the server, and both share the processor.
 */
async function openHttp({ port }: Server): Promise<Line> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const waiting: { readonly text: string; answered(text: string): void; failed(error: Error): void }[] = [];
  let read = Buffer.alloc(0);
  const next = (): void => {
    const text = waiting[0]?.text;
    if (text === undefined) return;
    const head = `POST /predict HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
    socket.write(head + text);
  };
  socket.on('data', (chunk) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const end = read.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(read.toString('latin1', 0, end))?.[1] ?? 0);
    if (read.length < end + 4 + length) return;
    const text = read.toString('utf8', end + 4, end + 4 + length);
    read = read.subarray(end + 4 + length);
    const current = waiting.shift();
    next();
    current?.answered(text);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { failed } of waiting.splice(0)) failed(new Error('the connection was closed'));
  });
  return {
    send: (text, answered, failed) => {
      waiting.push({ text, answered, failed });
      if (waiting.length === 1) next();
    },
    close: () => socket.destroy(),
  };
}
