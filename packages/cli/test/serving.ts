/** A server for tests, as the command starts it, and the two ways to talk to it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { WebSocket } from 'ws';
import type { Terminal } from '../src/index.ts';
import { runCommand } from '../src/index.ts';

/** A server that runs. */
export interface Serving {
  readonly url: string;
  /** Lines of its log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly err: readonly string[];
  /** Ends it as a signal does, and gives the exit code. */
  stop(): Promise<number>;
}

/** A folder with these files, removed after the tests. */
export function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-serve-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `rheo serve` on a free port; fails with what the command said where it does not start. */
export async function serving(folder: string, model: string, args: readonly string[] = []): Promise<Serving> {
  const end = new AbortController();
  const log: Record<string, unknown>[] = [];
  const err: string[] = [];
  let listening = (_: string): void => {};
  const url = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const write = (text: string): void => {
    const line = JSON.parse(text) as Record<string, unknown>;
    log.push(line);
    if (line['event'] === 'listening') listening(String(line['url']));
  };
  const terminal: Terminal = { out: { write }, err: { write: (text) => err.push(text) }, folder, signal: end.signal };
  const ended = runCommand(['serve', model, '--port', '0', '--json', ...args], terminal);
  const early = ended.then((code) => Promise.reject(new Error(`it ended with ${code}: ${err.join('')}`)));
  early.catch(() => {});
  return {
    url: await Promise.race([url, early]),
    log,
    err,
    stop: () => {
      end.abort();
      return ended;
    },
  };
}

/** What a request was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** POST /predict. Text goes as it is. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Promise<Answered> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answered(await fetch(`${url}/predict`, { method: 'POST', body: text, headers }));
}

/** A request without a body. */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Answered> {
  return answered(await fetch(`${url}${path}`, init));
}

async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  const json = text !== '' && response.headers.get('content-type') === 'application/json';
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** A WebSocket to /stream that hands out messages in their order. */
export class Talk {
  readonly socket: WebSocket;
  readonly #messages: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const text = data.toString();
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#messages.push(text);
      else waiting(text);
    });
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Talk> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/stream`, { headers });
    const talk = new Talk(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return talk;
  }

  send(value: unknown): void {
    this.socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  }

  async next(): Promise<unknown> {
    const text = this.#messages.shift() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
    return JSON.parse(text);
  }

  /** Ends it, and gives the code that the server closed with if it did. */
  close(): Promise<number> {
    this.socket.close();
    return this.closed();
  }

  closed(): Promise<number> {
    const { socket } = this;
    if (socket.readyState === WebSocket.CLOSED) return Promise.resolve(0);
    return new Promise((resolve) => socket.once('close', (code) => resolve(code)));
  }
}
