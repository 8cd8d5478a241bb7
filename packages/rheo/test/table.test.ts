/** From a table to predictions in its own units, in one call, held to the parts that it puts together. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochReport, TrainTableOptions } from 'rheo';
import {
  adam,
  cfc,
  denormalise,
  fitPreparation,
  gru,
  initialise,
  linear,
  loadTableModel,
  meanAbsoluteError,
  meanSquaredError,
  metrics,
  prepare,
  readCsv,
  sequential,
  TableTrainingStopped,
  tableModel,
  toCheckpoint,
  train,
  trainTable,
  wasm,
} from 'rheo';
import { afterAll, describe, expect, it } from 'vitest';
import { sensorCsv } from './sensor-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const backend = await wasm();
const csv = sensorCsv(120);
const small: TrainTableOptions = {
  ...{ task: 'forecast', time: 'time', group: 'sensor', target: 'power', backend, epochs: 2, seed: 3 },
  model: ({ outputs, returnSequences }) =>
    sequential([cfc({ units: 8, backboneUnits: 16, returnSequences }), linear(outputs)]),
};

describe('trainTable', () => {
  it('is what fitPreparation and train give', async () => {
    const model = await trainTable(csv, { ...small, optimizer: adam(), batchSize: 4, patience: 10, keep: 'best' });
    const { task, time, group, target } = { ...small, group: 'sensor', time: 'time', target: 'power' };
    const {
      preparation,
      train: data,
      validation,
      notes,
    } = fitPreparation(await readCsv(csv), { task, time, group, target });
    const layer = sequential([cfc({ units: 8, backboneUnits: 16 }), linear(1)]);
    const options = { data, validation, epochs: 2, seed: 3, optimizer: adam(), batchSize: 4, patience: 10, backend };
    const fitted = await train(layer, { ...options, keep: 'best', loss: meanSquaredError });
    expect(model.preparation).toEqual(preparation);
    expect(model.notes).toEqual(notes);
    expect(model.toBytes()).toEqual(toCheckpoint(fitted, { preparation: preparation as never }));
  });

  it('learns with nothing told but the columns: far better than the last value', async () => {
    const { model: _, epochs: __, ...usual } = small;
    const model = await trainTable(new File([csv], 'sensors.csv'), { ...usual, epochs: 25 });
    expect(model.fitted.training?.bestEpoch).toBeDefined();
    const fresh = sensorCsv(40, ['c'], 5000);
    const predicted = await model.predict(fresh);
    const power = fresh
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[2]));
    let [squares, last] = [0, 0];
    for (const { row, values } of predicted.slice(8, -1)) {
      squares += (Number(values['power']) - (power[row + 1] ?? 0)) ** 2;
      last += ((power[row] ?? 0) - (power[row + 1] ?? 0)) ** 2;
    }
    expect(squares).toBeLessThan(last / 4);
  }, 120_000);

  it('takes whatever train takes, and tells of epochs', async () => {
    const epochs: EpochReport[] = [];
    const { fitted } = await trainTable(csv, {
      ...small,
      loss: meanAbsoluteError,
      metrics: [metrics.r2],
      truncate: 16,
      onEpoch: (report) => void epochs.push(report),
    });
    expect(fitted.training).toMatchObject({ loss: 'mean-absolute-error', truncate: 16 });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(epochs[0]?.validationMetrics).toHaveProperty('r2');
  });

  it('an abort leaves a model that predicts and can be saved, and a state to go on from, to the same bits', async () => {
    const controller = new AbortController();
    const error: unknown = await trainTable(csv, {
      ...{ ...small, epochs: 4 },
      signal: controller.signal,
      onEpoch: ({ epoch }) => epoch === 2 && controller.abort(),
    } as TrainTableOptions).catch((reason: unknown) => reason);
    if (!(error instanceof TableTrainingStopped)) throw error;
    expect(error.code).toBe('aborted');
    expect(error.model.fitted.history.length).toBe(2);
    expect((await error.model.predict(csv)).length).toBe(240);
    expect(JSON.stringify(error)).not.toContain('preparation');
    const resumed = await trainTable(csv, { ...small, epochs: 4, resume: error.state });
    expect(resumed.toBytes()).toEqual((await trainTable(csv, { ...small, epochs: 4 })).toBytes());
  });

  it.each([
    [{ grupo: 'sensor' }, /no option "grupo".*group/],
    [{ task: 'forecasting' }, /task is "forecasting"/],
    [{ target: 'pwer' }, /pwer.*power/],
    [{ epochs: 0 }, /epochs is 0/],
  ])('refuses %j', async (changes, message) => {
    await expect(trainTable(csv, { ...small, ...(changes as object) })).rejects.toThrow(message);
  });
});

describe('predictions', () => {
  it('are those of the model in the unit of the column, with row, time and keys', async () => {
    const model = await trainTable(csv, small);
    const table = sensorCsv(100, ['x', 'y'], 700);
    const predicted = await model.predict(table);
    expect(predicted.map(({ row }) => row)).toEqual(Array.from({ length: 200 }, (_, row) => row));
    expect(predicted[150]?.keys).toEqual(['y']);
    const lines = table.trim().split('\n').slice(1);
    predicted.forEach(({ row, time }) => {
      expect(new Date(time * 1000).toISOString()).toBe(lines[row]?.split(',')[1]);
    });
    const { data } = prepare(await readCsv(table), model.preparation);
    const numbers = denormalise(model.preparation, (await model.fitted.predict(data)).outputs.data);
    const wanted = [...data.rows].flatMap((row, step) => (row < 0 ? [] : [numbers[step]]));
    expect(predicted.map(({ values }) => values['power'])).toEqual(wanted);
  });

  it('go on through a series, whatever the length of the sequences of the training', async () => {
    const model = await trainTable(csv, { ...small, window: { steps: 16 } });
    const table = sensorCsv(100, ['x', 'y'], 700);
    const { preparation, fitted } = model;
    const whole = tableModel(fitted, { ...preparation, window: { steps: 100, stride: 100 } });
    expect(await model.predict(table)).toEqual(await whole.predict(table));
    const { data } = prepare(await readCsv(table), preparation);
    const anew = denormalise(preparation, (await fitted.predict(data)).outputs.data);
    expect((await model.predict(table))[16]?.values['power']).not.toBe(anew[16]);
  });

  it('of classes are labels with probabilities, one for each sequence where asked', async () => {
    const rows = Array.from({ length: 160 }, (_, i) => `${Math.sin(i / 3)},${Math.sin(i / 3) > 0 ? 'up' : 'down'}`);
    const classes = `x,label\n${rows.join('\n')}\n`;
    for (const at of ['step', 'end'] as const) {
      const given = { ...small, time: undefined, group: undefined, target: 'label', at, epochs: 30 } as never;
      const model = await trainTable(classes, {
        ...(given as TrainTableOptions),
        task: 'classification',
        window: { steps: 8 },
      });
      const predicted = await model.predict(classes);
      const right = predicted.filter(({ row, values }) => rows[row]?.endsWith(`,${values['label']}`));
      expect(right.length / predicted.length).toBeGreaterThan(0.8);
      for (const { values, probabilities = {} } of predicted) {
        expect(Object.values(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
        const [best] = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
        expect(values['label']).toBe(best?.[0]);
      }
    }
  }, 60_000);

  it('are made from columns of the kinds of the training: labels that look like numbers', async () => {
    const coded = (code: (i: number) => string) =>
      `place,x,y\n${Array.from({ length: 90 }, (_, i) => `${code(i)},${Math.sin(i)},${Math.cos(i)}`).join('\n')}\n`;
    const { time: _, group: __, ...rest } = small;
    const model = await trainTable(
      coded((i) => (i % 3 === 0 ? 'hall' : `${i % 3}`)),
      { ...rest, task: 'regression', target: 'y' },
    );
    // Here every label is a number.
    const predicted = await model.predict(coded((i) => `${1 + (i % 2)}`));
    expect(predicted.length).toBe(90);
  });
});

describe('a file', () => {
  it('is all that is needed to predict again, and to evaluate', async () => {
    const model = await trainTable(csv, small);
    const path = join(folder, 'power.safetensors');
    await model.save(path);
    const again = loadTableModel(new Uint8Array(readFileSync(path)), { backend });
    expect(again.preparation).toEqual(model.preparation);
    expect(await again.predict(csv)).toEqual(await model.predict(csv));
    expect(await again.evaluate(csv)).toEqual(await model.evaluate(csv));
    expect(again.toBytes()).toEqual(model.toBytes());
    again.dispose();
  });

  it('of a model without a table is refused, and a table without its columns', async () => {
    const layer = sequential([gru({ units: 2 }), linear(1)]);
    const bytes = toCheckpoint({ model: layer, features: 1, parameters: initialise(layer, { features: 1, seed: 0 }) });
    const load = () => loadTableModel(bytes, { backend, file: 'x.safetensors' });
    expect(load).toThrow(
      expect.objectContaining({ code: 'format', message: expect.stringContaining('x.safetensors') }),
    );
    const model = await trainTable(csv, small);
    await expect(model.predict('sensor,time,pover\na,2024-05-01,3\n')).rejects.toThrow(
      /lacks the columns power.*pover may be power/,
    );
    expect(tableModel(model.fitted, model.preparation).notes).toEqual([]);
  });
});
