/** A user's own table through `rheo train`: guesses, parts, run folder, interruption, repetition. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPreparation } from '@rheo/data';
import { fromCheckpoint } from '@rheo/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-table-'));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const bytes = (...path: string[]) => readFileSync(join(folder, ...path));
const events = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const metrics = (run: string) => events(bytes(run, 'metrics.jsonl').toString());
const rooms = ['train', 'rooms.csv', '--group', 'room', '--target', 'power', '--task', 'forecast', ...quick];

beforeAll(async () => {
  put('rooms.csv', roomsCsv());
  const { code, err } = await rheo(folder, [...rooms, '--out', 'run']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run folder', () => {
  it('holds its files and nothing beside', () => {
    expect(readdirSync(join(folder, 'run')).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'log.txt',
      'metrics.jsonl',
      'model.safetensors',
      'report.html',
    ]);
  });

  it('has a model that knows how to read tables and what its figures were', () => {
    const { extra, training } = fromCheckpoint(bytes('run', 'model.safetensors'));
    const preparation = readPreparation(extra['preparation']);
    expect(preparation.features.map(({ column }) => column)).toEqual(['load', 'power', 'state']);
    expect(preparation).toMatchObject({ task: 'forecast', group: ['room'], time: { column: 'time' } });
    expect(extra['measured']).toMatchObject({ part: 'test' });
    expect(training?.bestEpoch).toBeGreaterThan(0);
  });

  it('has metrics of each event, the figures beside those of the last value', () => {
    const lines = metrics('run');
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'result']);
    expect(lines[0]).toMatchObject({ task: 'forecast', target: ['power'], data: ['rooms.csv'] });
    expect(lines.at(-1)).toMatchObject({ stopped: false, files: expect.arrayContaining(['report.html']) });
    // The last value's error on the test part, computed by hand: the split by time leaves the last 27 of 180 rows.
    expect(lines.at(-1)?.['test']).toMatchObject({ baseline_mae: expect.closeTo(lastValueError(), 4) });
  });

  it('can be repeated from its config.json to the same bits', async () => {
    const { code, err } = await rheo(folder, ['train', '--config', 'run/config.json', '--out', 'again']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(bytes('again', 'model.safetensors').equals(bytes('run', 'model.safetensors'))).toBe(true);
    expect(bytes('again', 'config.json').equals(bytes('run', 'config.json'))).toBe(true);
    const other = await rheo(folder, ['train', '--config', 'run/config.json', '--seed', '2', '--out', 'other']);
    expect(other.code).toBe(0);
    expect(bytes('other', 'model.safetensors').equals(bytes('run', 'model.safetensors'))).toBe(false);
  }, 60_000);
});

describe('ways of training', () => {
  it('reach the training, and are repeated', async () => {
    const ways = ['--truncate', '4', '--schedule', 'on-plateau'];
    const { code, err } = await rheo(folder, [...rooms, ...ways, '--out', 'ways']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(bytes('ways', 'config.json').toString())).toMatchObject({ truncate: 4, schedule: 'on-plateau' });
    expect(bytes('ways', 'model.safetensors').equals(bytes('run', 'model.safetensors'))).toBe(false);
    const { training } = fromCheckpoint(bytes('ways', 'model.safetensors'));
    expect(JSON.stringify(training)).toContain('on-plateau');
    const again = await rheo(folder, ['train', '--config', 'ways/config.json', '--out', 'ways-again']);
    expect(again.code).toBe(0);
    expect(bytes('ways-again', 'model.safetensors').equals(bytes('ways', 'model.safetensors'))).toBe(true);
  }, 60_000);

  it('refuse truncation where there is one output at the end', async () => {
    const ended = ['train', 'rooms.csv', '--group', 'room', '--target', 'state', '--at', 'end', ...quick];
    const { code, err } = await rheo(folder, [...ended, '--truncate', '4', '--out', 'ended']);
    expect(code).not.toBe(0);
    expect(err).toMatch(/truncate/);
    expect(existsSync(join(folder, 'ended'))).toBe(false);
  });
});

/** |next − current| of `power` over the test part, from the text of the table alone. */
function lastValueError(): number {
  const rows = roomsCsv()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([room, time, , power]) => ({ room, time: Date.parse(`${time}Z`), power: Number(power) }));
  const times = rows.map(({ time }) => time).sort((a, b) => a - b);
  const border = times[Math.round(0.85 * rows.length)] ?? 0;
  const errors = rows.flatMap((row, i) => {
    const next = rows[i + 1];
    if (next === undefined || next.room !== row.room || row.time < border) return [];
    return [Math.abs(next.power - row.power)];
  });
  return errors.reduce((a, b) => a + b, 0) / errors.length;
}

describe('guesses', () => {
  const notes = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await rheo(folder, [...args, ...quick, '--epochs', '1', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [{ notes: said } = {}] = events(out);
    return (said as string[]).join('\n');
  };

  it('are made for everything, and told', async () => {
    const said = await notes('train', 'rooms.csv', '--group', 'room');
    expect(said).toContain('Time: time, the only column of dates (--time).');
    expect(said).toContain('Target: state, the last column (--target).');
    expect(said).toContain('Task: classification, because state holds texts (--task).');
    expect(said).toContain('Elapsed times are divided by 600 s (10 min), the median gap of the training part.');
    expect(said).toContain('3 series by room.');
  }, 60_000);

  it('of the task follow the target', async () => {
    const task = (...args: string[]) => notes('train', 'rooms.csv', '--group', 'room', ...args);
    expect(await task('--target', 'power')).toContain('Task: regression, because power is a number; --task forecast');
    expect(await task('--target', 'power', '--horizon', '30min')).toContain('Task: forecast, because a horizon');
    expect(await task('--target', 'power', '--features', 'load,power')).toContain(
      'Task: forecast, because power is both a feature and the target',
    );
    put('flags.csv', roomsCsv().replaceAll('high', 'yes').replaceAll('low', 'no'));
    const yes = await notes('train', 'flags.csv', '--group', 'room');
    expect(yes).toContain('because state is yes or no');
    // As the user writes them.
    expect(yes).toContain('2 classes: no, yes.');
    put('codes.csv', roomsCsv().replaceAll('high', '7').replaceAll('low', '3'));
    expect(await notes('train', 'codes.csv', '--group', 'room')).toContain('because state is one of 3, 7');
  }, 60_000);

  it('of the series are files, where there are several', async () => {
    put('one.csv', roomsCsv(40, ['a']).replaceAll('a,', 'x,'));
    put('two.csv', roomsCsv(40, ['b']));
    const said = await notes('train', 'one.csv', 'two.csv', '--target', 'power', '--ignore', 'room');
    expect(said).toContain('Each file is a series of its own (--group).');
    expect(said).toContain('2 series by (file).');
  }, 60_000);
});

describe('parts', () => {
  it('may have files of their own', async () => {
    put('later.csv', roomsCsv(30, ['d']));
    put('last.csv', roomsCsv(20, ['e', 'f']));
    const args = [...rooms, '--validation', 'later.csv', '--test', 'last.csv', '--out', 'files', '--json'];
    const { code, out, err } = await rheo(folder, args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const result = events(out).at(-1) ?? {};
    // The last row of each series has no next one.
    expect(result).toMatchObject({ validation: { rows: 29 }, test: { rows: 38 } });
    expect(String(events(out)[0]?.['notes'])).toContain('The test part is last.csv: 40 rows.');
  }, 60_000);

  it('may be left out, which is said', async () => {
    const { code, out } = await rheo(folder, [...rooms, '--validation', '0', '--test', '0', '--out', 'none']);
    expect(code).toBe(0);
    expect(out).toContain('not measured: no rows were set apart');
  }, 60_000);
});

describe('tasks', () => {
  it.each([
    ['classification', ['--target', 'state'], ['accuracy', 'baseline_accuracy', 'f1']],
    ['regression', ['--target', 'power'], ['mae', 'baseline_mae', 'rmse', 'r2']],
    ['next-step', [], ['mae_load', 'mae_power']],
    ['forecast', ['--target', 'load,power', '--horizon', '30min'], ['mae_load', 'rmse_power']],
    ['classification', ['--target', 'state', '--at', 'end', '--window', '10'], ['accuracy']],
  ] as const)(
    '%s %j',
    async (task, more, figures) => {
      const args = ['train', 'rooms.csv', '--group', 'room', '--task', task, ...more, ...quick, '--json'];
      const { code, out, err } = await rheo(folder, args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(Object.keys(Object(events(out).at(-1)?.['test']))).toEqual(expect.arrayContaining([...figures]));
    },
    60_000,
  );

  it.each([
    ['ltc', '--wiring', 'ncp', '--units', '12'],
    ['gru', '--optimizer', 'rmsprop', '--schedule', 'constant'],
    ['lstm', '--optimizer', 'sgd', '--schedule', 'one-cycle', '--dropout', '0.1'],
    ['ct-rnn', '--optimizer', 'adamw', '--schedule', 'exponential', '--clip', 'none'],
    ['cfc', '--loss', 'huber', '--accumulate', '2', '--patience', '1', '--keep', 'last'],
  ])(
    'cell %s %s %s',
    async (cell, ...more) => {
      const { code, err } = await rheo(folder, [...rooms, '--cell', cell, ...more]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    60_000,
  );
});

describe('a run that is interrupted', () => {
  async function interrupted(run: string): Promise<string> {
    const controller = new AbortController();
    const ended = rheo(folder, [...rooms, '--epochs', '40', '--out', run], controller.signal);
    const files = [`.${run}.part`, run].map((name) => join(folder, name, 'metrics.jsonl'));
    const told = () => files.some((file) => existsSync(file) && readFileSync(file, 'utf8').includes('"epoch":2,'));
    while (!told()) await new Promise((resolve) => setTimeout(resolve, 1));
    controller.abort();
    const { code, out } = await ended;
    expect(code).toBe(130);
    return out;
  }

  it('says how to go on, and goes on to the bits of one that was not', async () => {
    expect((await rheo(folder, [...rooms, '--epochs', '40', '--out', 'whole'])).code).toBe(0);
    expect(await interrupted('stopped')).toContain('Go on with: rheo train --resume stopped\n');
    const { code, err } = await rheo(folder, ['train', '--resume', 'stopped']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(bytes('stopped', 'model.safetensors').equals(bytes('whole', 'model.safetensors'))).toBe(true);
  }, 120_000);

  it('keeps its settings, data included', async () => {
    await interrupted('kept');
    const refused = async (...more: string[]): Promise<string> => {
      const { code, err } = await rheo(folder, ['train', '--resume', 'kept', ...more]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused('--units', '8')).toContain('a run that is resumed keeps its own units (--units)');
    expect(await refused('--time-scale', '8')).toContain('keeps its own time-scale (--time-scale)');
    expect(await refused('--config', 'run/config.json')).toContain('keeps its own config');
    expect(await refused('--epochs', '1')).toContain('beyond 1 (--epochs)');
    put('changed.csv', roomsCsv().replace('100', '101'));
    expect(await refused('changed.csv')).toMatch(/data/);
    expect((await rheo(folder, ['train', 'walker2d', '--resume', 'kept'])).code).toBe(2);
    const more = await rheo(folder, ['train', 'rooms.csv', '--resume', 'kept', '--epochs', '45']);
    expect({ code: more.code, err: more.err }).toEqual({ code: 0, err: '' });
  }, 120_000);

  it('survives a full disk', async () => {
    await interrupted('full');
    rmSync(join(folder, 'full', 'log.txt'));
    // Every write to it fails as on a disk without room.
    symlinkSync('/dev/full', join(folder, 'full', 'log.txt'));
    const checkpoint = bytes('full', 'checkpoint.safetensors');
    const { code, err } = await rheo(folder, ['train', '--resume', 'full']);
    expect(code).toBe(2);
    expect(err).toContain('the file cannot be written (ENOSPC) (full/log.txt)');
    expect(bytes('full', 'checkpoint.safetensors').equals(checkpoint)).toBe(true);
    rmSync(join(folder, 'full', 'log.txt'));
    expect((await rheo(folder, ['train', '--resume', 'full'])).code).toBe(0);
  }, 120_000);
});
