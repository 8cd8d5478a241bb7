/**
 * Everything that can be wrong with a table and with what is asked of it: exit code 2, one message that names file, line,
 * column or option and the remedy, and the folder as it was; or a decision that is told.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick, roomsCsv } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-bad-table-'));
const put = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text);
const listing = () => readdirSync(folder, { recursive: true }).map(String).sort();

/** The table with one line (from 1, as editors count) changed. */
function changed(line: number, change: (text: string) => string): string {
  return roomsCsv()
    .split('\n')
    .map((text, i) => (i === line - 1 ? change(text) : text))
    .join('\n');
}

beforeAll(() => {
  put('rooms.csv', roomsCsv());
  put(
    'word.csv',
    changed(7, (text) => text.replace(/[^,]*(,[^,]*,[^,]*)$/, 'lots$1')),
  );
  put(
    'date.csv',
    changed(9, (text) => text.replace(/2024-05-01 [\d:]+/, 'yesterday')),
  );
  put(
    'ragged.csv',
    changed(5, (text) => `${text},7`),
  );
  put(
    'nobody.csv',
    changed(6, (text) => text.replace(/^a/, '')),
  );
  put('twice.csv', roomsCsv().replace('load', 'power'));
  put('header.csv', 'a,b\n');
  put('empty.csv', '');
  put('one-class.csv', roomsCsv().replaceAll('low', 'high'));
  put('constant.csv', roomsCsv().replace(/,-?\d\.\d{3},/g, ',1,'));
  put('flat.csv', roomsCsv().replace(/,\d+\.\d\d,/g, ',5,'));
  put(
    'two-times.csv',
    roomsCsv()
      .replace(/(2024-05-01 [\d:]+)/g, '$1,$1')
      .replace('time', 'begin,end'),
  );
  put('picture.csv', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0xfd));
  put('table.xlsx', 'PK');
  put('many.csv', roomsCsv(100));
  put('few.csv', roomsCsv(2, ['a']));
  put('other.csv', roomsCsv().replace('load', 'laod'));
  mkdirSync(join(folder, 'folder.csv'));
  mkdirSync(join(folder, '.claimed.part'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const power = ['--group', 'room', '--target', 'power', '--task', 'forecast'];

describe('is refused:', () => {
  it.each([
    ['no file', [], 'there is nothing to train on (<files>). Name a file: rheo train data.csv'],
    ['no such file', ['missing.csv'], 'missing.csv: the file does not exist. Check the path.'],
    ['a folder', ['folder.csv'], 'folder.csv: this is a folder'],
    ['a misspelt command', ['walker'], 'there is no such file (walker). (Did you mean walker2d?)'],
    ['another kind of file', ['table.xlsx'], 'the name does not say what kind of table this is (table.xlsx). Name a'],
    ['no text', ['picture.csv'], 'picture.csv: the file is no UTF-8 text'],
    ['an empty file', ['empty.csv'], 'empty.csv: the file is empty'],
    ['a header alone', ['header.csv'], 'header.csv: the table has no row'],
    ['columns of one name', ['twice.csv'], 'twice.csv, column power: the column "power" occurs twice'],
    ['a ragged row', ['ragged.csv'], 'ragged.csv, line 5: 6 cells where the header has 5'],
    [
      'a word among numbers',
      ['word.csv', ...power],
      'word.csv, line 7, column load: "lots" is no number, and 179 of 180 cells of the column are',
    ],
    [
      'a word among dates',
      ['date.csv', ...power],
      'date.csv, line 9, column time: "yesterday" is no time, and 179 of 180 cells of the column are',
    ],
    ['an unknown target', ['rooms.csv', '--target', 'pover'], 'there is no column "pover". Did you mean power?'],
    ['an unknown feature', ['rooms.csv', '--group', 'room', '--features', 'lod'], 'there is no column "lod"'],
    ['an unknown time', ['rooms.csv', '--time', 'tiem'], 'there is no column "tiem". Did you mean time?'],
    ['an unknown group', ['rooms.csv', '--group', 'rooms'], 'there is no column "rooms". Did you mean room?'],
    ['a column named twice', ['rooms.csv', '--features', 'load,load'], 'It takes columns'],
    [
      'time that runs backwards',
      ['rooms.csv', '--target', 'power', '--task', 'forecast'],
      'rooms.csv, line 62, column time: time runs backwards',
    ],
    [
      'time that repeats',
      ['rooms.csv', '--target', 'power', '--order', 'sort'],
      'the time repeats. Name the column that tells series apart (--group), or say which row counts: --repeats first',
    ],
    ['two columns of times', ['two-times.csv'], 'the columns begin, end could each be the time (--time). Say which'],
    ['a time that is none', ['rooms.csv', '--group', 'room', '--time', 'state'], 'are no times. Name another column'],
    [
      'a row of no series',
      ['nobody.csv', ...power],
      'nobody.csv, line 6, column room: the name of the series is missing',
    ],
    ['one class', ['one-class.csv', '--group', 'room'], 'the target has one class only, "high". Pass data with'],
    [
      'a constant target',
      ['flat.csv', '--group', 'room', '--target', 'power', '--task', 'regression'],
      'the target is always 5. Name another target (--target)',
    ],
    [
      'texts as numbers',
      ['rooms.csv', '--group', 'room', '--target', 'state', '--task', 'regression'],
      'texts cannot be predicted as numbers. Use --task classification',
    ],
    [
      'too many classes',
      ['many.csv', '--group', 'room', '--target', 'power', '--task', 'classification'],
      'Use --task regression',
    ],
    ['too few rows', ['few.csv', ...power], 'Pass more'],
    [
      'other columns in the test file',
      ['rooms.csv', ...power, '--test', 'other.csv'],
      'other.csv: the table lacks load, which the model was trained with, and has laod',
    ],
    [
      'other columns in a second file',
      ['rooms.csv', 'other.csv', ...power],
      'the file lacks load and has laod besides',
    ],
    ['hours without a clock', ['rooms.csv', ...power, '--time', 'none', '--horizon', '2h'], 'so 2h is not known'],
    ['a horizon of the present', ['rooms.csv', '--task', 'regression', '--horizon', '3'], 'has no horizon'],
    ['a stride alone', ['rooms.csv', ...power, '--stride', '3'], '--window ROWS'],
    [
      'patience without validation',
      ['rooms.csv', ...power, '--validation', '0', '--patience', '3'],
      '--validation 0.15',
    ],
    ['a loss of classes for numbers', ['rooms.csv', ...power, '--loss', 'cross-entropy'], 'Use mse, mae or huber'],
    ['a wiring without neurons for it', ['rooms.csv', ...power, '--wiring', 'ncp', '--units', '3'], '--wiring full'],
    ['a wiring of a cell without one', ['rooms.csv', ...power, '--wiring', 'ncp', '--cell', 'gru'], 'has no wiring'],
    ['a misspelt option', ['rooms.csv', '--epoch', '3'], "unknown option '--epoch'\n(Did you mean --epochs?)"],
    ['a backend that there is not', ['rooms.csv', '--backend', 'wsam'], 'Did you mean wasm?'],
    ['a folder that another run has', ['rooms.csv', ...power, '--out', 'claimed'], 'another run is writing there'],
  ])('%s', async (_, args, says) => {
    const before = listing();
    const { code, out, err } = await rheo(folder, ['train', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect(listing()).toEqual(before);
  });
});

describe('is decided, and told:', () => {
  it.each([
    ['a constant feature', ['constant.csv', ...power], 'Column load is always 1 in the training part and is left out.'],
    ['rows sorted', ['rooms.csv', '--target', 'power', '--order', 'sort', '--repeats', 'mean'], 'sorted by time'],
    [
      'a cell without clock',
      ['rooms.csv', ...power, '--cell', 'gru'],
      'The cell gru is not told the time between rows.',
    ],
    ['no time', ['rooms.csv', ...power, '--time', 'none'], 'rows are taken as one step apart'],
  ])(
    '%s',
    async (_, args, says) => {
      const { code, out, err } = await rheo(folder, ['train', ...args, ...quick, '--json']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(String(JSON.parse(out.split('\n')[0] ?? '').notes)).toContain(says);
    },
    60_000,
  );
});

it('two runs into one folder: the second is refused, the first goes on', async () => {
  const args = ['train', 'rooms.csv', ...power, ...quick, '--epochs', '30', '--out', 'same'];
  const both = await Promise.all([rheo(folder, args), rheo(folder, args)]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
  expect(both.find(({ code }) => code === 2)?.err).toContain('another run is writing there');
  const third = await rheo(folder, args);
  expect(third.code).toBe(2);
  expect(third.err).toContain('the folder exists and is not empty (same). Choose a new folder');
}, 60_000);
