/** NumPy files through `rheo train`, `evaluate` and `predict`: the same numbers as text make the same model. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenTree } from '@rheo/core';
import { writeNpy, writeZip } from '@rheo/data';
import { fromCheckpoint } from '@rheo/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rheo } from './collect.ts';
import { quick } from './tiny-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-arrays-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes);
const parameters = (run: string) =>
  flattenTree(fromCheckpoint(readFileSync(join(folder, run, 'model.safetensors'))).parameters).leaves.map(
    ({ data }) => data,
  );
const result = (out: string) => JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

/** Twelve series of 20 steps: load, power that follows it, and whether it is high. */
const [series, steps] = [12, 20];
const cells = Array.from({ length: series * steps }, (_, i) => {
  const load = Math.sin(i / 3) + (i % 7) / 8;
  return [load, 2 * Math.sin((i - 2) / 3), load > 0.5 ? 1 : 0];
});
const times = cells.map((_, i) => (i % steps) + ((i * 5) % 7) / 10);
const f64 = (shape: readonly number[], data: readonly number[]) =>
  writeNpy({ dtype: 'f64', shape, data: Float64Array.from(data) });

beforeAll(() => {
  const csv = (header: string, row: (i: number) => readonly unknown[]) =>
    `${[header, ...cells.map((_, i) => row(i).join(','))].join('\n')}\n`;
  put('flat.npy', f64([series * steps, 3], cells.flat()));
  // A header of CSV is no numbers.
  put('flat.jsonl', cells.map(([a, b, c]) => JSON.stringify({ 0: a, 1: b, 2: c })).join('\n'));
  put('deep.npy', f64([series, steps, 3], cells.flat()));
  put(
    'deep.csv',
    csv('(series),0,1,2', (i) => [`${Math.floor(i / steps)}`, ...(cells[i] ?? [])]),
  );
  const entries = {
    values: f64(
      [series, steps, 2],
      cells.flatMap(([load = 0, power = 0]) => [load, power]),
    ),
    times: f64([series, steps], times),
    targets: f64(
      [series, steps],
      cells.map(([, , high = 0]) => high),
    ),
  };
  put('named.npz', writeZip(Object.entries(entries).map(([name, data]) => ({ name: `${name}.npy`, data }))));
  put(
    'named.csv',
    csv('(series),times,values_0,values_1,targets', (i) => {
      const [load, power, high] = cells[i] ?? [];
      return [`${Math.floor(i / steps)}`, times[i], load, power, high];
    }),
  );
});

describe('training', () => {
  it.each([
    ['flat.npy', 'flat.jsonl', ['--features', '0', '--target', '1', '--task', 'regression']],
    ['deep.npy', 'deep.csv', ['--target', '1', '--task', 'forecast']],
    ['named.npz', 'named.csv', []],
  ] as const)(
    'on %s is that on %s',
    async (array, csv, about) => {
      const of = ['--out', `run-${array}`];
      const trained = await rheo(folder, ['train', array, ...about, ...quick, ...of]);
      expect({ code: trained.code, err: trained.err }).toEqual({ code: 0, err: '' });
      const group = csv === 'flat.jsonl' ? [] : ['--group', '(series)'];
      expect(await rheo(folder, ['train', csv, ...about, ...group, ...quick, '--out', `run-${csv}`])).toMatchObject({
        code: 0,
      });
      expect(parameters(`run-${array}`)).toEqual(parameters(`run-${csv}`));
      if (csv !== 'flat.jsonl')
        expect(trained.out).toContain('Each sequence of the array is a series of its own (--group).');
    },
    120_000,
  );

  it('classes of an archive are found, measured and predicted as labels', async () => {
    const { extra } = fromCheckpoint(readFileSync(join(folder, 'run-named.npz', 'model.safetensors')));
    expect(extra['preparation']).toMatchObject({ classes: ['0', '1'], group: ['(series)'], time: { column: 'times' } });
    const evaluated = await rheo(folder, [
      'evaluate',
      'run-named.npz/model.safetensors',
      '--data',
      'named.npz',
      '--json',
    ]);
    const same = await rheo(folder, ['evaluate', 'run-named.npz/model.safetensors', '--data', 'named.csv', '--json']);
    expect(result(evaluated.out)).toEqual({ ...result(same.out), data: 'named.npz' });
    const { out } = await rheo(folder, [
      'predict',
      'run-named.npz/model.safetensors',
      '--data',
      'named.npz',
      '--out',
      '-',
    ]);
    const [header, first] = out.split('\n');
    expect(header).toBe('(series),times,predicted_targets,probability_0,probability_1,true_targets');
    expect(first).toMatch(/^0,0,[01],0\.\d+,0\.\d+,0$/);
  }, 60_000);

  it('names the array that does not fit', async () => {
    put('odd.npz', writeZip([{ name: 'values.npy', data: f64([4], [1, 2, 3, 4]) }]));
    const { code, err } = await rheo(folder, ['train', 'odd.npz']);
    expect(code).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain('odd.npz, values: the array has shape [4]');
  });
});
