/**
 * The paths of the server. A handler answers with plain data or throws; `POST /predict` with lines streams its answers
 * while the request still arrives.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkCaller } from './guard.ts';
import { jsonOf, readLines, readText } from './read-body.ts';
import { checkKey } from './read-row.ts';
import { Refusal, refusalBody } from './refusal.ts';
import type { Service } from './service.ts';
import { answer, checkRows, refused, reply } from './service.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Numbers that the server knows of its connections. */
export interface Surroundings {
  readonly connections: number;
  readonly sockets: number;
  readonly uptime: number;
}

/** What a handler gives: a status with JSON or a text, or undefined where it has written its answer itself. */
export type Result = { readonly status: number; readonly json?: unknown; readonly text?: string } | undefined;

const jsonType = 'application/json';
const linesTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
/** Rows between which others have their turn. */
const turn = 128;
const mostListed = 10_000;

/** Answers a request. Throws `Refusal` or a typed error. */
export async function route(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  bucket: TokenBucket,
  surroundings: Surroundings,
): Promise<Result> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  checkCaller(request.headers, service.guard, path === '/healthz');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const { states, metrics, limits } = service;
  const held = { keys: states.size, uptime_s: Math.round(surroundings.uptime) };
  if (path === '/healthz') {
    allow('GET', method);
    const status = service.stopping ? 'stopping' : 'ok';
    return { status: service.stopping ? 503 : 200, json: { status, ...held } };
  }
  if (service.stopping) throw new Refusal('stopping', 'The server is stopping; states are kept for its next start.');
  if (path === '/') {
    allow('GET', method);
    return { status: 200, json: service.model.description };
  }
  if (path === '/metrics') {
    allow('GET', method);
    return { status: 200, text: metrics.text({ states, ...surroundings }) };
  }
  if (path === '/keys') {
    allow('GET', method);
    return { status: 200, json: listKeys(service, query) };
  }
  if (path.startsWith('/keys/')) {
    allow('GET, DELETE', method);
    const key = keyOf(path.slice('/keys/'.length));
    checkKey(key, limits.keyLength);
    const found = states.held(key);
    if (found === undefined) throw new Refusal('unknown-key', 'No state is held for this key.', { where: 'key' });
    if (method === 'DELETE') states.delete(key);
    return {
      status: 200,
      json: { ...keyFacts(found.key, found.memory, found.lastUsed), deleted: method === 'DELETE' },
    };
  }
  if (path === '/predict') {
    allow('POST', method);
    return predict(service, request, response, bucket);
  }
  if (path === '/stream') throw new Refusal('request', 'This path takes WebSockets: connect to ws://…/stream.');
  throw new Refusal('not-found', 'There are /, /predict, /stream, /keys, /healthz and /metrics.');
}

async function predict(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  bucket: TokenBucket,
): Promise<Result> {
  const { headers } = request;
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Refusal('media-type', 'The body is compressed; send it as it is.');
  if (linesTypes.includes(type)) {
    await predictLines(service, request, response, bucket);
    return undefined;
  }
  if (type !== jsonType) {
    throw new Refusal('media-type', `Send Content-Type: ${jsonType}, or ${linesTypes[0]} for lines of JSON.`);
  }
  const value = jsonOf(await readText(request, service.limits, service.arriving));
  if (!Array.isArray(value)) return { status: 200, json: answer(service, 'http', value, bucket) };
  checkRows(value, service);
  const replies = [];
  for (const [at, row] of value.entries()) {
    if (at > 0 && at % turn === 0) await new Promise(setImmediate);
    replies.push(reply(service, 'http', row, bucket));
  }
  return { status: 200, json: replies };
}

async function predictLines(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  bucket: TokenBucket,
): Promise<void> {
  response.writeHead(200, { 'content-type': linesTypes[0] });
  response.flushHeaders();
  const write = async (data: object): Promise<void> => {
    if (!response.write(`${JSON.stringify(data)}\n`)) await drained(response, service.limits.patienceSeconds);
  };
  let count = 0;
  try {
    for await (const line of readLines(request, service.limits)) {
      if (service.stopping)
        throw new Refusal('stopping', 'The server is stopping; this line and those after it were not read.');
      await write(replyToLine(service, line, bucket));
      if (++count % turn === 0) await new Promise(setImmediate);
    }
  } catch (error) {
    // The status is long out, so the last line tells why there are no more.
    if (!response.destroyed) response.write(`${JSON.stringify(refusalBody(refused(service, error)))}\n`);
  }
  response.end();
}

function replyToLine(service: Service, line: string, bucket: TokenBucket): object {
  let value: unknown;
  try {
    value = jsonOf(line);
  } catch (error) {
    return refusalBody(refused(service, error));
  }
  return reply(service, 'http', value, bucket);
}

/** Waits until a slow reader has taken what is written. Throws `Refusal` when it takes too long, and cuts it off. */
function drained(response: ServerResponse, seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Refusal): void => {
      clearTimeout(timer);
      response.off('drain', end).off('close', gone);
      if (error instanceof Refusal) reject(error);
      else resolve();
    };
    const gone = (): void => end(new Refusal('timeout', 'The connection was closed.'));
    const timer = setTimeout(() => {
      response.destroy();
      end(new Refusal('timeout', `The answers were not read within ${seconds} s.`));
    }, seconds * 1000);
    response.once('drain', end).once('close', gone);
  });
}

function listKeys({ states }: Service, query: string): object {
  const asked = new URLSearchParams(query).get('limit') ?? '1000';
  const limit = Number(asked);
  if (!/^\d+$/.test(asked) || limit > mostListed) {
    throw new Refusal('request', `limit: It is a whole number of at most ${mostListed}.`, { where: 'limit' });
  }
  const keys = limit === 0 ? [] : states.keys().slice(-limit).toReversed();
  return {
    held: states.size,
    keys: keys.flatMap((key) => {
      const found = states.held(key);
      return found === undefined ? [] : [keyFacts(key, found.memory, found.lastUsed)];
    }),
  };
}

function keyFacts(key: string, memory: Float64Array, lastUsed: number): object {
  return { key, steps: memory[0] ?? 0, last_used: new Date(lastUsed * 1000).toISOString() };
}

function keyOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Refusal('request', 'The key in the path is not percent-encoded UTF-8.', { where: 'key' });
  }
}

function allow(methods: string, method: string): void {
  if (methods.split(', ').includes(method)) return;
  throw new Refusal('method', `This path takes ${methods}.`, { allow: methods });
}
