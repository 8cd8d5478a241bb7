/** A table on a disk is fitted and cut as the same table in memory: equal decisions, notes, preparation and bits. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Column,
  cellText,
  DataError,
  fitPreparation,
  type PreparedTable,
  type PrepareOptions,
  prepare,
  readCsv,
  readCsvTables,
  type SequenceSource,
  type Table,
  type TableSequences,
} from '../src/index.ts';
import { fitOnDisk, type PreparedOnDisk } from '../src/node.ts';
import { dataErrorOf } from './data-error.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fit-on-disk-'));
});
afterAll(async () => {
  // Nothing was left there.
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

/** The smallest limit, so that a few thousand rows take many pieces, sorted runs and blocks. */
const limit = { memoryLimit: 1 << 20 };

/** Rows `from` to `to` as a reader gives them: labels numbered anew. */
function slice(table: Table, from: number, to: number): Table {
  const columns = table.columns.map((column): Column => {
    if (column.kind !== 'category') {
      const values = column.values.slice(from, to);
      return { ...column, values, missing: values.filter(Number.isNaN).length };
    }
    const labels: string[] = [];
    const codes = column.codes.slice(from, to).map((_, i) => {
      const text = cellText(column, from + i);
      if (text === undefined) return -1;
      return labels.includes(text) ? labels.indexOf(text) : labels.push(text) - 1;
    });
    return { ...column, codes, labels, missing: codes.filter((code) => code < 0).length };
  });
  const { lines, ...rest } = table;
  return { ...rest, rows: to - from, columns, ...(lines === undefined ? {} : { lines: lines.slice(from, to) }) };
}

function* pieces(table: Table, rows: number): Generator<Table> {
  for (let at = 0; at < table.rows; at += rows) yield slice(table, at, Math.min(table.rows, at + rows));
}

async function gathered(source: SequenceSource) {
  const { count, steps, features, targetFeatures, at } = source;
  const values = new Float32Array(count * steps * features);
  const dt = new Float32Array(count * steps);
  const targets = new Float32Array(count * (at === 'step' ? steps : 1) * targetFeatures);
  const mask = new Uint8Array(count * steps);
  await source.gather(
    Int32Array.from({ length: count }, (_, n) => n),
    { values, dt, targets, mask },
  );
  const bytes: number[] = [];
  for await (const part of source.contents()) for (const word of part) bytes.push(word);
  const { padded } = source;
  return { count, steps, features, targetFeatures, at, padded, values, dt, targets, mask, contents: bytes };
}

async function compare(inMemory: PreparedTable, onDisk: PreparedOnDisk): Promise<void> {
  expect(onDisk.preparation).toEqual(inMemory.preparation);
  expect(onDisk.notes).toEqual(inMemory.notes);
  for (const part of ['train', 'validation', 'test'] as const) {
    const [memory, disk] = [inMemory[part], onDisk[part]];
    expect(disk === undefined).toBe(memory === undefined);
    if (memory === undefined || disk === undefined) continue;
    expect(await gathered(disk)).toEqual(await gathered(memory));
    expect(disk.keys).toEqual(memory.keys);
    if (part === 'train' || !('take' in disk)) continue;
    const all = await disk.take(Int32Array.from({ length: disk.count }, (_, n) => n));
    expect(plain(all)).toEqual(plain(memory));
  }
}

function plain({ values, targets, known, rows, times, targetRows, series, lengths }: TableSequences) {
  return { values, targets, known, rows, times, targetRows, series, lengths };
}

/** Fits both ways; the errors must be of one code where both fail. */
async function both(table: Table, options: PrepareOptions, rows: number): Promise<boolean> {
  let inMemory: PreparedTable | undefined;
  let refused: unknown;
  try {
    inMemory = fitPreparation(table, options);
  } catch (error) {
    refused = error;
  }
  if (inMemory === undefined) {
    if (!(refused instanceof DataError)) throw refused;
    const error = await fitOnDisk(pieces(table, rows), options, { ...limit, folder }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DataError);
    // Of several rows out of order, each road names the first that it meets.
    const outOfOrder = /time (runs backwards|repeats)/;
    if (outOfOrder.test(refused.message)) expect((error as DataError).message).toMatch(outOfOrder);
    else expect((error as DataError).message).toBe(refused.message);
    return false;
  }
  const onDisk = await fitOnDisk(pieces(table, rows), options, { ...limit, folder });
  try {
    await compare(inMemory, onDisk);
  } finally {
    await onDisk.dispose();
  }
  expect(onDisk.bytes).toBe(0);
  return true;
}

interface Shape {
  readonly rows: number;
  readonly series: number;
  readonly interleaved: boolean;
  readonly gaps: readonly number[];
  readonly shuffled: boolean;
  readonly repeated: boolean;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  rows: fc.integer({ min: 60, max: 3000 }),
  series: fc.integer({ min: 1, max: 14 }),
  interleaved: fc.boolean(),
  gaps: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  shuffled: fc.boolean(),
  repeated: fc.boolean(),
  seed: fc.nat(1000),
});

/** Numbers with gaps and of odd sizes, labels both common and rare, times forward unless they are shuffled. */
function tableOf({ rows, series, interleaved, gaps, shuffled, repeated, seed }: Shape): Table {
  const random = (i: number): number => {
    const x = Math.sin(i * 12.9898 + seed) * 43758.5453;
    return x - Math.floor(x);
  };
  const times = new Array<number>(series).fill(0);
  const cells = Array.from({ length: rows }, (_, i) => {
    const g = interleaved ? Math.floor(random(i) * series) : Math.floor((i * series) / rows);
    if (!(repeated && random(i + 0.5) < 0.1)) times[g] = (times[g] ?? 0) + (gaps[i % gaps.length] ?? 1) * 0.37;
    const t = shuffled && random(i + 0.25) < 0.05 ? (times[g] ?? 0) - 2 : (times[g] ?? 0);
    return { g, t, i };
  });
  const numbers = (name: string, value: (i: number, t: number) => number): Column => {
    const values = Float64Array.from(cells, ({ i, t }) => value(i, t));
    return { name, kind: 'number', values, missing: values.filter(Number.isNaN).length };
  };
  const labels = ['red', 'green', 'blue', ...Array.from({ length: 30 }, (_, l) => `rare ${l}`)];
  const codes = Int32Array.from(cells, ({ i }) => {
    if (random(i * 3) < 0.1) return -1;
    return random(i * 7) < 0.9 ? Math.floor(random(i * 5) * 3) : 3 + Math.floor(random(i * 11) * 30);
  });
  const missing = codes.filter((code) => code < 0).length;
  return {
    rows,
    columns: [
      numbers('g', (i) => cells[i]?.g ?? 0),
      numbers('t', (_, t) => t),
      numbers('x', (i) => (random(i) < 0.2 ? Number.NaN : (random(i * 2) - 0.5) * 10 ** (i % 5))),
      { name: 'c', kind: 'category', codes, labels, missing },
      numbers('constant', () => 4),
      numbers('y', (i, t) => (random(i * 13) < 0.15 ? Number.NaN : Math.sin(t) * 3 + random(i))),
      numbers('k', (i) => Math.floor(random(i * 17) * 3)),
    ],
    lines: Int32Array.from(cells, (_, i) => i + 2),
    file: 'my.csv',
    notes: [],
  };
}

const optionsOf: fc.Arbitrary<PrepareOptions> = fc
  .record({
    task: fc.constantFrom('regression' as const, 'classification' as const, 'forecast' as const, 'next-step' as const),
    ordered: fc.constantFrom('error' as const, 'sort' as const),
    repeats: fc.constantFrom('error' as const, 'first' as const, 'last' as const, 'mean' as const),
    timed: fc.boolean(),
    grouped: fc.boolean(),
    window: fc.option(fc.record({ steps: fc.integer({ min: 1, max: 40 }), stride: fc.integer({ min: 1, max: 20 }) })),
    at: fc.constantFrom('step' as const, 'end' as const),
    horizon: fc.constantFrom<PrepareOptions['horizon']>(
      { steps: 1 },
      { steps: 7 },
      { time: 2.5 },
      { time: 9, tolerance: 1 },
    ),
    missing: fc.constantFrom('forward-fill' as const, 'mean' as const),
    normalise: fc.constantFrom('standard' as const, 'min-max' as const, 'none' as const),
    by: fc.constantFrom(undefined, 'series' as const, 'time' as const, 'block' as const),
    shares: fc.constantFrom([0.15, 0.15], [0.3, 0], [0, 0.3], [0, 0]),
    seed: fc.nat(99),
  })
  .map(({ task, ordered, repeats, timed, grouped, window, at, horizon, missing, normalise, by, shares, seed }) => {
    const ahead = task === 'forecast' || task === 'next-step';
    const [validation = 0, test = 0] = shares;
    return {
      task,
      ...(timed ? { time: { column: 't', order: ordered, repeats } } : {}),
      ...(grouped ? { group: 'g' } : {}),
      ...(task === 'next-step' ? {} : { target: task === 'classification' ? 'k' : 'y' }),
      ...(window === null ? {} : { window }),
      ...(ahead ? {} : { at }),
      ...(task === 'forecast' && horizon !== undefined ? { horizon } : {}),
      missing,
      normalise,
      split: { validation, test, seed, blockRows: 50, ...(by === undefined ? {} : { by }) },
    };
  });

describe('a table on a disk', () => {
  it('is prepared as in memory, whatever the table, the options and the pieces', async () => {
    let prepared = 0;
    await fc.assert(
      fc.asyncProperty(shapes, optionsOf, fc.integer({ min: 7, max: 1500 }), async (shape, options, rows) => {
        if (await both(tableOf(shape), options, rows)) prepared++;
      }),
      { numRuns: 60 },
    );
    expect(prepared).toBeGreaterThan(15);
  }, 240_000);

  it('is sorted, merged and cut in many pieces, and says so', async () => {
    const shape = { rows: 6000, series: 5, interleaved: true, gaps: [1, 3], shuffled: true, repeated: true, seed: 3 };
    const options: PrepareOptions = {
      task: 'forecast',
      time: { column: 't', order: 'sort', repeats: 'mean' },
      group: 'g',
      target: 'y',
      horizon: { time: 40 },
      window: { steps: 300, stride: 1 },
    };
    expect(await both(tableOf(shape), options, 100)).toBe(true);
    const { notes } = fitPreparation(tableOf(shape), options);
    expect(notes).toContain('5 series were sorted by time.');
    expect(notes.some((note) => note.endsWith('they were averaged.'))).toBe(true);
  }, 60_000);

  it('comes from a file as it would be read whole', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => {
      const time = new Date(1.7e12 + i * 600_000).toISOString().slice(0, 16).replace('T', ' ');
      return [time, i % 3, i < 1500 ? '' : i, i % 4 === 0 ? 'NA' : (i * 0.25).toFixed(2), `s${i % 2}`].join(';');
    });
    const text = `when;a;late;b;c\n${rows.join('\n')}\n`;
    const options: PrepareOptions = { task: 'regression', time: 'when', group: 'c', target: 'b' };
    const inMemory = fitPreparation(await readCsv(text), options);
    const onDisk = await fitOnDisk(readCsvTables(text, { rows: 1000, sampleRows: 1000 }), options, {
      ...limit,
      folder,
    });
    await compare(inMemory, onDisk);
    await onDisk.dispose();
  }, 30_000);

  it('gives rows of a part as a table that means the same', async () => {
    const shape = { rows: 900, series: 3, interleaved: true, gaps: [2], shuffled: false, repeated: false, seed: 4 };
    const table = tableOf(shape);
    const options: PrepareOptions = { task: 'forecast', time: 't', group: 'g', target: 'y', window: { steps: 20 } };
    const inMemory = fitPreparation(table, options);
    const onDisk = await fitOnDisk(pieces(table, 100), options, { ...limit, folder });
    const sample = await onDisk.sample('test', 1000);
    if (sample === undefined || inMemory.test === undefined) throw new Error('no test part');
    const { data } = prepare(sample, inMemory.preparation, { purpose: 'evaluate' });
    // All of the part fits, so its sequences are those of the part.
    expect(data.values).toEqual(inMemory.test.values);
    expect(data.targets).toEqual(inMemory.test.targets);
    expect(data.keys).toEqual(inMemory.test.keys);
    expect(Array.from(data.rows, (row) => sample.numbers?.[row] ?? -1)).toEqual(Array.from(inMemory.test.rows));
    expect((await onDisk.sample('test', 45))?.rows).toBe(45);
    await onDisk.dispose();
  });

  it('gives the same numbers again after its cache was full of others, and to many at once', async () => {
    const shape = { rows: 40_000, series: 1, interleaved: false, gaps: [1], shuffled: false, repeated: false, seed: 1 };
    const table = tableOf(shape);
    // A row takes over 28 bytes, so that the training part is larger than the cache, a quarter of the limit.
    const options: PrepareOptions = { task: 'regression', time: 't', target: 'y', window: { steps: 50, stride: 3 } };
    const { train } = fitPreparation(table, options);
    const onDisk = await fitOnDisk(pieces(table, 5000), options, { ...limit, folder });
    const order = Array.from({ length: train.count }, (_, n) => (n * 7919) % train.count);
    const batch = async (source: SequenceSource, from: number) => {
      const indices = Int32Array.from(order.slice(from, from + 32));
      const { steps, features } = source;
      const values = new Float32Array(indices.length * steps * features);
      const dt = new Float32Array(indices.length * steps);
      const targets = new Float32Array(indices.length * steps);
      await source.gather(indices, { values, dt, targets });
      return {
        values,
        dt,
        targets,
        hex: [values, dt, targets].map(({ buffer }) => Buffer.from(buffer).toString('hex')),
      };
    };
    const starts = Array.from({ length: 120 }, (_, b) => b * 32).filter((from) => from < train.count);
    const asked = await Promise.all(starts.map((from) => batch(onDisk.train, from)));
    for (const [b, from] of starts.entries()) expect(asked[b]?.hex).toEqual((await batch(train, from)).hex);
    expect(
      await dataErrorOf(onDisk.train.gather(Int32Array.of(train.count), asked[0] ?? (undefined as never))),
    ).toMatchObject({
      code: 'argument',
    });
    await onDisk.dispose();
    // What was read stays; the rest is gone.
    expect((await dataErrorOf(Promise.all(starts.map((from) => batch(onDisk.train, from))))).code).toBe('file');
  }, 60_000);
});

describe('what a disk cannot do', () => {
  const good = { rows: 400, series: 4, interleaved: false, gaps: [1], shuffled: false, repeated: false, seed: 2 };
  const options: PrepareOptions = { task: 'regression', time: 't', group: 'g', target: 'y' };
  const fit = (table: Table, changes: Partial<PrepareOptions> = {}, disk: object = {}) =>
    fitOnDisk(pieces(table, 100), { ...options, ...changes }, { ...limit, folder, ...disk });

  it('a column of texts too many to count is left out with a note, or refused where it is named', async () => {
    const table = tableOf({ ...good, rows: 4000 });
    const labels = Array.from({ length: table.rows }, (_, row) => `this text occurs in row ${row} and nowhere else`);
    const text: Column = {
      name: 'text',
      kind: 'category',
      codes: Int32Array.from(labels, (_, l) => l),
      labels,
      missing: 0,
    };
    const wide = { ...table, columns: [...table.columns, text] };
    const prepared = await fit(wide);
    expect(prepared.preparation).toEqual(fitPreparation(wide, options).preparation);
    expect(prepared.notes.some((note) => note.startsWith('Column text: over '))).toBe(true);
    await prepared.dispose();
    const error = await dataErrorOf(fit(wide, { features: ['x', 'text'] }));
    expect(error.message).toContain('column text');
    expect((await dataErrorOf(fit(wide, { group: 'text' }))).message).toContain('more than the memory limit');
  });

  it.each<[string, Partial<PrepareOptions>, object, string, string]>([
    ['a limit that is none', {}, { memoryLimit: 1000 }, 'argument', 'at least 1 MiB'],
    ['a folder that is a file', {}, { folder: join(import.meta.dirname, 'data-error.ts') }, 'file', 'Name a folder'],
    ['a horizon beyond the memory', { task: 'forecast', horizon: { steps: 3000 } }, {}, 'value', 'a shorter horizon'],
  ])('%s is refused', async (_, changes, disk, code, words) => {
    const error = await dataErrorOf(fit(tableOf({ ...good, rows: 8000, series: 1 }), changes, disk));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('more windows than the memory has order for are refused', async () => {
    const table = tableOf({ ...good, rows: 100_000, series: 1 });
    const error = await dataErrorOf(
      fit(table, { window: { steps: 10, stride: 1 }, split: { validation: 0, test: 0 } }),
    );
    expect(error.message).toContain('Use a larger stride');
  }, 30_000);

  it('a missing column is told at the first rows, and a failing source leaves nothing', async () => {
    let taken = 0;
    const table = tableOf(good);
    const counted = function* () {
      for (const piece of pieces(table, 100)) {
        taken++;
        yield piece;
      }
    };
    const wrong = fitOnDisk(counted(), { ...options, target: 'yy' }, { ...limit, folder });
    expect((await dataErrorOf(wrong)).message).toContain('there is no column "yy"');
    expect(taken).toBe(1);
    const failing = async function* () {
      yield table;
      throw new Error('the line is dead');
    };
    await expect(fitOnDisk(failing(), options, { ...limit, folder })).rejects.toThrow('the line is dead');
    expect((await dataErrorOf(fitOnDisk([], options, { ...limit, folder }))).message).toContain('no row');
    const other = { ...table, columns: table.columns.slice(1) };
    expect((await dataErrorOf(fitOnDisk([table, other], options, { ...limit, folder }))).message).toContain('change');
  });
});
