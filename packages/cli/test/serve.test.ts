/** Predictions of the server are those of the library for the same rows as sequences, whichever way the rows come. */

import { wasm } from '@rheo/backend-wasm';
import { columnKinds, denormalise, prepare, readCsv, readPreparation } from '@rheo/data';
import { fromCheckpoint, load } from '@rheo/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, machineRows, plainModel, tableModel } from './serve-models.ts';
import type { Serving } from './serving.ts';
import { ask, folderWith, post, serving, Talk } from './serving.ts';

const files = {
  'table.safetensors': await tableModel('forecast'),
  'classes.safetensors': await tableModel('classification', 4),
  'plain.safetensors': plainModel(),
  'gaps.safetensors': plainModel({ gaps: true }),
};
const folder = folderWith(files);
const servers = new Map<string, Serving>();
const urlOf = (name: keyof typeof files): string => servers.get(name)?.url ?? '';
const csvRows = machineRows(40).map((row) => ({ ...row, at: row.at.replace('2024', '2025') }));

/** The rows as requests: the key is the machine, and the columns that the model does not use come along. */
const requests = csvRows.map(({ machine, at, ...values }, id) => ({
  id,
  key: machine,
  time: at,
  values: {
    ...values,
    heat: values.heat === '' ? null : Number(values.heat),
    mode: values.mode === '' ? null : values.mode,
  },
}));

/** What the library gives for the rows, in their order: outputs of the model for each. */
async function outputsOfRows(name: 'table.safetensors' | 'classes.safetensors'): Promise<Float32Array[]> {
  const backend = await wasm();
  const fitted = load(files[name], { backend });
  const preparation = readPreparation(fromCheckpoint(files[name]).extra['preparation']);
  const { data } = prepare(await readCsv(csvOf(csvRows), { types: columnKinds(preparation) }), preparation);
  const outputs: Float32Array[] = [];
  for (let n = 0; n < data.count; n++) {
    const live = await fitted.stream();
    for (let t = 0; t < (data.lengths?.[n] ?? data.steps); t++) {
      const at = n * data.steps + t;
      const values = data.values.subarray(at * data.features, (at + 1) * data.features);
      outputs[data.rows[at] ?? -1] = live.step(values, data.dt[at]).slice();
    }
    live.dispose();
  }
  await backend.dispose();
  return outputs;
}

beforeAll(async () => {
  for (const name of Object.keys(files)) servers.set(name, await serving(folder, name, ['--no-state']));
}, 60_000);

afterAll(async () => {
  for (const server of servers.values()) expect(await server.stop()).toBe(0);
});

describe('a model from a table', () => {
  it('answers row by row in the units of the user, to the last bit what the library gives', async () => {
    const preparation = readPreparation(fromCheckpoint(files['table.safetensors']).extra['preparation']);
    const wanted = (await outputsOfRows('table.safetensors')).map((outputs) => {
      const [load, heat] = denormalise(preparation, outputs);
      return { load, heat };
    });
    const seen = new Map<string, number>();
    for (const [at, request] of requests.entries()) {
      const step = (seen.get(request.key) ?? 0) + 1;
      seen.set(request.key, step);
      const { status, body } = await post(urlOf('table.safetensors'), request);
      expect(status).toBe(200);
      expect(body).toEqual({ id: at, key: request.key, time: request.time, step, prediction: wanted[at] });
    }
  }, 60_000);

  it('answers the same to a list, to lines and over WebSocket', async () => {
    const url = urlOf('table.safetensors');
    const under = (name: string): object[] => requests.map((row) => ({ ...row, key: `${name} ${row.key}` }));
    const plain = (body: unknown, name: string): unknown[] =>
      (body as { key: string }[]).map((row) => ({ ...row, key: row.key.replace(`${name} `, '') }));
    const first = plain((await post(url, under('list'))).body, 'list');
    expect(first).toHaveLength(40);
    expect((first as { step: number }[]).at(-1)?.step).toBe(20);
    const text = under('lines')
      .map((row) => JSON.stringify(row))
      .join('\n\n');
    const lines = await post(url, text, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    expect(
      plain(
        String(lines.body)
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
        'lines',
      ),
    ).toEqual(first);

    const talk = await Talk.open(url);
    for (const row of under('one')) talk.send(row);
    const one: unknown[] = [];
    for (let i = 0; i < requests.length; i++) one.push(await talk.next());
    expect(plain(one, 'one')).toEqual(first);
    talk.send(under('all'));
    expect(plain(await talk.next(), 'all')).toEqual(first);
    expect(await talk.close()).toBe(1005);
  }, 60_000);

  it('answers classes with labels and probabilities', async () => {
    const wanted = await outputsOfRows('classes.safetensors');
    const { body } = await post(urlOf('classes.safetensors'), requests);
    const rows = body as { prediction: string; probabilities: Record<string, number> }[];
    expect(Object.keys(rows[0]?.probabilities ?? {})).toEqual(['good', 'worn']);
    for (const [at, { prediction, probabilities }] of rows.entries()) {
      const [good = 0, worn = 0] = wanted[at] ?? [];
      // The logistic function of the difference is the softmax of two.
      expect(probabilities['good']).toBeCloseTo(1 / (1 + Math.exp(worn - good)), 12);
      expect((probabilities['good'] ?? 0) + (probabilities['worn'] ?? 0)).toBeCloseTo(1, 12);
      expect(prediction).toBe(good >= worn ? 'good' : 'worn');
    }
    expect(new Set(rows.map(({ prediction }) => prediction)).size).toBe(2);
  }, 60_000);

  it('refuses a row and goes on as if it had not come', async () => {
    const url = urlOf('table.safetensors');
    const send = async (key: string, row: object): Promise<unknown> => (await post(url, { key, ...row })).body;
    const good = { time: '2025-05-01 10:00', values: { heat: 20, mode: 'slow' } };
    const later = { time: '2025-05-01 11:00', values: { heat: null, mode: 'idle' } };
    await send('clean', good);
    await send('tried', good);
    const wrong = [
      { time: '2025-05-01 09:00', values: good.values },
      { time: '2025-05-01 10:00', values: good.values },
      { time: 'soon', values: good.values },
      { time: later.time, values: { heat: 'hot', mode: 'slow' } },
      { time: later.time, values: { hea: 20, mode: 'slow' } },
      { time: later.time, values: { heat: 1e300, mode: 'slow' } },
      { values: good.values },
      { ...later, dt: 1 },
    ];
    for (const row of wrong) expect(await send('tried', row)).toHaveProperty('error.kind');
    const [a, b] = [await send('clean', later), await send('tried', later)];
    expect(b).toEqual({ ...Object(a), key: 'tried' });
    expect(b).toHaveProperty('step', 2);
  });
});

describe('a model without a preparation', () => {
  it('takes numbers with time, dt or neither', async () => {
    const backend = await wasm();
    const fitted = load(files['plain.safetensors'], { backend });
    const url = urlOf('plain.safetensors');
    const values = [0.5, -1, 2];
    const live = await fitted.stream();
    const wanted = [0, 2.5, 0.75, 1].map((dt) => [...live.step(values, dt)]);
    const times = [{ time: 1e9 }, { time: 1e9 + 2.5 }, { dt: 0.75 }, {}];
    for (const [at, time] of times.entries()) {
      const { body } = await post(url, { key: 'k', values, ...time });
      expect(body).toEqual({ key: 'k', ...('time' in time ? time : {}), step: at + 1, prediction: wanted[at] });
    }
    // The clock went on by dt.
    expect((await post(url, { key: 'k', values, time: 1e9 + 3 })).status).toBe(400);
    expect((await post(url, { key: 'k', values, time: 1e9 + 3.25 })).status).toBe(200);
    live.dispose();
    await backend.dispose();
  });

  it('fills the gaps of models that fill them, and takes none elsewhere', async () => {
    const backend = await wasm();
    const live = await load(files['gaps.safetensors'], { backend }).stream({ observed: true });
    const first = [...live.step([1, 2, 3], 1, [1, 1, 1])];
    const second = [...live.step([0, 5, 0], 1, [0, 1, 0])];
    const url = urlOf('gaps.safetensors');
    expect((await post(url, { key: 'g', dt: 1, values: [1, 2, 3] })).body).toHaveProperty('prediction', first);
    expect((await post(url, { key: 'g', dt: 1, values: [null, 5, null] })).body).toHaveProperty('prediction', second);
    const plain = await post(urlOf('plain.safetensors'), { key: 'g', values: [null, 5, 1] });
    expect(plain).toMatchObject({ status: 400, body: { error: { kind: 'request', where: 'values[0]' } } });
    live.dispose();
    await backend.dispose();
  });
});

it('tells what it serves, which keys it holds, and its numbers', async () => {
  const url = urlOf('plain.safetensors');
  await post(
    url,
    [1, 2].map(() => ({ key: 'a/b ü', values: [1, 2, 3] })),
  );
  expect((await ask(url, '/')).body).toMatchObject({
    model: 'plain.safetensors',
    outputs: { prediction: '2 numbers' },
  });
  expect((await ask(urlOf('table.safetensors'), '/')).body).toMatchObject({
    task: 'forecast',
    inputs: [{ column: 'heat' }, { column: 'mode', labels: ['fast', 'idle', 'slow'] }],
    time: { column: 'at', unit: 'date' },
    outputs: [{ column: 'load' }, { column: 'heat' }],
    window: 100,
  });
  expect((await ask(url, '/keys?limit=1')).body).toMatchObject({ keys: [{ key: 'a/b ü', steps: 2 }] });
  const path = `/keys/${encodeURIComponent('a/b ü')}`;
  expect((await ask(url, path)).body).toMatchObject({ key: 'a/b ü', steps: 2, deleted: false });
  expect((await ask(url, path, { method: 'DELETE' })).body).toMatchObject({ key: 'a/b ü', deleted: true });
  expect((await ask(url, path, { method: 'DELETE' })).status).toBe(404);
  expect((await post(url, { key: 'a/b ü', values: [1, 2, 3] })).body).toHaveProperty('step', 1);
  expect((await ask(url, '/healthz')).body).toMatchObject({ status: 'ok' });
  expect((await ask(url, '/healthz', { method: 'HEAD' })).status).toBe(200);
  const metrics = String((await ask(url, '/metrics')).body);
  expect(metrics).toMatch(/^rheo_predictions_total\{transport="http"\} \d+$/m);
  expect(metrics).toContain('rheo_evictions_total{reason="deleted"} 1\n');
  const counts = [...metrics.matchAll(/_bucket\{le="[^"]+"\} (\d+)/g)].map(([, count]) => Number(count));
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(counts.at(-1)).toBe(Number(/^rheo_prediction_seconds_count (\d+)$/m.exec(metrics)?.[1]));
});
