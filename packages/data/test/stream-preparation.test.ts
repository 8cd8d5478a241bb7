/** Rows one at a time give, bit for bit, what the same rows give as a sequence. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnKinds,
  fitPreparation,
  type Preparation,
  type PrepareOptions,
  prepare,
  readCsv,
  streamPreparation,
} from '../src/index.ts';
import { dataError } from './data-error.ts';

type Row = Readonly<Record<string, string>>;

/** Rows as `prepare` encodes them, and as they come, series by series; floats as they are, NaN included. */
async function bothWays(
  names: readonly string[],
  rows: readonly Row[],
  options: PrepareOptions,
): Promise<{ readonly table: number[][]; readonly stream: number[][]; readonly preparation: Preparation }> {
  const csv = [names.join(','), ...rows.map((row) => names.map((name) => row[name] ?? '').join(','))].join('\n');
  const training = await readCsv(csv);
  const split = { by: 'time', validation: 0, test: 0 } as const;
  const { preparation } = fitPreparation(training, { ...options, split, window: { steps: 500 } });
  const again = await readCsv(csv, { types: columnKinds(preparation) });
  const { data } = prepare(again, preparation);
  const { channels, memory, encode } = streamPreparation(preparation);
  expect(channels).toBe(data.features);
  const [table, stream]: [number[][], number[][]] = [[], []];
  for (let n = 0; n < data.count; n++) {
    const remembered = new Float64Array(memory);
    for (let t = 0; t < (data.lengths?.[n] ?? data.steps); t++) {
      const cell = n * data.steps + t;
      const { time, ...values } = rows[data.rows[cell] ?? -1] ?? {};
      const into = new Float32Array(channels);
      const elapsed = encode(preparation.time === null ? { values } : { time, values }, remembered, into);
      table.push([...data.values.subarray(cell * channels, (cell + 1) * channels), data.dt[cell] ?? Number.NaN]);
      stream.push([...into, Math.fround(elapsed)]);
    }
  }
  return { table, stream, preparation };
}

const start = Date.UTC(2024, 0, 1);
const cell = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -1e4, max: 1e4, noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constant('NA') },
);
const rowsOf = fc
  .tuple(
    fc.constantFrom(1, 16),
    fc.array(
      fc.record({
        a: cell,
        b: cell,
        flag: fc.constantFrom('true', 'false', ''),
        kind: fc.constantFrom('dry', 'wet', 'dry', 'wet', '', 'rare'),
        gap: fc.integer({ min: 1, max: 200_000 }),
        series: fc.constantFrom('p', 'q', 'r'),
      }),
      { minLength: 40, maxLength: 80 },
    ),
  )
  .map(([faster, drawn]) => {
    let time = start;
    return drawn.map(({ gap, ...row }) => {
      time += (gap * 1000) / faster;
      return { ...row, time: new Date(time).toISOString() };
    });
  });

describe('rows one at a time are those of prepare', () => {
  const names = ['series', 'time', 'a', 'b', 'flag', 'kind'];

  it('with dates, gaps, marks, categories, calendars and series', async () => {
    const met = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        rowsOf,
        fc.constantFrom('forward-fill' as const, 'mean' as const),
        fc.boolean(),
        async (rows, missing, grouped) => {
          const { table, stream, preparation } = await bothWays(names, rows, {
            task: 'next-step',
            time: 'time',
            ...(grouped ? { group: 'series' } : {}),
            features: ['a', 'b', 'flag', 'kind'],
            target: 'a',
            missing,
          });
          for (const feature of preparation.features) met.add(feature.kind);
          for (const cycle of preparation.calendar) met.add(cycle);
          if (preparation.features.some((feature) => feature.kind === 'number' && feature.marks)) met.add('marks');
          expect(stream).toStrictEqual(table);
        },
      ),
      { numRuns: 60, seed: 6 },
    );
    expect([...met].sort()).toEqual(['category', 'day', 'marks', 'number', 'week']);
  }, 120_000);

  it('with times as numbers, in milliseconds since 1970, and without times', async () => {
    const values = Array.from({ length: 60 }, (_, i) => ({ a: String(Math.sin(i)), kind: i % 3 === 0 ? 'x' : 'y' }));
    const options = { task: 'next-step', features: ['a', 'kind'], target: 'a' } as const;
    for (const scale of [0.37, 86_400_000]) {
      const origin = scale > 1 ? start : 3.1;
      const rows = values.map((row, i) => ({ ...row, time: String(origin + scale * (i + (i % 7) * 0.125)) }));
      const { table, stream, preparation } = await bothWays(['time', 'a', 'kind'], rows, { ...options, time: 'time' });
      expect(preparation.time?.unit).toBe(scale > 1 ? 'epoch-milliseconds' : 'number');
      expect(stream).toStrictEqual(table);
    }
    const { table, stream } = await bothWays(['a', 'kind'], values, options);
    expect(stream).toStrictEqual(table);
  });
});

describe('a row that is wrong', () => {
  const fitted = async (): Promise<Preparation> => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `2024-01-01T00:${10 + i}:00Z,${i === 3 ? '' : i},${i % 2 ? 'l' : 'r'}`,
    );
    const table = await readCsv(['at,speed,side', ...rows].join('\n'));
    const split = { by: 'time', validation: 0, test: 0 } as const;
    return fitPreparation(table, {
      task: 'next-step',
      time: 'at',
      features: ['speed', 'side'],
      target: 'speed',
      unknownCategory: 'error',
      split,
    }).preparation;
  };
  const good = { time: '2024-02-01 10:00', values: { speed: 4, side: 'l' } };

  it.each([
    [
      'a column that is missing',
      { ...good, values: { sped: 4, side: 'l' } },
      'argument',
      /no column "speed".*sped may be speed/,
    ],
    ['a list', { ...good, values: { speed: [4], side: 'l' } }, 'dtype', /a list/],
    ['a text for a number', { ...good, values: { speed: 'fast', side: 'l' } }, 'value', /speed: "fast" is no number/],
    ['a number beyond float32', { ...good, values: { speed: 1e60, side: 'l' } }, 'value', /1e\+60 is too large/],
    ['a label that is unknown', { ...good, values: { speed: 4, side: 'up' } }, 'value', /"up" is none of the labels/],
    ['no time', { values: good.values }, 'value', /the time is missing/],
    ['a number for a date', { ...good, time: 1700000000 }, 'value', /1700000000 is no date/],
    ['the same time again', { ...good, time: '2024-02-01 09:00' }, 'value', /the time repeats/],
    ['an earlier time', { ...good, time: '2024-02-01 08:59:59.5' }, 'value', /time runs backwards/],
    [
      'a column that only every object has',
      { ...good, values: JSON.parse('{"__proto__":{"speed":1},"side":"l"}') },
      'argument',
      /no column "speed"/,
    ],
  ])('%s is an error and leaves the memory as it was', async (_, row, code, message) => {
    const { channels, memory, encode } = streamPreparation(await fitted());
    const remembered = new Float64Array(memory);
    const into = new Float32Array(channels);
    encode({ ...good, time: '2024-02-01 09:00' }, remembered, into);
    const before = remembered.slice();
    const error = dataError(() => encode(row, remembered, into));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(remembered).toEqual(before);
    expect(encode(good, remembered, into)).toBeGreaterThan(0);
  });

  it('a time for a model without is an error', async () => {
    const preparation = { ...(await fitted()), time: null };
    const { channels, memory, encode } = streamPreparation(preparation);
    const error = dataError(() => encode(good, new Float64Array(memory), new Float32Array(channels)));
    expect(error.message).toMatch(/a time for a model that was trained without/);
  });
});
