/**
 * The WebSocket side: a message is a row or a list of rows, and is answered by one message, in order. A client that does
 * not read its answers is not read from either, and is cut off when that lasts.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { checkCaller } from './guard.ts';
import { refuseRaw } from './http-server.ts';
import { jsonOf } from './read-body.ts';
import { Refusal, refusalBody } from './refusal.ts';
import type { Service } from './service.ts';
import { checkRows, refused, reply } from './service.ts';
import { TokenBucket } from './token-bucket.ts';

/** The sockets of a server. */
export interface SocketStreams {
  readonly open: number;
  /** Says goodbye; answers that are under way still go out. */
  close(): void;
  /** Ends what is left at once. */
  terminate(): void;
}

/** Seconds between signs of life that are asked for. */
const heartbeatSeconds = 30;

/** Takes WebSockets at `/stream` of an HTTP server. */
export function socketStreams(server: Server, service: Service): SocketStreams {
  const { limits } = service;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    // Compressed messages could be bombs, and cost more than they save for a few numbers.
    perMessageDeflate: false,
    clientTracking: true,
  });
  const alive = new WeakSet<WebSocket>();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    try {
      const [path] = (request.url ?? '').split('?', 1);
      checkCaller(request.headers, service.guard, false);
      if (path !== '/stream') throw new Refusal('not-found', 'WebSockets are taken at /stream.');
      if (service.stopping) throw new Refusal('stopping', 'The server is stopping.');
    } catch (error) {
      refuseRaw(socket, refused(service, error));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client));
  });
  sockets.on('wsClientError', (error, socket) => {
    const refusal = new Refusal('malformed', `This is no WebSocket handshake: ${error.message}.`);
    refuseRaw(socket as Socket, refused(service, refusal));
  });
  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) client.terminate();
      else client.ping();
    }
  }, heartbeatSeconds * 1000);
  heartbeat.unref();

  function serve(client: WebSocket): void {
    const bucket = new TokenBucket(limits.connectionRate, Date.now() / 1000);
    let cut: NodeJS.Timeout | undefined;
    alive.add(client);
    client.on('pong', () => alive.add(client));
    // Frames that break the protocol or the limits: ws closes with the code that says so.
    client.on('error', (error) => {
      const tooLarge = (error as NodeJS.ErrnoException).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      refused(service, new Refusal(tooLarge ? 'too-large' : 'malformed', error.message));
    });
    client.on('close', () => clearTimeout(cut));
    client.on('message', (data: Buffer, isBinary) => {
      if (service.stopping) return;
      alive.add(client);
      client.send(JSON.stringify(replyTo(data, isBinary, bucket)), sent);
      if (client.bufferedAmount <= limits.unsentBytes || client.isPaused) return;
      client.pause();
      cut ??= setTimeout(() => {
        refused(service, new Refusal('timeout', 'Answers were not read.'));
        client.terminate();
      }, limits.patienceSeconds * 1000);
    });

    function sent(): void {
      if (!client.isPaused || client.bufferedAmount > limits.unsentBytes / 2) return;
      clearTimeout(cut);
      cut = undefined;
      client.resume();
    }
  }

  function replyTo(data: Buffer, isBinary: boolean, bucket: TokenBucket): object {
    let value: unknown;
    try {
      if (isBinary) throw new Refusal('request', 'A message is a text: JSON of a row, or of a list of rows.');
      value = jsonOf(data.toString('utf8'));
      if (Array.isArray(value)) checkRows(value, service);
    } catch (error) {
      return refusalBody(refused(service, error));
    }
    if (!Array.isArray(value)) return reply(service, 'websocket', value, bucket);
    return value.map((row) => reply(service, 'websocket', row, bucket));
  }

  return {
    get open() {
      return sockets.clients.size;
    },
    close: () => {
      clearInterval(heartbeat);
      for (const client of sockets.clients) client.close(1001, 'the server is stopping');
    },
    terminate: () => {
      for (const client of sockets.clients) client.terminate();
    },
  };
}
