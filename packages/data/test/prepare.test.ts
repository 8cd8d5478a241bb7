import { describe, expect, it } from 'vitest';
import {
  channelNames,
  checkSequences,
  columnKinds,
  denormalise,
  fitPreparation,
  labelsOf,
  type PrepareOptions,
  prepare,
  readCsv,
} from '../src/index.ts';
import { dataError } from './data-error.ts';

/** Two sensors, times 0, 1, 3, 4 and 10, 12, 13, 16; x counts up, y is ten times x. */
const csv = 'id,t,x,y\na,0,1,10\na,1,2,20\na,3,3,30\na,4,4,40\nb,10,5,50\nb,12,6,60\nb,13,7,70\nb,16,8,80\n';
const all = { split: { validation: 0, test: 0 } } as const;
const base = { time: 't', group: 'id', normalise: 'none', window: { steps: 4 }, ...all } as const;
const list = (array: ArrayLike<number> | undefined): number[] => Array.from(array ?? []);

describe('fitPreparation', () => {
  it('gives series with elapsed times, rows and keys: regression', async () => {
    const { train, preparation } = fitPreparation(await readCsv(csv), { ...base, task: 'regression', target: 'y' });
    checkSequences(train);
    expect([train.count, train.steps, train.features, train.targetFeatures]).toEqual([2, 4, 1, 1]);
    expect(list(train.values)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(list(train.targets)).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
    // Gaps 1 2 1 2 1 3: the median is 1.5.
    expect(preparation.timeScale).toBe(1.5);
    expect(list(train.dt)).toEqual([0, 1, 2, 1, 0, 2, 1, 3].map((gap) => Math.fround(gap / 1.5)));
    expect(list(train.rows)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(list(train.times)).toEqual([0, 1, 3, 4, 10, 12, 13, 16]);
    expect(Array.from(train.series, (s) => train.keys[s])).toEqual([['a'], ['b']]);
    expect(preparation.features).toEqual([
      { column: 'x', kind: 'number', center: 0, scale: 1, fill: 4.5, missing: 'forward-fill', marks: false },
    ]);
  });

  it('looks ahead by rows: forecast', async () => {
    const options: PrepareOptions = { ...base, task: 'forecast', target: 'y', horizon: { steps: 2 }, timeScale: 1 };
    const { train } = fitPreparation(await readCsv(csv), options);
    expect(train.lengths).toEqual(Int32Array.of(2, 2));
    expect(list(train.targets)).toEqual([30, 40, 0, 0, 70, 80, 0, 0]);
    expect(list(train.targetRows)).toEqual([2, 3, -1, -1, 6, 7, -1, -1]);
    expect(list(train.values)).toEqual([1, 10, 2, 20, 0, 0, 0, 0, 5, 50, 6, 60, 0, 0, 0, 0]);
  });

  it('looks ahead by time, leaving out rows that have nothing near', async () => {
    const options: PrepareOptions = { ...base, task: 'forecast', target: 'y', timeScale: 1 };
    const { train } = fitPreparation(await readCsv(csv), { ...options, horizon: { time: 3, tolerance: 0 } });
    // a: 0→3, 1→4. b: 10→13, 13→16; nothing at 15.
    expect(train.lengths).toEqual(Int32Array.of(2, 2));
    expect(list(train.targets)).toEqual([30, 40, 0, 0, 70, 80, 0, 0]);
    expect(list(train.dt)).toEqual([0, 1, 0, 0, 0, 3, 0, 0]);
  });

  it('predicts every number of the next row: next-step', async () => {
    const { train, preparation } = fitPreparation(await readCsv(csv), { ...base, task: 'next-step' });
    expect(preparation.targets.map(({ column }) => column)).toEqual(['x', 'y']);
    expect(list(train.targets).slice(0, 8)).toEqual([2, 20, 3, 30, 4, 40, 0, 0]);
  });

  it('finds classes and gives their indices; outputs become labels again', async () => {
    const table = await readCsv('t,x,c\n0,1,10\n1,2,9\n2,3,10\n3,4,\n4,5,9\n');
    const { group: _, ...rest } = base;
    const { train, preparation, notes } = fitPreparation(table, { ...rest, task: 'classification', target: 'c' });
    expect(preparation.classes).toEqual(['9', '10']);
    expect(list(train.targets)).toEqual([1, 0, 1, 0]);
    // The row without a class is gone, and its time is bridged.
    expect(list(train.rows)).toEqual([0, 1, 2, 4]);
    expect(list(train.dt)).toEqual([0, 1, 1, 2]);
    expect(notes).toContain('Rows of the training part without a target, left out: 1.');
    expect(labelsOf(preparation, [0.1, 0.9, 2, -1, 1, 1])).toEqual(['10', '9', '9']);
  });

  it('gives one target at the end of each sequence when asked', async () => {
    const options: PrepareOptions = {
      ...base,
      task: 'regression',
      target: 'y',
      at: 'end',
      window: { steps: 3, stride: 1 },
    };
    const { train } = fitPreparation(await readCsv(csv), options);
    expect([train.count, list(train.targets)]).toEqual([4, [30, 40, 70, 80]]);
  });

  it('normalises with the training part alone', async () => {
    const table = await readCsv(csv);
    const options: PrepareOptions = { task: 'regression', time: 't', group: 'id', target: 'y', window: { steps: 2 } };
    const split = { by: 'time', validation: 0.25, test: 0.25 } as const;
    const fitted = fitPreparation(table, { ...options, split });
    // Training: x 1 2 3 4, mean 2.5, standard deviation √1.25; y ten times that.
    expect(fitted.preparation.features[0]).toMatchObject({ center: 2.5, scale: Math.sqrt(1.25), fill: 2.5 });
    expect(fitted.preparation.targets[0]?.center).toBe(25);
    expect(fitted.preparation.targets[0]?.scale).toBeCloseTo(10 * Math.sqrt(1.25), 12);
    expect(list(fitted.validation?.rows)).toEqual([4, 5]);
    expect(list(fitted.test?.rows)).toEqual([6, 7]);
    expect(
      list(denormalise(fitted.preparation, fitted.test?.targets ?? [])).map((y) => Math.round(y * 1e4) / 1e4),
    ).toEqual([70, 80]);
    expect(fitted.notes).toContain(
      'Split by time: the first 4 rows for training, then 2 for validation and 2 for the test.',
    );
    const untested = fitPreparation(table, { ...options, split: { ...split, test: 0 } });
    expect(untested.notes).toContain('Split by time: the first 6 rows for training, then 2 for validation.');
    const ranges = fitPreparation(table, { ...options, split, normalise: 'min-max' });
    expect(ranges.preparation.features[0]).toMatchObject({ center: 1, scale: 3 });
  });

  it('fills gaps forward with marks, or with the mean', async () => {
    const table = await readCsv('t,x,y\n0,,1\n2,4,2\n3,NA,3\n6,,4\n8,6,5\n');
    const options: PrepareOptions = {
      task: 'regression',
      time: 't',
      target: 'y',
      timeScale: 2,
      normalise: 'none',
      ...all,
    };
    const { train, preparation } = fitPreparation(table, options);
    expect(channelNames(preparation)).toEqual(['x', 'x known', 'x age']);
    const log = (n: number): number => Math.fround(Math.log1p(n));
    expect(list(train.values)).toEqual([5, 0, 0, 4, 1, 0, 4, 0, log(0.5), 4, 0, log(2), 6, 1, 0]);
    const mean = fitPreparation(table, { ...options, missing: 'mean' });
    expect(list(mean.train.values)).toEqual([5, 4, 5, 5, 6]);
  });

  it('gives each label a channel, and the rare ones one together', async () => {
    const rows = [...'aaaaaaaaaabbbbbbbbbbbc', ''].map((label, i) => `${i},${label},${i}`);
    const table = await readCsv(`t,c,y\n${rows.join('\n')}\n`);
    const options: PrepareOptions = { task: 'regression', time: 't', target: 'y', ...all };
    const { train, preparation } = fitPreparation(table, options);
    expect(channelNames(preparation)).toEqual(['c = a', 'c = b', 'c = (other)']);
    expect(list(train.values).slice(27)).toEqual([1, 0, 0, ...Array(11).fill([0, 1, 0]).flat(), 0, 0, 1, 0, 0, 0]);
    const strict = fitPreparation(table, { ...options, unknownCategory: 'error' }).preparation;
    const strange = await readCsv('t,c\n0,a\n1,z\n', { file: 'new.csv' });
    expect(dataError(() => prepare(strange, strict)).message).toContain('new.csv, line 3, column c: "z" is none');
    const { data, notes } = prepare(strange, preparation);
    expect(list(data.values).slice(0, 9)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0]);
    expect(list(data.lengths)).toEqual([2]);
    expect(notes.join()).toContain('c 1.');
  });
});

describe('prepare', () => {
  it('reads a new table as the training table, keeping every row once', async () => {
    const fitted = fitPreparation(await readCsv(csv), { ...base, task: 'forecast', target: 'y', window: { steps: 3 } });
    const stored = JSON.parse(JSON.stringify(fitted.preparation));
    const table = await readCsv('y,t,x,id\n10,0,1,a\n20,1,2,a\n30,2,3,a\n40,3,4,a\n');
    const { data } = prepare(table, stored);
    expect([data.count, data.lengths]).toEqual([2, Int32Array.of(3, 1)]);
    expect(list(data.values)).toEqual([1, 10, 2, 20, 3, 30, 4, 40, 0, 0, 0, 0]);
    expect(list(data.rows)).toEqual([0, 1, 2, 3, -1, -1]);
    expect(list(data.known)).toEqual([1, 1, 1, 0, 0, 0]);
    const evaluated = prepare(table, stored, { purpose: 'evaluate' }).data;
    expect(list(evaluated.rows)).toEqual([0, 1, 2]);
  });

  it('tells the reader of new tables which kinds to read', async () => {
    const text = ['05', '05', 'x', '05', 'x'].map((label, i) => `2024-05-0${i + 1},${label},${i}`).join('\n');
    const { preparation } = fitPreparation(await readCsv(`t,c,y\n${text}`), {
      task: 'regression',
      time: 't',
      target: 'y',
      ...all,
    });
    expect(columnKinds(preparation)).toEqual({ c: 'category', t: 'time' });
    const table = await readCsv('t,c\n2024-06-01,05\n', { types: columnKinds(preparation) });
    expect(channelNames(preparation)).toEqual(['c = 05', 'c = x', 'c = (other)']);
    expect(list(prepare(table, preparation).data.values).slice(0, 3)).toEqual([1, 0, 0]);
  });

  it('needs the columns of the training table, and guesses which they may be', async () => {
    const { preparation } = fitPreparation(await readCsv(csv), { ...base, task: 'regression', target: 'y' });
    const error = dataError(() => prepare({ rows: 0, columns: [], notes: [] }, preparation));
    expect(error.message).toContain('lacks the columns t, id, x');
    const near = {
      rows: 1,
      columns: [{ name: 'X', kind: 'number', values: new Float64Array(1), missing: 0 }],
      notes: [],
    };
    expect(dataError(() => prepare(near as never, preparation)).message).toContain('X may be x');
  });
});

describe('bad tables', () => {
  const regression: PrepareOptions = { task: 'regression', time: 't', target: 'y' };
  it.each<[string, string, PrepareOptions, string]>([
    [
      'time backwards',
      't,x,y\n0,1,1\n2,2,2\n1,3,3',
      regression,
      'my.csv, line 4, column t: time runs backwards, from 2 to 1',
    ],
    ['time twice', 't,x,y\n0,1,1\n1,2,2\n1,3,3', regression, 'line 4, column t: the time repeats'],
    ['no time', 't,x,y\n0,1,1\n,2,2', regression, 'line 3, column t: the time is missing'],
    ['times that are none', 't,x,y\n1/2/2024,1,1\n1/3/2024,2,2', regression, 'ISO 8601'],
    ['a group without a name', 'g,t,x,y\na,0,1,1\n,1,2,2', { ...regression, group: 'g' }, 'line 3, column g: the name'],
    ['an unknown column', 't,x,y\n0,1,1\n1,2,2', { ...regression, features: ['xx'] }, 'Did you mean x?'],
    ['a target among features', 't,x,y\n0,1,1\n1,2,2', { ...regression, features: ['y'] }, 'told the answer'],
    ['one class', 't,x,y\n0,1,1\n1,2,1', { ...regression, task: 'classification' }, 'one class only, "1"'],
    ['a constant target', 't,x,y\n0,1,1\n1,2,1', { ...regression, ...all }, 'always 1'],
    ['only constant features', 't,x,y\n0,1,1\n1,1,2', { ...regression, ...all }, 'no feature is left'],
    ['texts as a target', 't,x,y\n0,1,a\n1,2,b', { ...regression, ...all }, 'classification'],
    [
      'no row with a target',
      't,x,y\n0,1,1\n1,2,2',
      { ...regression, ...all, task: 'forecast', horizon: { steps: 5 } },
      'no row',
    ],
    ['too few rows to divide', 't,x,y\n0,1,1\n1,2,2', regression, 'is empty'],
    ['a task that is none', 't,x,y\n0,1,1', { ...regression, task: 'guess' as never }, 'regression, classification'],
  ])('refuses %s', async (_, text, options, words) => {
    const table = await readCsv(text, { file: 'my.csv' });
    expect(dataError(() => fitPreparation(table, options)).message).toContain(words);
  });

  it('leaves out texts that are too many for channels, unless they were asked for', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `${i},note ${i},${i}`);
    const table = await readCsv(`x,note,y\n${rows.join('\n')}`);
    const { preparation, notes } = fitPreparation(table, { task: 'regression', target: 'y', ...all });
    expect(channelNames(preparation)).toEqual(['x']);
    expect(notes).toContain('Column note has 300 different texts, too many for a feature, and is left out.');
    const asked: PrepareOptions = { task: 'regression', target: 'y', features: ['note'], ...all };
    expect(dataError(() => fitPreparation(table, asked)).message).toContain('column note: 300 different texts');
  });

  it('makes no window longer than a series, and no more numbers than an array holds', async () => {
    const table = await readCsv(csv);
    const options: PrepareOptions = { task: 'regression', time: 't', group: 'id', target: 'y', ...all };
    const { train, notes } = fitPreparation(table, { ...options, window: { steps: 1_000_000 } });
    expect([train.count, train.steps]).toEqual([2, 4]);
    expect(notes).toContain('No series has 1000000 rows: sequences are of 4.');
    const { preparation } = fitPreparation(table, options);
    const long = (steps: number) => ({ ...preparation, window: { steps, stride: 1 } });
    expect(dataError(() => prepare(table, long(1_000_000_000))).message).toContain('1 sequences of 1000000000 steps');
    // Windows are views: only the arrays of all of them would be too large.
    const { data } = prepare(table, long(250_000_000), { stride: 1 });
    expect(data.count).toBe(2);
    const most = {
      ...preparation,
      window: { steps: 250_000_000, stride: 1 },
      features: Array(3).fill(preparation.features[0]),
    };
    expect(dataError(() => prepare(table, most)).message).toContain('1 sequences of 250000000 steps of 3 channels');
  });

  it('mends the order of time when told to, and says so', async () => {
    const table = await readCsv('t,x,y\n2,3,30\n0,1,10\n2,5,50\n1,2,20\n');
    const options = { task: 'regression', target: 'y', normalise: 'none', ...all } as const;
    for (const [repeats, expected, note] of [
      ['first', [1, 2, 3], 'first'],
      ['last', [1, 2, 5], 'last'],
      ['mean', [1, 2, 4], 'averaged'],
    ] as const) {
      const { train, notes } = fitPreparation(table, { ...options, time: { column: 't', order: 'sort', repeats } });
      expect(list(train.values)).toEqual(expected);
      expect(list(train.targets)).toEqual(expected.map((x) => 10 * x));
      expect(notes.join(' ')).toMatch(new RegExp(`1 series were sorted by time\\. 1 rows repeat .*${note}`));
    }
  });

  it('tells epoch times by their size, and keeps seconds', async () => {
    for (const [factor, words] of [
      [1, 'seconds since 1970'],
      [1e3, 'milliseconds since 1970'],
      [1e6, 'microseconds since 1970'],
    ] as const) {
      const rows = [0, 60, 120].map((s) => `${(1_700_000_000 + s) * factor},${s},${s}`);
      const { train, notes } = fitPreparation(await readCsv(`t,x,y\n${rows.join('\n')}`), { ...regression, ...all });
      expect(list(train.times)).toEqual([1_700_000_000, 1_700_000_060, 1_700_000_120]);
      expect(list(train.dt)).toEqual([0, 1, 1]);
      expect(notes.join(' ')).toContain(` ${words}.`);
      expect(notes).toContain('Elapsed times are divided by 60 s (1 min), the median gap of the training part.');
    }
  });
});
