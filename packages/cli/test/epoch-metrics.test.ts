/** Class weights and metrics by epoch through `rheo train`: held to what is counted and computed here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromCheckpoint } from '@rheo/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-metrics-'));
const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const events = (run: string) =>
  text(run, 'metrics.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, number>>);
const trainingOf = (run: string) =>
  fromCheckpoint(readFileSync(join(folder, run, 'model.safetensors'))).training ?? { lossConfig: {}, history: [] };
const train = (...args: string[]) => rheo(folder, ['train', 'rooms.csv', '--group', 'room', ...args, ...quick]);
/** Whole series, of rooms of their own: what training measures and what is measured at the end are the same sequences. */
const ownRooms = ['--validation', 'other.csv', '--test', '0', '--keep', 'last', '--patience', 'none'];

beforeAll(() => {
  writeFileSync(join(folder, 'rooms.csv'), roomsCsv());
  writeFileSync(join(folder, 'other.csv'), roomsCsv(40, ['d', 'e']));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('metrics by epoch', () => {
  it('of numbers are in the user’s units: the last are the figures of the end', async () => {
    const asked = ['--task', 'forecast', '--target', 'power,load', '--metrics', 'mae,rmse,r2', ...ownRooms];
    const { code, out, err } = await train(...asked, '--out', 'numbers');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = events('numbers');
    const last = lines.filter(({ event }) => String(event) === 'epoch').at(-1)?.['validation_metrics'] ?? {};
    const names = ['mae_power', 'mae_load', 'rmse_power', 'rmse_load', 'r2_power', 'r2_load'];
    expect(Object.keys(last)).toEqual(names);
    const figures = lines.at(-1)?.['validation'] ?? {};
    for (const name of names) expect(last[name]).toBeCloseTo(figures[name] ?? Number.NaN, 6);
    expect(out).toMatch(/epoch 3\/3 {2}loss \d\.\d+ {2}validation \d\.\d+ {2}MAE power \d+\.?\d* /);
    expect(text('numbers', 'report.html')).toContain('Root mean squared error of load of the validation part by epoch');
  }, 120_000);

  it('of classes, too, and what has no place is refused', async () => {
    const asked = ['--target', 'state', '--metrics', 'accuracy,f1,auc', ...ownRooms];
    expect(await train(...asked, '--out', 'classes')).toMatchObject({ code: 0, err: '' });
    const lines = events('classes');
    const last = lines.filter(({ event }) => String(event) === 'epoch').at(-1)?.['validation_metrics'];
    const { accuracy, f1, auc } = lines.at(-1)?.['validation'] ?? {};
    expect(last).toEqual({
      accuracy: expect.closeTo(accuracy ?? Number.NaN, 12),
      f1: expect.closeTo(f1 ?? Number.NaN, 12),
      // By the difference of the logits here, by the probability there: ties in the last bit apart.
      auc: expect.closeTo(auc ?? Number.NaN, 4),
    });
    for (const [args, says] of [
      [['--target', 'state', '--metrics', 'mae'], 'mae is a metric of numbers (--metrics). Use accuracy, f1, auc'],
      [['--target', 'power', '--metrics', 'f1'], 'f1 is a metric of classes (--metrics). Use mae, rmse, r2'],
      [['--target', 'state', '--metrics', 'f1', '--validation', '0'], 'there is no validation part to measure'],
    ] as const) {
      const { code, err } = await train(...args);
      expect(code).toBe(2);
      expect(err.replace(/\s+/g, ' ')).toContain(says);
    }
  }, 120_000);

  it('are accuracy or the mean absolute error unless said otherwise, and can be left out', async () => {
    expect(await train('--target', 'state', '--out', 'usual')).toMatchObject({ code: 0 });
    expect(Object.keys(events('usual')[1]?.['validation_metrics'] ?? {})).toEqual(['accuracy']);
    expect(JSON.parse(text('usual', 'config.json'))).toMatchObject({ metrics: ['accuracy'], classWeights: null });
    expect(await train('--target', 'state', '--metrics', 'none', '--out', 'without')).toMatchObject({ code: 0 });
    expect(events('without')[1]).not.toHaveProperty('validation_metrics');
    // Measuring changes nothing of what is learnt.
    const losses = (run: string) => trainingOf(run).history.map(({ loss, validationLoss }) => [loss, validationLoss]);
    expect(losses('without')).toEqual(losses('usual'));
  }, 120_000);
});

describe('class weights', () => {
  it('balanced are items by classes and items of the class, counted in what is trained', async () => {
    // Short windows overlap: their rows count as often as they are trained.
    const windows = ['--window', '16', '--stride', '8'];
    const asked = ['--target', 'state', '--class-weights', 'balanced', ...ownRooms, ...windows];
    const { code, out } = await train(...asked, '--out', 'balanced');
    expect(code).toBe(0);
    const counts: Record<string, number> = { high: 0, low: 0 };
    const rows = roomsCsv().trim().split('\n').slice(1);
    for (let room = 0; room < 3; room++) {
      const states = rows.slice(room * 60, (room + 1) * 60).map((line) => line.split(',')[4] ?? '');
      // Every 8 rows, and one more that ends at the last row.
      for (const start of [0, 8, 16, 24, 32, 40, 44]) {
        for (const state of states.slice(start, start + 16)) counts[state] = (counts[state] ?? 0) + 1;
      }
    }
    const { high = 0, low = 0 } = counts;
    const wanted = [(high + low) / (2 * high), (high + low) / (2 * low)];
    expect(trainingOf('balanced').lossConfig).toMatchObject({ classWeights: wanted });
    const shown = wanted.map((weight) => String(Number(weight.toPrecision(3))));
    expect(out).toContain(`- Weights of the classes of state are high: ${shown[0]}, low: ${shown[1]}.`);
    expect(text('balanced', 'report.html')).toContain('weighted cross entropy');
  }, 120_000);

  it('by label are as given, 1 for the others, and of one training that is repeated', async () => {
    expect(await train('--target', 'state', '--class-weights', 'low=2.5', '--out', 'named')).toMatchObject({ code: 0 });
    expect(trainingOf('named').lossConfig).toMatchObject({ classWeights: [1, 2.5] });
    expect(JSON.parse(text('named', 'config.json'))).toMatchObject({ classWeights: { low: 2.5 } });
    expect(await rheo(folder, ['train', '--config', 'named/config.json', '--out', 'again'])).toMatchObject({ code: 0 });
    expect(text('again', 'model.safetensors')).toBe(text('named', 'model.safetensors'));
  }, 120_000);

  it.each([
    [['--target', 'state', '--class-weights', 'lo=2'], 'there is no class "lo" (--class-weights). Did you mean low?'],
    [['--target', 'power', '--class-weights', 'balanced'], 'only classes have weights (--class-weights)'],
  ])('%j is refused', async (args, says) => {
    const { code, err } = await train(...args);
    expect(code).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain(says);
  });
});
