/** A table on a disk through a fitted preparation: the sequences and notes of the same table in memory. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrepareOptions, TableSequences } from '../src/index.ts';
import { fitPreparation, prepare, readCsv, readCsvTables } from '../src/index.ts';
import { prepareOnDisk } from '../src/node.ts';
import { dataErrorOf } from './data-error.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prepare-on-disk-'));
});
afterAll(async () => {
  // Nothing was left there.
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

/** Two machines on one wire, with gaps, a label that is rare, and times that repeat. */
const csvOf = (rows: number, shift: number): string => {
  const lines = Array.from({ length: rows }, (_, i) => {
    const minutes = Math.floor(i / 2) - (i % 31 === 30 ? 1 : 0);
    const at = new Date(Date.UTC(2024, 0, 1) + 60_000 * minutes).toISOString();
    const heat = i % 5 === 3 ? '' : Math.sin(i / 7 + shift).toFixed(4);
    const state = i % 11 === 0 ? '' : Math.sin(i / 9 + shift) > 0 ? 'up' : 'down';
    return `${i % 2 === 0 ? 'left' : 'right'},${at},${heat},${['slow', 'fast', `odd ${shift}`][i % 3]},${Math.cos(i).toFixed(3)},${state}`;
  });
  return `machine,at,heat,mode,load,state\n${lines.join('\n')}\n`;
};
const time = { column: 'at', order: 'sort', repeats: 'mean' } as const;
const common = { time, group: 'machine', split: { validation: 0, test: 0 } } as const;
const kinds: readonly (readonly [string, PrepareOptions])[] = [
  ['forecast', { ...common, task: 'forecast', target: ['load', 'heat'], horizon: { time: 180, tolerance: 30 } }],
  ['next step', { ...common, task: 'next-step', window: { steps: 16 } }],
  ['classes', { ...common, task: 'classification', target: 'state' }],
  ['at the end', { ...common, task: 'classification', target: 'state', at: 'end', window: { steps: 8, stride: 3 } }],
  ['without times', { ...common, time: undefined as never, group: [], task: 'regression', target: 'load' }],
];

it.each(kinds)('%s', async (_, options) => {
  const { preparation } = fitPreparation(await readCsv(csvOf(900, 0)), options);
  const text = csvOf(4000, 1);
  const { data, notes } = prepare(await readCsv(text), preparation, { purpose: 'evaluate' });
  const disk = { memoryLimit: 1 << 20, folder };
  const found = await prepareOnDisk(readCsvTables(text, { rows: 300, sampleRows: 200 }), preparation, disk);
  const all = Int32Array.from({ length: found.data.count }, (_, n) => n);
  const plain = ({ values, dt, targets, known, rows, times, targetRows, series, lengths }: TableSequences) => ({
    values,
    dt,
    targets,
    known,
    rows,
    times,
    targetRows,
    series,
    lengths,
  });
  expect(plain(await found.data.take(all))).toEqual(plain(data));
  expect(found.data.keys).toEqual(data.keys);
  expect(found.notes).toEqual(notes);
  expect(found.rows).toBe(4000);
  expect(found.bytes).toBeGreaterThan(4000);
  // A sample is a table like any other: the first rows of each series.
  const sample = await found.sample(400);
  expect(sample.rows).toBeLessThanOrEqual(400);
  const first = prepare(sample, preparation, { purpose: 'evaluate' }).data;
  expect(first.values.subarray(0, 8 * first.features)).toEqual(data.values.subarray(0, 8 * data.features));
  await found.dispose();
});

it('refuses what prepare refuses, and leaves nothing', async () => {
  const [, options] = kinds[0] ?? [];
  if (options === undefined) throw new Error('no options');
  const { preparation } = fitPreparation(await readCsv(csvOf(900, 0)), options);
  const at = (text: string, limit = 1 << 20) =>
    dataErrorOf(prepareOnDisk(readCsvTables(text, { rows: 300 }), preparation, { memoryLimit: limit, folder }));
  expect((await at(csvOf(600, 1).replace('load', 'laod'))).code).toBe('argument');
  expect((await at('machine,at,heat,mode,load,state\nleft,2024-01-01,1,slow,2,up\n')).code).toBe('value');
  expect((await at(csvOf(600, 1), 1000)).message).toContain('memoryLimit is 1000');
});
