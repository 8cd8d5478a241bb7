import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { walker2dFromZip } from '@rheo/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { tinyRollouts, tinyWalker } from './tiny-walker.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-cli-'));
const events = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

beforeAll(async () => {
  writeFileSync(join(folder, 'walker.zip'), tinyWalker());
  const args = ['train', 'walker2d', '--data', 'walker.zip', '--recipe', 'sample', '--epochs', '2', '--out', 'run'];
  const { code, err } = await rheo(folder, [...args, '--seed', '5']);
  expect(err).toBe('');
  expect(code).toBe(0);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run folder', () => {
  it('holds its files and nothing beside', () => {
    expect(readdirSync(join(folder, 'run')).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'learning-curve.svg',
      'log.txt',
      'metrics.jsonl',
      'model.safetensors',
      'predictions.svg',
      'report.html',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['run', 'walker.zip']);
  });

  it('says how it was made', () => {
    const config = JSON.parse(text('run', 'config.json'));
    expect(config).toMatchObject({ task: 'walker2d', recipe: 'sample', epochs: 2, seed: 5, backend: 'wasm' });
    expect(config.data.path).toBe(join(folder, 'walker.zip'));
    expect(config.model.format).toBe('rheo-model');
  });

  it('has a line of metrics for each event, in order', () => {
    const lines = events(text('run', 'metrics.jsonl'));
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'result']);
    expect(lines[1]).toMatchObject({ epoch: 1, epochs: 2 });
    expect(lines[3]).toMatchObject({ epochs: 2, seed: 5, stopped: false, out: 'run' });
    expect(lines[3]?.['us_per_streaming_step']).toBeGreaterThan(0);
  });

  it('measures "next = current" as the data say', () => {
    const { test } = walker2dFromZip(tinyWalker());
    const sum = test.values.reduce((total, value, i) => total + (value - (test.targets[i] ?? 0)) ** 2, 0);
    const result = events(text('run', 'metrics.jsonl')).at(-1);
    expect(result?.['baseline_mse']).toBeCloseTo(sum / test.values.length, 10);
  });

  it('has a log without control characters, at most 80 wide', () => {
    const log = text('run', 'log.txt');
    expect(log).toMatch(/^epoch 2\/2 {2}loss \d+\.\d{4} {2}validation \d+\.\d{4}/m);
    expect(log).toContain('test error (MSE)');
    expect(log.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(log).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe('the saved file alone', () => {
  const trained = () => events(text('run', 'metrics.jsonl')).at(-1) ?? {};

  it('evaluates to the printed error, to the last bit, wherever it lies', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    cpSync(join(folder, 'run', 'model.safetensors'), join(folder, 'elsewhere', 'm.safetensors'));
    const beside = await rheo(folder, ['evaluate', 'run/model.safetensors', '--json']);
    const moved = await rheo(folder, ['evaluate', 'elsewhere/m.safetensors', '--data', 'walker.zip', '--json']);
    for (const { code, out } of [beside, moved]) {
      expect(code).toBe(0);
      expect(events(out)[0]).toMatchObject({ test_mse: trained()['test_mse'], as_printed_at_training: true });
    }
  });

  it('says the same in words', async () => {
    const { out } = await rheo(folder, ['evaluate', 'run/model.safetensors']);
    const printed = /test error \(MSE\) +([\d.]+)/;
    expect(printed.exec(out)?.[1]).toBe(printed.exec(text('run', 'log.txt'))?.[1]);
    expect(out).toContain('The same as at the end of its training');
  });

  it('says so when the data are others', async () => {
    const other = join(folder, 'others');
    mkdirSync(other);
    for (const { name, data } of tinyRollouts(4)) writeFileSync(join(other, name.replace(/.*\//, '')), data);
    const { code, out } = await rheo(folder, ['evaluate', 'run/model.safetensors', '--data', 'others']);
    expect(code).toBe(0);
    expect(out).toContain('not the data that the model was trained with');
  });

  it('predicts the test windows into a table whose error is the printed one', async () => {
    const args = ['predict', 'run/model.safetensors', '--data', 'walker.zip', '--out', 'p.csv', '--json'];
    const { code, out } = await rheo(folder, args);
    expect(code).toBe(0);
    expect(events(out)[0]).toMatchObject({ test_mse: trained()['test_mse'], out: 'p.csv' });
    const [header = '', ...rows] = text('p.csv').trimEnd().split('\n');
    const names = header.split(',');
    expect(names.slice(0, 4)).toEqual(['sequence', 'step', 'elapsed', 'predicted_0']);
    let sum = 0;
    for (const row of rows) {
      const cells = row.split(',').map((cell) => Math.fround(Number(cell)));
      for (let f = 0; f < 17; f++) sum += ((cells[3 + f] ?? 0) - (cells[20 + f] ?? 0)) ** 2;
    }
    expect(sum / (rows.length * 17)).toBe(trained()['test_mse']);
  });

  it('predicts a table of one’s own, sequences of any length', async () => {
    const names = Array.from({ length: 17 }, (_, f) => `v${f}`);
    const row = (sequence: number, time: number) => [sequence, time, ...names.map((_, f) => Math.sin(time + f))];
    const rows = [row(0, 0), row(0, 1), row(0, 2.5), row(1, 0), row(1, 4)];
    writeFileSync(join(folder, 'own.csv'), [`sequence,time,${names}`, ...rows].join('\n'));
    const args = ['predict', 'run/model.safetensors', '--data', 'own.csv', '--out', '-'];
    const { code, out, err } = await rheo(folder, args);
    expect(code).toBe(0);
    expect(err).toContain('5 rows in 2 sequences');
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(',').slice(0, 3).join())).toEqual([
      'sequence,step,elapsed',
      '0,0,0',
      '0,1,1',
      '0,2,1.5',
      '1,0,0',
      '1,1,4',
    ]);
    // Both sequences start from the same row and the same state.
    expect(lines[4]?.split(',').slice(3)).toEqual(lines[1]?.split(',').slice(3));
  });
});

describe('a second run', () => {
  const args = ['train', 'walker2d', '--data', 'walker.zip', '--recipe', 'sample', '--epochs', '1'];

  it('with the same seed gives the same bytes; with another it does not', async () => {
    const model = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
    const outcomes = [];
    for (const [name, seed] of [
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
    ] as const) {
      outcomes.push(await rheo(folder, [...args, '--out', name, '--seed', seed, '--json']));
    }
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(outcomes.flatMap(({ out }) => events(out).map(({ event }) => event))).toHaveLength(9);
    expect(model('a').equals(model('b'))).toBe(true);
    expect(model('a').equals(model('c'))).toBe(false);
  }, 60_000);

  it('takes the next free name where none is given', async () => {
    const day = new Date().toLocaleDateString('sv');
    mkdirSync(join(folder, 'runs', `walker2d-${day}-1`), { recursive: true });
    const { code } = await rheo(folder, args);
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'runs', `walker2d-${day}-2`, 'model.safetensors'))).toBe(true);
  }, 60_000);

  it('runs on the reference interpreter too', async () => {
    const short = join(folder, 'short');
    mkdirSync(short);
    for (const { name, data } of tinyRollouts(3, 90)) writeFileSync(join(short, name.replace(/.*\//, '')), data);
    const on = (backend: string) =>
      rheo(folder, ['evaluate', 'run/model.safetensors', '--data', 'short', '--backend', backend, '--json']);
    const [reference, wasm] = [await on('reference'), await on('wasm')];
    expect(reference.code).toBe(0);
    const error = ({ out }: { out: string }) => Number(events(out)[0]?.['test_mse']);
    expect(Math.abs(error(reference) / error(wasm) - 1)).toBeLessThan(1e-5);
  }, 60_000);
});

describe('an interrupted run', () => {
  const args = ['train', 'walker2d', '--data', 'walker.zip', '--recipe', 'sample'];

  it('that has learnt nothing leaves nothing', async () => {
    const { code, err } = await rheo(folder, [...args, '--out', 'early'], AbortSignal.abort());
    expect(code).toBe(130);
    expect(err).toBe('@rheo/cli: interrupted; nothing was kept\n');
    expect(existsSync(join(folder, 'early'))).toBe(false);
    expect(existsSync(join(folder, '.early.part'))).toBe(false);
  }, 60_000);

  it('of predict writes nothing', async () => {
    writeFileSync(
      join(folder, 'few.csv'),
      `${new Array(17).fill('v').map((v, i) => v + i)}\n${new Array(17).fill(0)}\n`,
    );
    const args = ['predict', 'run/model.safetensors', '--data', 'few.csv', '--out', 'interrupted.csv'];
    const { code, out, err } = await rheo(folder, args, AbortSignal.abort());
    expect({ code, out, err }).toEqual({ code: 130, out: '', err: '@rheo/cli: interrupted; nothing was kept\n' });
    expect(existsSync(join(folder, 'interrupted.csv'))).toBe(false);
  }, 60_000);

  it('keeps what was learnt, and says that it was stopped', async () => {
    const controller = new AbortController();
    const run = rheo(folder, [...args, '--out', 'late', '--epochs', '100000'], controller.signal);
    const metrics = join(folder, '.late.part', 'metrics.jsonl');
    while (!(existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"epoch"'))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    controller.abort();
    const { code, out } = await run;
    expect(code).toBe(130);
    expect(out).toContain('keeping what was learnt');
    expect(events(text('late', 'metrics.jsonl')).at(-1)).toMatchObject({ event: 'result', stopped: true });
    const evaluated = await rheo(folder, ['evaluate', 'late/model.safetensors', '--json']);
    expect(events(evaluated.out)[0]).toMatchObject({ as_printed_at_training: true });
  }, 60_000);
});
