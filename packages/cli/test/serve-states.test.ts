/** What outlasts a server: every state, to the last bit, and nothing that is not whole or is of another model. */

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyStates } from '../src/serve/key-states.ts';
import { readStates, writeStates } from '../src/serve/state-file.ts';
import { rheo } from './collect.ts';
import { machineRows, plainModel, tableModel } from './serve-models.ts';
import { ask, folderWith, post, serving } from './serving.ts';

const folder = folderWith({
  'table.safetensors': await tableModel('forecast'),
  'plain.safetensors': plainModel(),
  'other.safetensors': plainModel({ seed: 4 }),
});
const inFolder = (name: string): string => join(folder, name);

const rows = machineRows(60).map(({ machine, at, heat, mode }, i) => ({
  key: `${machine} ${i % 6}`,
  time: at,
  values: { heat: heat === '' ? null : Number(heat), mode: mode === '' ? null : mode },
}));

describe('a restart', () => {
  it('changes no prediction, to the last bit', async () => {
    const whole = await serving(folder, 'table.safetensors', ['--no-state']);
    const wanted = (await post(whole.url, rows)).body as unknown[];
    await whole.stop();
    const answers: unknown[] = [];
    for (let from = 0; from < rows.length; from += 20) {
      const part = await serving(folder, 'table.safetensors', ['--state', 'parts.states']);
      answers.push(...((await post(part.url, rows.slice(from, from + 20))).body as unknown[]));
      expect(await part.stop()).toBe(0);
      expect(part.err).toEqual([]);
    }
    expect(answers).toEqual(wanted);
    expect((answers.at(-1) as { step: number }).step).toBe(10);
  }, 60_000);

  it('keeps the states beside the model unless told otherwise, and leaves nothing else', async () => {
    const first = await serving(folder, 'plain.safetensors');
    await post(first.url, { key: 'a', values: [1, 2, 3] });
    expect(existsSync(inFolder('plain.states.lock'))).toBe(true);
    const second = await rheo(folder, ['serve', 'plain.safetensors', '--port', '0'], AbortSignal.abort());
    expect(second.code).toBe(2);
    expect(second.err).toContain(`process ${process.pid} is writing there (plain.states). Stop it`);
    await first.stop();
    const names = readdirSync(folder).filter((name) => name.includes('plain'));
    expect(names.sort()).toEqual(['plain.safetensors', 'plain.states']);
    const again = await serving(folder, 'plain.safetensors');
    expect(again.log[0]).toMatchObject({ event: 'listening', keys: 1, state: 'plain.states' });
    await again.stop();
    const fresh = await serving(folder, 'plain.safetensors', ['--fresh']);
    expect(fresh.log[0]).toMatchObject({ keys: 0 });
    await fresh.stop();
  }, 60_000);

  it('takes a file whose server was killed, and clears what it had begun to write', async () => {
    writeFileSync(inFolder('killed.states.lock'), '999999999\n');
    writeFileSync(inFolder('.killed.states.1234.part'), 'half');
    const next = await serving(folder, 'plain.safetensors', ['--state', 'killed.states']);
    await next.stop();
    expect(readdirSync(folder).filter((name) => name.includes('killed'))).toEqual(['killed.states']);
  }, 60_000);

  it('refuses the states of another model and damaged ones, and keeps them', async () => {
    const server = await serving(folder, 'plain.safetensors', ['--state', 'good.states']);
    await post(
      server.url,
      [1, 2, 3].map((n) => ({ key: `k${n}`, values: [n, 0, 1] })),
    );
    await server.stop();
    const start = (model: string, state: string) =>
      rheo(folder, ['serve', model, '--port', '0', '--state', state, '--json'], AbortSignal.abort());
    const other = await start('other.safetensors', 'good.states');
    expect(other.code).toBe(2);
    expect(other.err).toContain('these are the states of another model (good.states). Name another file (--state)');
    const bytes = readFileSync(inFolder('good.states'));
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      writeFileSync(inFolder('bad.states'), damaged);
      const { code, err, out } = await start('plain.safetensors', 'bad.states');
      // A flipped bit may spell the same header in other letters; then it must be what it was.
      if (code === 0) expect(out).toContain('"keys":3');
      else expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('bad.states') });
      if (code !== 0) expect(readFileSync(inFolder('bad.states'))).toEqual(damaged);
    }
    writeFileSync(inFolder('bad.states'), bytes.subarray(0, bytes.length - 9));
    expect((await start('plain.safetensors', 'bad.states')).code).toBe(2);
  }, 120_000);

  it('goes on when a snapshot cannot be written, says so, and ends with an error that names the file', async () => {
    const server = await serving(folder, 'plain.safetensors', ['--state', 'taken.states', '--snapshot-every', '1']);
    mkdirSync(inFolder('taken.states'));
    await post(server.url, { key: 'a', values: [1, 2, 3] });
    while (!server.log.some(({ event }) => event === 'failure'))
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await post(server.url, { key: 'a', values: [1, 2, 3] })).body).toHaveProperty('step', 2);
    expect((await ask(server.url, '/metrics')).body).toMatch(/snapshots_total\{result="failed"\} [1-9]/);
    expect(await server.stop()).toBe(2);
    expect(server.err.join('')).toContain('taken.states: the file cannot be written');
    const nowhere = await rheo(
      folder,
      ['serve', 'plain.safetensors', '--state', 'gone/x', '--port', '0'],
      AbortSignal.abort(),
    );
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('(gone/x)') });
  }, 60_000);
});

describe('the process', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

  async function start(args: readonly string[]) {
    const command = ['--conditions=@rheo/source', `--import=${tsx}`, main, 'serve', ...args, '--port', '0', '--json'];
    const child = spawn(process.execPath, command, { cwd: folder });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise<number | string>((resolve) =>
      child.on('close', (code, signal) => resolve(code ?? signal ?? '')),
    );
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk) => resolve(String(JSON.parse(String(chunk)).url)));
      void ended.then((code) => reject(new Error(`it ended with ${code}: ${err}`)));
    });
    return { child, url, ended };
  }

  it('keeps its states on SIGTERM, and those of the last snapshot on SIGKILL', async () => {
    const state = ['--state', 'process.states', '--snapshot-every', '1'];
    copyFileSync(inFolder('table.safetensors'), inFolder('process.safetensors'));
    const whole = await serving(folder, 'table.safetensors', ['--no-state']);
    const wanted = (await post(whole.url, rows)).body as unknown[];
    await whole.stop();

    const first = await start(['process.safetensors', ...state]);
    const answers = (await post(first.url, rows.slice(0, 20))).body as unknown[];
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = await start(['process.safetensors', ...state]);
    answers.push(...((await post(second.url, rows.slice(20, 40))).body as unknown[]));
    const snapshots = async () =>
      /snapshots_total\{result="ok"\} (\d+)/.exec(String((await ask(second.url, '/metrics')).body))?.[1];
    while ((await snapshots()) === '0') await new Promise((resolve) => setTimeout(resolve, 100));
    second.child.kill('SIGKILL');
    expect(await second.ended).toBe('SIGKILL');

    const third = await start(['process.safetensors', ...state]);
    answers.push(...((await post(third.url, rows.slice(40))).body as unknown[]));
    expect(answers).toEqual(wanted);
    third.child.kill('SIGTERM');
    expect(await third.ended).toBe(0);
  }, 120_000);

  it('ends at once on a second signal, while a request is under way', async () => {
    const server = await start(['plain.safetensors', '--state', 'twice.states']);
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"key":')) });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit;
    const hanging = fetch(`${server.url}/predict`, init).catch(() => undefined);
    while ((await (await fetch(`${server.url}/metrics`)).text()).includes('rheo_connections 1\n')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    server.child.kill('SIGTERM');
    await new Promise((resolve) => server.child.stdout.once('data', resolve));
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(130);
    await hanging;
    expect(readdirSync(folder).filter((name) => name.includes('twice'))).toEqual([]);
  }, 60_000);
});

describe('states held', () => {
  const options = { stateSize: 3, memorySize: 2, maxKeys: 1000, idleSeconds: 0, keyRate: 0 };
  const sizes = { fingerprint: 'f', stateSize: 3, memorySize: 2, keyLength: 20 };
  const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text.length <= 20);
  const numbers = fc.array(fc.float({ noNaN: true }), { minLength: 3, maxLength: 3 });

  it('are the newest of each key, whatever was written, dropped and read back from a file', () => {
    const steps = fc.array(fc.tuple(key, numbers, fc.boolean()), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (all, maxKeys) => {
        let states = new KeyStates({ ...options, maxKeys });
        // The model: a list, oldest first.
        let wanted: { key: string; numbers: number[]; at: number }[] = [];
        for (const [at, [name, state, drop]] of all.entries()) {
          const others = wanted.filter((entry) => entry.key !== name);
          if (drop && at % 3 === 0) {
            expect(states.delete(name)).toBe(others.length < wanted.length);
            wanted = others;
          } else {
            states.write(name, Float32Array.from(state), Float64Array.of(at, 0.1 * at), at);
            const room = others.length < wanted.length ? wanted.length : maxKeys;
            wanted = [
              ...others.slice(Math.max(0, others.length + 1 - Math.max(room, 1))),
              { key: name, numbers: state, at },
            ];
          }
          if (at % 50 === 49) {
            const file = writeStates(states, sizes);
            states = new KeyStates({ ...options, maxKeys });
            readStates(file, 'f.states', states, sizes);
          }
        }
        expect(states.keys()).toEqual(wanted.map((entry) => entry.key));
        for (const entry of wanted) {
          const [state, memory] = [new Float32Array(3), new Float64Array(2)];
          states.read(entry.key, state, memory);
          expect(state).toStrictEqual(Float32Array.from(entry.numbers));
          expect(memory).toStrictEqual(Float64Array.of(entry.at, 0.1 * entry.at));
          expect(states.held(entry.key)?.lastUsed).toBe(entry.at);
        }
        const [state, memory] = [new Float32Array(3).fill(1), new Float64Array(2).fill(1)];
        states.read('not held at all', state, memory);
        expect([...state, ...memory]).toEqual([0, 0, 0, 0, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('go when they were idle for too long, and when there are too many, and are counted', () => {
    const states = new KeyStates({ ...options, maxKeys: 3, idleSeconds: 10 });
    const write = (name: string, now: number): void =>
      states.write(name, new Float32Array(3), new Float64Array(2), now);
    for (const [at, name] of ['a', 'b', 'c', 'a', 'd'].entries()) write(name, at);
    expect(states.keys()).toEqual(['c', 'a', 'd']);
    states.expire(12.5);
    expect(states.keys()).toEqual(['a', 'd']);
    states.expire(100);
    expect(states.size).toBe(0);
    expect(states.evicted).toEqual({ full: 1, idle: 3, deleted: 0 });
  });
});
