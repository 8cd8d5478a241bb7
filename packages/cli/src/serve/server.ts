/**
 * A server from its parts: states read, listening, snapshots and idle keys on timers, and an end that takes nothing new,
 * finishes what is under way and writes the states.
 */

import type { AddressInfo, Socket } from 'node:net';
import { badFile, misuse } from '../failure.ts';
import { isLoopback } from './guard.ts';
import { httpServer } from './http-server.ts';
import { KeyStates } from './key-states.ts';
import type { Limits } from './limits.ts';
import { Metrics } from './metrics.ts';
import { Predictor } from './predictor.ts';
import type { ServedModel } from './served-model.ts';
import type { Service } from './service.ts';
import { socketStreams } from './socket-stream.ts';
import { stateStore } from './state-store.ts';

/** How to serve. */
export interface ServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token?: string | undefined;
  readonly limits: Limits;
  /** Folder that paths start from. */
  readonly folder: string;
  /** The file of states; undefined: they are lost at the end. */
  readonly state?: string | undefined;
  /** Begin without the states of the file. */
  readonly fresh?: boolean | undefined;
  /** Seconds between snapshots; 0: only at the end. */
  readonly snapshotSeconds: number;
  /** Told of what goes on, and of failures that no client caused. */
  log(event: string, fields: object): void;
}

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly service: Service;
  /** Stops, and writes the states. Throws `file` when they cannot be written. */
  stop(): Promise<void>;
}

/** Starts a server. Throws `argument` (host, port), `file`, `format` (states). */
export async function startServer(model: ServedModel, options: ServerOptions): Promise<RunningServer> {
  const { host, port, limits, folder, log } = options;
  const { stateSize } = model.step;
  const { memorySize } = model.rows;
  const { maxKeys, idleKeySeconds: idleSeconds, keyRate, keyLength } = limits;
  const states = new KeyStates({ stateSize, memorySize, maxKeys, idleSeconds, keyRate });
  const sizes = { fingerprint: model.fingerprint, stateSize, memorySize, keyLength };
  const store = options.state === undefined ? undefined : stateStore(folder, options.state, sizes);
  const metrics = new Metrics();
  const service: Service = {
    model,
    states,
    predictor: new Predictor(model, states, limits),
    metrics,
    limits,
    guard: { loopback: isLoopback(host), token: options.token },
    arriving: { bytes: 0 },
    stopping: false,
    report: (error) =>
      log('failure', { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  };
  const begun = performance.now();
  const connections = new Set<Socket>();
  const http = httpServer(service, () => ({
    connections: connections.size,
    sockets: sockets.open,
    uptime: (performance.now() - begun) / 1000,
  }));
  // Before the limit looks at their number.
  http.prependListener('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const sockets = socketStreams(http, service);
  const timers: NodeJS.Timeout[] = [];
  try {
    if (options.fresh !== true) await store?.load(states);
    await listen();
  } catch (error) {
    store?.release();
    throw error;
  }
  const address = http.address() as AddressInfo;
  timers.push(setInterval(() => states.expire(Date.now() / 1000), 1000));
  let saved = service.predictor.answered;
  if (store !== undefined && options.snapshotSeconds > 0) {
    timers.push(setInterval(() => void snapshot(), options.snapshotSeconds * 1000));
  }
  return { host: address.address, port: address.port, service, stop };

  function listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      http.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
      http.listen({ host, port, exclusive: true }, () => {
        http.removeAllListeners('error');
        http.on('error', (error) => service.report(error));
        resolve();
      });
    });
  }

  async function snapshot(): Promise<void> {
    const { answered } = service.predictor;
    if (store === undefined || answered === saved) return;
    try {
      await store.save(states);
      saved = answered;
      metrics.snapshot('ok');
    } catch (error) {
      metrics.snapshot('failed');
      log('failure', { message: error instanceof Error ? error.message : String(error) });
    }
  }

  async function stop(): Promise<void> {
    service.stopping = true;
    for (const timer of timers) clearInterval(timer);
    const ended = new Promise<void>((resolve) => http.close(() => resolve()));
    sockets.close();
    http.closeIdleConnections();
    const late = setTimeout(() => {
      sockets.terminate();
      for (const socket of connections) socket.destroy();
    }, limits.graceSeconds * 1000);
    await ended;
    clearTimeout(late);
    try {
      states.expire(Date.now() / 1000);
      await store?.save(states);
    } finally {
      store?.release();
    }
  }
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return misuse('another program listens there', where, 'Choose another --port, or 0 for any');
  if (error.code === 'EACCES') return misuse('this port needs more rights', where, 'Choose a --port above 1023');
  return badFile('file', `it cannot listen there (${error.code ?? error.message})`, where, 'Check --host and --port');
}
