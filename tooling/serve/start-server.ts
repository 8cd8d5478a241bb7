/** `rheo serve` as a process of its own, in a folder that goes with it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A server that runs. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** What it wrote on standard error. */
  readonly errors: () => string;
  /** Events of its log. */
  readonly events: () => readonly Readonly<Record<string, unknown>>[];
  /** Value of a metric, with its labels as they are written. */
  metric(name: string): Promise<number>;
  /** Ends it by SIGTERM and gives the exit code. */
  stop(): Promise<number>;
  /** Removes its folder. */
  remove(): void;
  /** The same states, model and options in a new process. */
  again(): Promise<Server>;
}

/** The text of an answer, on a connection that is closed afterwards; with a body, a POST of JSON. */
export function ask(url: string, path: string, body?: string): Promise<string> {
  const headers =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const call = request(`${url}${path}`, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Starts a server. Throws with what it said where it ends before it listens. */
export async function startServer(model: Uint8Array, args: readonly string[] = []): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'rheo-serve-'));
  writeFileSync(join(folder, 'model.safetensors'), model);
  return startIn(folder, args);
}

async function startIn(folder: string, args: readonly string[]): Promise<Server> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
  const flags = ['--conditions=@rheo/source', `--import=${tsx}`];
  const command = [...flags, main, 'serve', 'model.safetensors', '--port', '0', '--json', ...args];
  const child = spawn(process.execPath, command, { cwd: folder });
  const text = { out: '', err: '' };
  child.stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  const events = (): Record<string, unknown>[] =>
    text.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text.out += chunk;
      const [first] = events();
      if (first !== undefined) resolve(String(first['url']));
    });
    void ended.then((code) => reject(new Error(`the server ended with ${code}: ${text.err}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    errors: () => text.err,
    events,
    metric: async (name) => {
      const metrics = await ask(url, '/metrics');
      const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1));
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
    again: () => startIn(folder, args),
  };
}
