/** A model of a table on new tables: `rheo evaluate` and `rheo predict`. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-apply-'));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
const result = (out: string) => JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
const forecast = 'forecast/model.safetensors';
const classes = 'classes/model.safetensors';

/** Lines of the rooms one of each room in turn, as a logger would write them: not room after room. */
function mixed(csv: string): string {
  const [header = '', ...lines] = csv.trim().split('\n');
  return `${[header, ...lines.sort((a, b) => (a.split(',')[1] ?? '').localeCompare(b.split(',')[1] ?? ''))].join('\n')}\n`;
}

beforeAll(async () => {
  put('rooms.csv', roomsCsv());
  put(
    'new.csv',
    mixed(
      roomsCsv(
        25,
        ['007', 'b "2"'].map((name) => (name === '007' ? name : `"b ""2"""`)),
      ),
    ),
  );
  put('flags.csv', roomsCsv().replaceAll('high', 'yes').replaceAll('low', 'no'));
  const common = ['--group', 'room', ...quick];
  for (const args of [
    ['train', 'rooms.csv', '--task', 'forecast', '--target', 'power', '--test', 'new.csv', '--out', 'forecast'],
    ['train', 'flags.csv', '--target', 'state', '--out', 'classes'],
  ]) {
    const { code, err } = await rheo(folder, [...args, ...common]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  }
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('evaluate', () => {
  it('finds the figures of the training again, to the last bit', async () => {
    const { code, out } = await rheo(folder, ['evaluate', forecast, '--data', 'new.csv', '--json']);
    expect(code).toBe(0);
    const printed = Object(result(text('forecast', 'metrics.jsonl'))['test']) as Record<string, number>;
    expect(result(out)).toMatchObject(printed);
    expect(printed['mae']).toBeGreaterThan(0);
  });

  it('says how good the model is beside the baseline', async () => {
    const { code, out } = await rheo(folder, ['evaluate', classes, '--data', 'flags.csv']);
    expect(code).toBe(0);
    expect(out).toMatch(/accuracy +\d+\.\d % \(the commonest class: \d+\.\d %\)/);
    expect(out).toMatch(/rows +180 of flags\.csv/);
  });

  it('needs data, with the column to predict', async () => {
    const without = await rheo(folder, ['evaluate', forecast]);
    expect(without.code).toBe(2);
    expect(without.err).toContain('Pass a table with the columns of rooms.csv: --data FILE');
    put('unlabelled.csv', roomsCsv().replace('state', 'phase'));
    const { code, err } = await rheo(folder, ['evaluate', classes, '--data', 'unlabelled.csv']);
    expect(code).toBe(2);
    expect(err).toContain('the table lacks state, which the model was trained with, and has phase');
  });
});

describe('predict', () => {
  it('writes a line for each row, in the order of the file, keys and times as they stand there', async () => {
    const { code, out, err } = await rheo(folder, ['predict', forecast, '--data', 'new.csv', '--out', '-']);
    expect(code).toBe(0);
    expect(err).toContain('50 rows in 2 sequences');
    const keys = (csv: string) =>
      csv
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => /^(".*"|[^,]*),[^,]*/.exec(line)?.[0]);
    expect(out.split('\n')[0]).toBe('room,time,predicted_power,true_power');
    expect(keys(out)).toEqual(keys(text('new.csv')));
    expect(keys(out)[0]).toMatch(/^007,2024-05-01 00:0/);
  });

  it('is in the user’s units: its error is what evaluate prints', async () => {
    const { out } = await rheo(folder, ['predict', forecast, '--data', 'new.csv', '--out', '-']);
    const rows = out.trim().split('\n').slice(1);
    const errors = rows.flatMap((line) => {
      const [predicted, truth] = line.split(',').slice(-2);
      return truth === '' ? [] : [Math.abs(Number(predicted) - Number(truth))];
    });
    expect(errors).toHaveLength(48);
    const evaluated = await rheo(folder, ['evaluate', forecast, '--data', 'new.csv', '--json']);
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    expect(mean / Number(result(evaluated.out)['mae'])).toBeCloseTo(1, 5);
  });

  it('gives labels as the user writes them, with probabilities', async () => {
    const args = ['predict', classes, '--data', 'flags.csv', '--out', 'p.csv', '--json'];
    const { code, out } = await rheo(folder, args);
    expect(code).toBe(0);
    const [header, ...rows] = text('p.csv').trim().split('\n');
    expect(header).toBe('room,time,predicted_state,probability_no,probability_yes,true_state');
    let right = 0;
    for (const row of rows) {
      const [, , label, no, yes, truth] = row.split(',');
      expect(label).toBe(Number(no) >= Number(yes) ? 'no' : 'yes');
      expect(Number(no) + Number(yes)).toBeCloseTo(1, 6);
      if (label === truth) right++;
    }
    expect(rows).toHaveLength(180);
    expect(right / rows.length).toBeCloseTo(Number(result(out)['accuracy']), 10);
  });

  it('needs no column of answers, and passes over columns that it does not know', async () => {
    const [header = '', ...lines] = text('flags.csv').trim().split('\n');
    put(
      'bare.csv',
      [header.replace('state', 'comment'), ...lines.map((line) => line.replace(/,\w+$/, ',x'))].join('\n'),
    );
    const { code, out } = await rheo(folder, ['predict', classes, '--data', 'bare.csv', '--out', '-']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('room,time,predicted_state,probability_no,probability_yes');
    expect(out.trim().split('\n')).toHaveLength(181);
  });

  it.each([
    [
      'other columns',
      (csv: string) => csv.replace('load', 'laod').replace('room', 'place'),
      'the table lacks room, load, which the model was trained with, and has place, laod, which it does not know.',
    ],
    ['a word for a number', (csv: string) => csv.replace(/,-?\d\.\d+,/, ',much,'), 'line 2, column load'],
    ['time that runs backwards', (csv: string) => csv.replace('00:05', '23:59'), 'time runs backwards'],
  ])('refuses %s', async (_, spoil, says) => {
    put('spoilt.csv', spoil(roomsCsv()));
    const { code, out, err } = await rheo(folder, ['predict', forecast, '--data', 'spoilt.csv', '--out', 'none.csv']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(existsSync(join(folder, 'none.csv'))).toBe(false);
  });
});
