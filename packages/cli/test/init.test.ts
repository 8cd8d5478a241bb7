/** `rheo init`: proposals from the columns, questions on a terminal, and a file that trains. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../src/index.ts';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-init-'));
const written = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;

beforeAll(() => {
  writeFileSync(join(folder, 'rooms.csv'), roomsCsv());
  const [header = '', one = '', two = '', ...rest] = roomsCsv(40, ['a']).trim().split('\n');
  writeFileSync(join(folder, 'odd.csv'), [header, two, one, one, ...rest].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers on a terminal, a line each. */
async function answer(args: readonly string[], lines: readonly string[], signal?: AbortSignal) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const text: string[] = [];
  const sink = { write: (part: string) => text.push(part), columns: 200 };
  const ended = runCommand(['init', ...args], { in: input, out: sink, err: sink, folder, signal });
  input.end(lines.map((line) => `${line}\n`).join(''));
  return { code: await ended, text: text.join('') };
}

describe('on a terminal', () => {
  it('proposes, asks again where an answer does not fit, and writes what train takes', async () => {
    const lines = ['', 'rom', 'room', 'power', 'forcast', 'forecast', '20min', 'load,power', '', '0.2'];
    const { code, text } = await answer(['rooms.csv', '--out', 'asked.json'], lines);
    expect(code).toBe(0);
    expect(text).toContain('rooms.csv: 180 rows, 5 columns\n- room: texts\n- time: dates\n- load: numbers');
    expect(text).toContain('Which column says when? (none: rows are equally spaced) [time] ');
    expect(text).toContain('There is no column "rom". Did you mean room?');
    expect(text).toContain('It takes one of regression, classification, next-step, forecast.');
    expect(text).toContain('Wrote asked.json. Train with: rheo train --config asked.json');
    expect(written('asked.json')).toEqual({
      data: ['rooms.csv'],
      time: 'time',
      group: ['room'],
      target: ['power'],
      task: 'forecast',
      horizon: '20min',
      features: ['load', 'power'],
      validation: 0.15,
      test: 0.2,
    });
    const trained = await rheo(folder, ['train', '--config', 'asked.json', ...quick, '--out', 'run']);
    expect({ code: trained.code, err: trained.err }).toEqual({ code: 0, err: '' });
    expect(trained.out).toContain('20 min ahead (forecast)');
  }, 60_000);

  it('asks what to do with rows out of order, and not what was said', async () => {
    const args = ['odd.csv', '--target', 'power', '--task', 'regression', '--out', 'odd.json'];
    const { code, text } = await answer(args, ['time', 'none', '', 'mean', '', '', '']);
    expect(code).toBe(0);
    expect(text).not.toContain('What is to be predicted?');
    expect(written('odd.json')).toMatchObject({ order: 'sort', repeats: 'mean', target: ['power'], group: null });
  });

  it.each([
    ['the input ends', undefined],
    ['it is interrupted', AbortSignal.abort()],
  ])('writes nothing when %s', async (_, signal) => {
    const { code, text } = await answer(['rooms.csv', '--out', 'half.json'], ['', ''], signal);
    expect(code).toBe(130);
    // The failure that follows begins a line.
    expect(text).toMatch(/\n$/);
    expect(existsSync(join(folder, 'half.json'))).toBe(false);
  });
});

describe('without a terminal', () => {
  it('says how to do without', async () => {
    const { code, err } = await rheo(folder, ['init', 'rooms.csv']);
    expect(code).toBe(2);
    expect(err).toContain('this is no terminal to ask on (rheo init). Take every proposal: rheo init FILE --yes.');
  });

  it('takes every proposal with --yes, and tells them', async () => {
    mkdirSync(join(folder, 'configs'));
    const args = ['init', 'odd.csv', '--yes', '--ignore', 'room', '--out', 'configs/yes.json'];
    const { code, out, err } = await rheo(folder, args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Target: state, the last column (--target).');
    expect(out.replace(/\s+/g, ' ')).toContain('1 rows have the time of the row above them; the last one counts');
    expect(written('configs/yes.json')).toEqual({
      data: ['../odd.csv'],
      ignore: ['room'],
      time: 'time',
      group: null,
      target: ['state'],
      task: 'classification',
      order: 'sort',
      repeats: 'last',
    });
    const trained = await rheo(folder, ['train', '--config', 'configs/yes.json', ...quick, '--out', 'yes']);
    expect({ code: trained.code, err: trained.err }).toEqual({ code: 0, err: '' });
  }, 60_000);

  it('overwrites nothing, and names what is missing', async () => {
    writeFileSync(join(folder, 'train.json'), 'mine');
    const taken = await rheo(folder, ['init', 'rooms.csv', '--yes']);
    expect(taken.code).toBe(2);
    expect(taken.err).toContain('the file exists (train.json). Choose another name: --out NAME.json');
    expect(readFileSync(join(folder, 'train.json'), 'utf8')).toBe('mine');
    const missing = await rheo(folder, ['init', 'nothing.csv', '--yes', '--out', 'x.json']);
    expect(missing.err).toContain('nothing.csv: the file does not exist');
  });
});
