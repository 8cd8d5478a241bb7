/**
 * The HTTP side: sizes, times and numbers of connections kept within the limits before a request is looked at, answers as
 * JSON, and every fault of the protocol answered as well as the connection still allows.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Surroundings } from './http-routes.ts';
import { route } from './http-routes.ts';
import { Refusal, refusalBody, statuses } from './refusal.ts';
import type { Service } from './service.ts';
import { refused } from './service.ts';
import { TokenBucket } from './token-bucket.ts';

/** A connection that was refused may still send for so long before it is cut, so that the answer is read. */
const lingerMilliseconds = 500;

/** A server that does not listen yet. */
export function httpServer(service: Service, surroundings: () => Surroundings): Server {
  const { limits } = service;
  const buckets = new WeakMap<Socket, TokenBucket>();
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.patienceSeconds * 1000,
      // Lines may stream for hours; the time of a body is kept where it is read.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveSeconds * 1000,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    },
    (request, response) => {
      void handle(request, response);
    },
  );
  server.on('connection', (socket: Socket) => {
    buckets.set(socket, new TokenBucket(limits.connectionRate, Date.now() / 1000));
    // A connection beyond the limit gets an answer and is closed before anything is read from it.
    if (surroundings().connections <= limits.connections) return;
    const message = `There are ${limits.connections} connections, as many as are allowed. Close some, or try again later.`;
    refuseRaw(socket, refused(service, new Refusal('busy', message, { retryAfter: 1 })));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    refuseRaw(socket, refused(service, protocolFault(error, limits.headerBytes, limits.patienceSeconds)));
  });
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    send(response, refused(service, new Refusal('request', 'The only expectation that is met is 100-continue.')));
  });
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes while it is answered is no failure.
    response.on('error', () => {});
    request.on('error', () => {});
    try {
      const bucket = bucketOf(request.socket, buckets);
      const result = await route(service, request, response, bucket, surroundings());
      if (result !== undefined) {
        const { status, json, text } = result;
        const type = text === undefined ? 'application/json' : 'text/plain; version=0.0.4; charset=utf-8';
        respond(response, status, text ?? `${JSON.stringify(json)}\n`, { 'content-type': type });
      }
    } catch (error) {
      send(response, refused(service, error));
    }
    finish(request, response);
  }

  function bucketOf(socket: Socket, known: WeakMap<Socket, TokenBucket>): TokenBucket {
    return known.get(socket) ?? new TokenBucket(limits.connectionRate, Date.now() / 1000);
  }

  function respond(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
    if (response.headersSent || response.destroyed) return;
    const bytes = Buffer.from(body);
    response.writeHead(status, {
      ...headers,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(service.stopping ? { connection: 'close' } : {}),
    });
    response.end(bytes);
  }

  function send(response: ServerResponse, refusal: Refusal): void {
    const { allow, retryAfter } = refusal.details;
    respond(response, statuses[refusal.kind], `${JSON.stringify(refusalBody(refusal))}\n`, {
      'content-type': 'application/json',
      ...(allow === undefined ? {} : { allow }),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
      ...(refusal.kind === 'unauthorised' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(response.req.complete ? {} : { connection: 'close' }),
    });
  }

  /** What is left of a body is not read: the rest is let go by for a while, and then the connection with it. */
  function finish(request: IncomingMessage, response: ServerResponse): void {
    if (request.complete) return;
    const { socket } = request;
    request.resume();
    const cut = (): void => void setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
    if (response.writableFinished) cut();
    else response.once('close', cut);
  }
}

/** Answers on a connection that has no request, and ends it. */
export function refuseRaw(socket: Socket, refusal: Refusal): void {
  const body = `${JSON.stringify(refusalBody(refusal))}\n`;
  const status = statuses[refusal.kind];
  const { retryAfter } = refusal.details;
  const head = [
    `HTTP/1.1 ${status} ${refusal.kind}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`retry-after: ${Math.ceil(retryAfter)}`]),
    ...(refusal.kind === 'unauthorised' ? ['www-authenticate: Bearer'] : []),
    'connection: close',
  ];
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
}

function protocolFault(error: NodeJS.ErrnoException, headerBytes: number, seconds: number): Refusal {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal('headers-too-large', `The headers have more than ${headerBytes} bytes.`);
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal('timeout', `The headers did not arrive within ${seconds} s.`);
  }
  return new Refusal('malformed', 'The bytes are no HTTP request.');
}
