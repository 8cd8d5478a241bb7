/**
 * `rheo serve MODEL`: predictions over HTTP and WebSocket, one stream with a state of its own for each key, until the command
 * is told to end. States outlast it in a file.
 */

import { RheoError } from '@rheo/ir';
import { withWasm } from '../backends.ts';
import { misuse } from '../failure.ts';
import { counted } from '../format-number.ts';
import { jsonLine } from '../progress/json-lines.ts';
import { labelled } from '../progress/plain-lines.ts';
import { isLoopback } from '../serve/guard.ts';
import type { Limits } from '../serve/limits.ts';
import { defaultLimits } from '../serve/limits.ts';
import { serveModel } from '../serve/served-model.ts';
import { startServer } from '../serve/server.ts';
import { stateFileOf } from '../serve/state-store.ts';
import type { Terminal } from '../terminal.ts';
import { widthOf, wrap } from '../terminal.ts';
import { readUserFile, refuseInputs } from '../user-file.ts';

/** Options of the command. */
export interface ServeOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly token?: string | undefined;
  /** The file of states; false: none. */
  readonly state?: string | boolean | undefined;
  readonly fresh?: boolean | undefined;
  readonly snapshotEvery?: number | undefined;
  readonly maxKeys?: number | undefined;
  readonly idle?: number | undefined;
  readonly rate?: number | undefined;
  readonly keyRate?: number | undefined;
  readonly maxBody?: number | undefined;
  readonly maxMessage?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly timeout?: number | undefined;
  readonly json?: boolean | undefined;
}

/** What is taken where an option is absent; the numbers of `defaultLimits` besides. */
export const serveDefaults = { host: '127.0.0.1', port: 8321, snapshotEvery: 60 } as const;

/** Runs the command until the signal of the terminal fires. Throws typed errors. */
export async function serve(model: string, options: ServeOptions, terminal: Terminal): Promise<void> {
  const { folder, out, err, signal } = terminal;
  const { host = serveDefaults.host, port = serveDefaults.port, token, json = false } = options;
  const { snapshotEvery = serveDefaults.snapshotEvery, fresh } = options;
  const state = stateOf(model, options);
  if (state !== undefined) refuseInputs(folder, state, '--state', [model]);
  const log = (event: string, fields: object): void => {
    if (json) out.write(`${jsonLine(event, { time: new Date().toISOString(), ...fields })}\n`);
    else if (event === 'failure') err.write(`@rheo/cli: ${(fields as { readonly message: string }).message}\n`);
  };
  const say = (text: string): void => void (json || out.write(`${wrap(text, widthOf(out))}\n`));
  await withWasm(async (backend) => {
    const served = await serveModel(await readUserFile(folder, model), model, backend);
    try {
      const limits = limitsOf(options);
      const serverOptions = { host, port, token, limits, folder, state, fresh, snapshotSeconds: snapshotEvery, log };
      const server = await startServer(served, serverOptions);
      const url = `http://${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
      const held = server.service.states.size;
      log('listening', { url, model, keys: held, ...(state === undefined ? {} : { state }) });
      if (!json) {
        const rows: [string, string][] = [
          ['serving', model],
          ['predictions', `POST ${url}/predict`],
          ['WebSocket', `${url.replace('http', 'ws')}/stream`],
          ['more', `${url}/ (what goes in and out), /keys, /healthz, /metrics`],
          ['states', state === undefined ? 'kept in memory only' : `${held} read, kept in ${state}`],
        ];
        out.write(`${labelled(rows, widthOf(out)).join('\n')}\n`);
      }
      if (!isLoopback(host) && token === undefined) {
        err.write(
          `${wrap(`@rheo/cli: everybody who reaches ${host} may use this server; a --token would ask who they are.`, widthOf(err))}\n`,
        );
      }
      await aborted(signal);
      log('stopping', { keys: server.service.states.size });
      say('Stopping: what is under way is finished. Again ends at once.');
      await server.stop();
      const { size } = server.service.states;
      const { answered } = server.service.predictor;
      log('stopped', { predictions: answered, keys: size, ...(state === undefined ? {} : { state }) });
      say(
        `${counted(answered, 'prediction')}; ${counted(size, 'state')} ${state === undefined ? 'dropped' : `kept in ${state}`}.`,
      );
    } finally {
      served.dispose();
    }
  });
}

function stateOf(model: string, { state, fresh, snapshotEvery }: ServeOptions): string | undefined {
  if (state === false) {
    const extra = fresh === true ? '--fresh' : snapshotEvery === undefined ? undefined : '--snapshot-every';
    if (extra !== undefined) throw misuse('no states are kept with --no-state', extra, 'Leave one of the two out');
    return undefined;
  }
  return typeof state === 'string' ? state : stateFileOf(model);
}

function limitsOf(options: ServeOptions): Limits {
  const given: Partial<Record<keyof Limits, number | undefined>> = {
    maxKeys: options.maxKeys,
    idleKeySeconds: options.idle,
    connectionRate: options.rate,
    keyRate: options.keyRate,
    bodyBytes: options.maxBody,
    messageBytes: options.maxMessage,
    connections: options.maxConnections,
    patienceSeconds: options.timeout,
  };
  return { ...defaultLimits, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** Resolves when the command should end. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    const remedy = 'Pass a terminal with a signal that ends it';
    throw new RheoError('argument', {
      from: '@rheo/cli',
      what: 'nothing could end this server',
      where: 'signal',
      remedy,
    });
  }
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
