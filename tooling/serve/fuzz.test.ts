/** A small part of `pnpm serve fuzz` and `pnpm serve load`, with every check that they make. */
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { load, restart } from './load.ts';
import { malformed } from './malformed.ts';
import { answersOf, modelFile } from './model.ts';
import { startServer } from './start-server.ts';

it('malformed requests harm no state, no connection and no memory', async () => {
  const { answers, compared, different, megabytes, faults, errors, left, exitCode } = await fuzz({
    requests: 600,
    seed: 7,
    connections: 8,
  });
  expect({ different, faults, errors, left, exitCode }).toEqual({
    different: 0,
    faults: 0,
    errors: '',
    left: 0,
    exitCode: 0,
  });
  expect(compared).toBeGreaterThan(50);
  // Refusals of many kinds, and sockets that were upgraded.
  for (const status of ['400', '404', '405', '415', 'frames']) expect(answers[status]).toBeGreaterThan(0);
  expect(answers['500']).toBeUndefined();
  const [before = 0, , , after = 0] = megabytes;
  expect(after - before).toBeLessThan(150);
}, 180_000);

it('the same seed sends the same bytes, another seed others', () => {
  const bytes = (seed: number): string =>
    malformed(50, seed)
      .map((one) => one.how + one.bytes.toString('hex'))
      .join();
  expect(bytes(3)).toBe(bytes(3));
  expect(bytes(3)).not.toBe(bytes(4));
});

it('keyed streams over WebSocket and HTTP all get what the library answers, across a restart', async () => {
  const model = await modelFile(8);
  let server = await startServer(model);
  try {
    for (const transport of ['websocket', 'http'] as const) {
      const wanted = new Map<string, number[]>();
      for (let k = 0; k < 40; k++) wanted.set(`${transport} ${k}`, await answersOf(model, `${transport} ${k}`, 21));
      const options = { transport, keys: 40, rate: 10, seconds: 2, connections: 5 };
      expect(await load(server, options, wanted)).toMatchObject({ answers: 800, errors: 0 });
      const after = await restart(server, [...wanted.keys()], 20, wanted);
      server = after.server;
      expect(after.wrong).toBe(0);
    }
  } finally {
    expect(await server.stop()).toBe(0);
    server.remove();
  }
}, 120_000);
