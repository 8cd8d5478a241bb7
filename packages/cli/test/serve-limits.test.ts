/** What the server refuses: every kind of refusal with its status, and what is slow, huge or from elsewhere. */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { wasm } from '@rheo/backend-wasm';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Limits } from '../src/serve/limits.ts';
import { defaultLimits } from '../src/serve/limits.ts';
import type { RefusalKind } from '../src/serve/refusal.ts';
import { statuses } from '../src/serve/refusal.ts';
import type { ServedModel } from '../src/serve/served-model.ts';
import { serveModel } from '../src/serve/served-model.ts';
import { startServer } from '../src/serve/server.ts';
import { TokenBucket } from '../src/serve/token-bucket.ts';
import { plainModel } from './serve-models.ts';
import { ask, post, Talk } from './serving.ts';

const backend = await wasm();
const model = await serveModel(plainModel(), 'plain.safetensors', backend);
const met = new Set<string>();
const row = { key: 'a', values: [1, 2, 3] };

afterAll(async () => {
  model.dispose();
  await backend.dispose();
});

/** A server on a free port with some limits changed; stopped after the test. */
async function up(
  limits: Partial<Limits> = {},
  options: { readonly token?: string; readonly host?: string; readonly model?: ServedModel } = {},
) {
  const { host = '127.0.0.1', token } = options;
  const failures: object[] = [];
  const server = await startServer(options.model ?? model, {
    host,
    port: 0,
    token,
    limits: { ...defaultLimits, patienceSeconds: 1, graceSeconds: 1, ...limits },
    folder: '/',
    snapshotSeconds: 0,
    log: (_, fields) => failures.push(fields),
  });
  onTestFinished(() => server.stop());
  return { ...server, url: `http://127.0.0.1:${server.port}`, failures };
}

/** Notes and checks a refusal. */
function refusal(
  answer: { readonly status: number; readonly body: unknown },
  kind: RefusalKind,
  message: RegExp,
): void {
  met.add(kind);
  expect(answer).toMatchObject({
    status: statuses[kind],
    body: { error: { kind, message: expect.stringMatching(message) } },
  });
}

/** Writes bytes and gives what comes until the server closes. */
function raw(
  port: number,
  text: string,
): Promise<{ readonly status: number; readonly body: unknown; readonly seconds: number }> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => text !== '' && socket.write(text, 'latin1'));
    let read = '';
    socket.on('data', (chunk) => {
      read += String(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      const [head = '', body = ''] = read.split('\r\n\r\n', 2);
      const json = /^content-type: application\/json/im.test(head) && body !== '';
      const status = Number(head.split(' ')[1] ?? 0);
      resolve({
        status,
        body: json ? JSON.parse(body) : body,
        seconds: (performance.now() - begun) / 1000,
      });
    });
  });
}

describe('requests', () => {
  it('that are no JSON, no rows or no UTF-8', async () => {
    const { url } = await up();
    refusal(await post(url, '{"key":'), 'malformed', /no JSON/);
    refusal(await post(url, ''), 'malformed', /no JSON/);
    for (const wrong of ['3', 'null', '"a"', '{}', '{"key":""}', '{"key":7}', '{"key":"a","values":[1,2]}']) {
      refusal(await post(url, wrong), 'request', /./);
    }
    refusal(await post(url, { ...row, key: 'x'.repeat(257) }), 'request', /1 to 256 characters/);
    refusal(await post(url, '{"key":"\\ud800","values":[1,2,3]}'), 'request', /key/);
    refusal(await post(url, { ...row, id: {} }), 'request', /id/);
    refusal(await post(url, { ...row, tmie: 3 }), 'request', /Did you mean time\?/);
    refusal(await post(url, { ...row, dt: -1 }), 'request', /dt/);
    refusal(await post(url, { ...row, values: [1, 2, 1e39] }), 'request', /values\[2\]/);
    const bytes = await fetch(`${url}/predict`, {
      method: 'POST',
      body: Uint8Array.of(0x7b, 0xff),
      headers: { 'content-type': 'application/json' },
    });
    refusal({ status: bytes.status, body: await bytes.json() }, 'malformed', /UTF-8/);
    await post(url, { ...row, time: 5 });
    refusal(await post(url, { ...row, time: 4 }), 'value', /backwards, from 5 to 4/);
    expect((await post(url, { ...row, time: 6 })).body).toHaveProperty('step', 2);
  });

  it('to other paths, by other methods, of other types', async () => {
    const { url } = await up();
    refusal(await ask(url, '/model'), 'not-found', /There are/);
    refusal(await ask(url, '/keys/none'), 'unknown-key', /No state/);
    refusal(await ask(url, '/keys/%ff'), 'request', /percent/);
    refusal(await ask(url, '/keys?limit=-1'), 'request', /limit/);
    refusal(await ask(url, '/stream'), 'request', /WebSocket/);
    const get = await ask(url, '/predict');
    refusal(get, 'method', /takes POST/);
    expect(get.headers.get('allow')).toBe('POST');
    refusal(await ask(url, '/keys', { method: 'DELETE' }), 'method', /takes GET/);
    refusal(await post(url, row, { 'content-type': 'text/plain' }), 'media-type', /application\/json/);
    const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    refusal(await post(url, row, gzip), 'media-type', /compressed/);
  });

  it('too large, declared or not, in headers, bodies, lines, rows and messages', async () => {
    const { url, port } = await up({ bodyBytes: 2_000, headerBytes: 4_000, rows: 3, messageBytes: 1_000 });
    const large = JSON.stringify({ ...row, id: 'x'.repeat(3_000) });
    refusal(await post(url, large), 'too-large', /2000 bytes/);
    const head = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    refusal(await raw(port, `${head}Content-Length: 99999999\r\n\r\n`), 'too-large', /2000 bytes/);
    const chunk = `${(3_000).toString(16)}\r\n${'x'.repeat(3_000)}\r\n`;
    refusal(await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`), 'too-large', /2000 bytes/);
    refusal(await raw(port, `${head}X: ${'y'.repeat(5_000)}\r\n\r\n`), 'headers-too-large', /4000 bytes/);
    refusal(await post(url, [row, row, row, row]), 'too-large', /4 rows at once/);
    const lines = await post(url, `${JSON.stringify(row)}\n${large}\n`, { 'content-type': 'application/x-ndjson' });
    const [first, last] = String(lines.body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toHaveProperty('step', 1);
    expect(last).toHaveProperty('error.kind', 'too-large');
    const talk = await Talk.open(url);
    talk.send(large);
    expect(await talk.closed()).toBe(1009);
    expect(String((await ask(url, '/metrics')).body)).toContain('rheo_refusals_total{kind="too-large"} 6\n');
  });

  it('too fast, of a connection or of a key', async () => {
    const { url } = await up({ keyRate: 2, connectionRate: 6 });
    const talk = await Talk.open(url);
    const kinds: unknown[] = [];
    for (const key of ['a', 'a', 'a', 'b', 'c', 'd', 'e']) talk.send({ ...row, key });
    for (let i = 0; i < 7; i++) kinds.push(((await talk.next()) as { error?: { kind: string } }).error?.kind);
    expect(kinds).toEqual([undefined, undefined, 'rate', undefined, undefined, undefined, 'rate']);
    // Another connection has a rate of its own, the key has not.
    const other = await post(url, row);
    refusal(other, 'rate', /2 rows a second for this key/);
    expect(Number(other.headers.get('retry-after'))).toBe(1);
    await talk.close();
  });

  it('from too many connections', async () => {
    const { url, port } = await up({ connections: 2 });
    const one = await Talk.open(url);
    const two = await Talk.open(url);
    refusal(await raw(port, ''), 'busy', /There are 2 connections/);
    await expect(Talk.open(url)).rejects.toThrow(/503/);
    await one.close();
    while ((await fetch(`${url}/healthz`).catch(() => ({ ok: false }))).ok === false);
    await two.close();
  });

  it('with too many large bodies at once', async () => {
    const { url, port, service } = await up({ arrivingBytes: 3_000, bodyBytes: 2_000 });
    const head = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const slow = [1, 2].map(() => raw(port, `${head}Content-Length: 1900\r\n\r\n${' '.repeat(1_400)}`));
    while (service.arriving.bytes < 2_800) await new Promise((resolve) => setTimeout(resolve, 5));
    refusal(await post(url, { ...row, id: 'x'.repeat(250) }), 'busy', /at once/);
    for (const answer of await Promise.all(slow)) refusal(answer, 'timeout', /within 1 s/);
    expect(service.arriving.bytes).toBe(0);
    expect((await post(url, { ...row, id: 'x'.repeat(250) })).status).toBe(200);
  });

  it('that no client caused are told without details, and the state is as before', async () => {
    const broken = {
      ...model,
      predictionOf: () => {
        throw new TypeError('secret');
      },
    };
    const { url, failures } = await up({}, { model: broken });
    const answer = await post(url, row);
    refusal(answer, 'internal', /failed on this request/);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(JSON.stringify(failures)).toContain('secret');
    expect((await ask(url, '/keys')).body).toMatchObject({ held: 0 });
  });
});

describe('slow clients', () => {
  it('lose patience with the server, not the other way round: headers, bodies, lines', async () => {
    const { url, port } = await up();
    const headers = raw(port, 'POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const nothing = raw(port, '');
    const post = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nContent-Type: ';
    const body = raw(port, `${post}application/json\r\n\r\n{"key"`);
    const lines = raw(port, `${post}application/x-ndjson\r\n\r\n{"key"`);
    refusal(await headers, 'timeout', /headers/);
    refusal(await nothing, 'timeout', /headers/);
    refusal(await body, 'timeout', /within 1 s/);
    expect((await lines).status).toBe(200);
    for (const { seconds } of [await headers, await nothing, await body, await lines]) {
      expect(seconds).toBeGreaterThan(0.9);
    }
    expect((await ask(url, '/healthz')).status).toBe(200);
  }, 60_000);

  it('that send lines in time may go on for longer than that', async () => {
    const { url } = await up();
    const body = new ReadableStream({
      async start(controller) {
        for (let i = 0; i < 5; i++) {
          controller.enqueue(new TextEncoder().encode(`${JSON.stringify(row)}\n`));
          await new Promise((resolve) => setTimeout(resolve, 400));
        }
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/x-ndjson' };
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    const answers = (await (await fetch(`${url}/predict`, init)).text()).trim().split('\n');
    expect(answers.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3, 4, 5]);
  }, 60_000);

  it('that do not read their answers are not read from, and are cut off', async () => {
    const { url, port, service } = await up({ unsentBytes: 1 << 16, connectionRate: 0, keyRate: 0 });
    const talk = await Talk.open(url);
    const gone = talk.closed();
    // The client reads nothing, so answers fill the buffers of both ends.
    talk.socket.pause();
    const text = JSON.stringify(Array.from({ length: 100 }, () => row));
    const sending = setInterval(() => {
      for (let i = 0; i < 20 && talk.socket.bufferedAmount < 1 << 20; i++) talk.socket.send(text);
    }, 1);
    const before = process.memoryUsage.rss();
    await expect
      .poll(() => String(service.metrics.text({ states: service.states, connections: 0, sockets: 0, uptime: 0 })), {
        timeout: 30_000,
      })
      .toContain('kind="timeout"} 1\n');
    clearInterval(sending);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
    talk.socket.resume();
    expect(await gone).toBe(1006);
    expect((await raw(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).status).toBe(200);
  }, 60_000);
});

describe('callers', () => {
  it('on loopback have a Host and an Origin of this machine', async () => {
    const { port } = await up();
    const get = (host: string, more = '') =>
      raw(port, `GET /keys HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
    for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'LOCALHOST']) {
      expect((await get(host)).status).toBe(200);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '',
    ]) {
      refusal(await get(host), 'forbidden', /Host/);
    }
    expect((await get('localhost', 'Origin: http://localhost:5173\r\n')).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'file://']) {
      refusal(await get('localhost', `Origin: ${origin}\r\n`), 'forbidden', /Origin/);
    }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/stream`, { origin: 'https://evil.example' });
    await expect(new Promise((_, reject) => socket.once('error', reject))).rejects.toThrow(/403/);
  });

  it('elsewhere may come by any name, from pages of that name', async () => {
    const { port } = await up({}, { host: '0.0.0.0' });
    const get = (more: string) =>
      raw(port, `GET /keys HTTP/1.1\r\nHost: models.example\r\n${more}Connection: close\r\n\r\n`);
    expect((await get('')).status).toBe(200);
    expect((await get('Origin: https://models.example\r\n')).status).toBe(200);
    refusal(await get('Origin: https://evil.example\r\n'), 'forbidden', /Origin/);
  });

  it('need the token where there is one, but for the sign of life', async () => {
    const { url } = await up({}, { token: 'open sesame' });
    expect((await ask(url, '/healthz')).status).toBe(200);
    const none = await ask(url, '/keys');
    refusal(none, 'unauthorised', /Bearer/);
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = { authorization: 'Bearer open sesam' };
    refusal(await ask(url, '/keys', { headers: wrong }), 'unauthorised', /Bearer/);
    await expect(Talk.open(url, wrong)).rejects.toThrow(/401/);
    const right = { authorization: 'Bearer open sesame' };
    expect((await ask(url, '/keys', { headers: right })).status).toBe(200);
    const talk = await Talk.open(url, right);
    talk.send(row);
    expect(await talk.next()).toHaveProperty('step', 1);
    await talk.close();
  });
});

describe('WebSockets', () => {
  it('answer what is no row and go on', async () => {
    const { url } = await up();
    const talk = await Talk.open(url);
    talk.send('nonsense');
    expect(await talk.next()).toHaveProperty('error.kind', 'malformed');
    talk.socket.send(Uint8Array.of(1, 2, 3));
    expect(await talk.next()).toMatchObject({ error: { kind: 'request', message: expect.stringContaining('a text') } });
    talk.send({ id: 'seven', key: 'a' });
    expect(await talk.next()).toMatchObject({ id: 'seven', error: { kind: 'request' } });
    talk.send([row, { ...row, values: [] }, row]);
    expect(await talk.next()).toMatchObject([{ step: 1 }, { error: { where: 'values' } }, { step: 2 }]);
    await talk.close();
    await expect(Talk.open(`${url}/keys`)).rejects.toThrow(/404/);
  });

  it('get their answers before the server stops, and nothing new is taken then', async () => {
    const { url, port, stop, service } = await up();
    const talk = await Talk.open(url);
    for (let i = 0; i < 200; i++) talk.send({ ...row, id: i });
    while (service.predictor.answered < 200) await new Promise(setImmediate);
    const waiting = raw(
      port,
      'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{"key":"late"',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = stop();
    expect(await talk.closed()).toBe(1001);
    for (let i = 0; i < 200; i++) expect(await talk.next()).toMatchObject({ id: i, step: i + 1 });
    refusal(await waiting, 'timeout', /within 1 s/);
    await stopped;
    await expect(fetch(url)).rejects.toThrow();
  });

  it('and requests that come while it stops are told so', async () => {
    const { url, service } = await up();
    service.stopping = true;
    refusal(await post(url, row), 'stopping', /stopping/);
    expect(await ask(url, '/healthz')).toMatchObject({ status: 503, body: { status: 'stopping' } });
    await expect(Talk.open(url)).rejects.toThrow(/503/);
    service.stopping = false;
  });
});

it('a bucket gives as many at once as a second has, then as many a second', () => {
  const bucket = new TokenBucket(4, 100);
  const taken = (now: number) => Array.from({ length: 10 }, () => bucket.take(now)).filter((wait) => wait === 0).length;
  expect(taken(100)).toBe(4);
  expect(bucket.take(100)).toBeCloseTo(0.25, 12);
  expect(taken(100.5)).toBe(2);
  // A clock that is set back gives nothing and takes nothing.
  expect(taken(90)).toBe(0);
  expect(taken(1000)).toBe(4);
  const open = new TokenBucket(0, 0);
  expect(Array.from({ length: 100 }, () => open.take(0)).every((wait) => wait === 0)).toBe(true);
});

it('every kind of refusal was met above, and is in the README with its status', () => {
  expect([...met].sort()).toEqual(Object.keys(statuses).sort());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const table = /^\| kind \| status \| \|\n(?:\|.*\n)+/m.exec(readme)?.[0] ?? '';
  const told = [...table.matchAll(/^\| (`[^|]+`) \| ([\d, ]+) \|/gm)].flatMap(([, kinds = '', given = '']) => {
    const codes = given.split(', ').map(Number);
    return kinds.split(', ').map((kind, at) => [kind.replaceAll('`', ''), codes[at] ?? codes[0]] as const);
  });
  expect(Object.fromEntries(told)).toEqual(statuses);
});
