/** Settings: one table makes the command line, the check of files and the JSON schema; they must agree. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { configText, readConfigFile } from '../src/settings/config-file.ts';
import { readSettings, settingsSchema } from '../src/settings/read-settings.ts';
import { settingKeys } from '../src/settings/train-settings.ts';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const committed = JSON.parse(readFileSync(new URL('../schema/train.schema.json', import.meta.url), 'utf8'));

describe('the JSON schema', () => {
  it('is the one of the settings', () => {
    expect(committed).toEqual(settingsSchema());
  });

  it('takes what the check takes, and nothing else', () => {
    const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(committed);
    const values: unknown[] = [
      null,
      true,
      0,
      1,
      2,
      7,
      0.5,
      1.5,
      -1,
      '',
      'a',
      'none',
      [],
      ['a'],
      ['a', 'a'],
      [''],
      [1],
      {},
    ];
    values.push(
      '30min',
      '2 h',
      '2.5u',
      '0x1',
      'cfc',
      'ncp',
      'best',
      'sort',
      'mean',
      'date',
      'regression',
      'time',
      'end',
    );
    values.push('balanced', { a: 1, b: 0.5 }, { a: 0 }, { a: '1' }, ['accuracy', 'mae'], ['speed']);
    values.push(['day', 'week'], ['day', 'day'], ['month'], 'adam', 'cosine', 'mse', 'standard', 'forward-fill');
    let taken = 0;
    for (const key of ['data', ...settingKeys, 'epoch']) {
      for (const value of values) {
        const config = { data: 'a.csv', [key]: value };
        const ours = attempt(() => readSettings(config, 'c.json'));
        expect({ key, value, fits: ours }).toEqual({ key, value, fits: validate(config) });
        if (ours) taken++;
      }
    }
    expect(taken).toBeGreaterThan(3 * settingKeys.length);
  });
});

function attempt(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

describe('a configuration file', () => {
  it('names its files relative to itself, and is the same in any folder once written out', async () => {
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep', 'c.json'), '{"data":["a.csv","/b.csv"],"test":"t.csv","validation":0.2}');
    const read = await readConfigFile(folder, 'deep/c.json');
    expect(read).toEqual({ data: ['deep/a.csv', '/b.csv'], test: ['deep/t.csv'], validation: 0.2 });
    writeFileSync(join(folder, 'absolute.json'), configText(read, folder));
    expect((await readConfigFile('/', join(folder, 'absolute.json'))).data).toEqual([
      join(folder, 'deep', 'a.csv'),
      '/b.csv',
    ]);
  });

  it.each([
    ['{"data":"a.csv","epoch":3}', 'there is no setting "epoch" (bad.json). Did you mean epochs?'],
    ['{"data":"a.csv","zzzzzz":3}', 'there is no setting "zzzzzz" (bad.json). There are data, task'],
    ['{"data":"a.csv","epochs":"3"}', 'epochs is "3" (bad.json). It takes a whole number of at least 1'],
    ['{"data":"a.csv","task":"guess"}', 'task is "guess" (bad.json). It takes one of regression'],
    ['{"data":"a.csv","features":["x","x"]}', 'features is ["x","x"] (bad.json)'],
    ['{"data":', 'the file is no JSON'],
    ['[]', 'the file holds no JSON object (bad.json)'],
    ['{"task":"walker2d"}', 'this is the configuration of a run of walker2d (bad.json)'],
    ['{"epochs":3}', 'there is nothing to train on (<files>). Name a file: rheo train data.csv'],
  ])('%s', async (text, says) => {
    writeFileSync(join(folder, 'bad.json'), text);
    const { code, err, out } = await rheo(folder, ['train', '--config', 'bad.json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });
});

it('an option of the command line is checked by the same rules', async () => {
  for (const [option, value, says] of [
    ['--epochs', '0', 'It takes a whole number of at least 1.'],
    ['--rate', 'fast', 'It takes a number above 0.'],
    ['--task', 'guess', 'It takes one of regression, classification, next-step, forecast.'],
    ['--horizon', '2weeks', 'It takes a whole number of at least 1, or a length of time such as 90s'],
    ['--calendar', 'day,month', 'It takes none, or some of day, week, year'],
    ['--features', 'a,,b', 'It takes columns, with commas between them.'],
    ['--class-weights', 'worn', 'It takes balanced, or labels with numbers above 0 such as a=1,b=3, or none.'],
    ['--class-weights', 'a=1,a=2', 'It takes balanced'],
    ['--class-weights', 'a=0', 'It takes balanced'],
    ['--class-weights', 'a=', 'It takes balanced'],
    ['--metrics', 'accuracy,speed', 'It takes none, or some of accuracy, f1, auc, mae, rmse, r2'],
    ['--dropout', '1', 'It takes a share from 0 up to 1.'],
  ] as const) {
    const { code, err } = await rheo(folder, ['train', 'a.csv', option, value]);
    expect(code).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain(says);
  }
});
