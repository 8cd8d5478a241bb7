/** Windows are views: what is gathered is what the arrays hold, and rows are kept once however many windows overlap. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  fitPreparation,
  isSequenceSource,
  type PrepareOptions,
  prepare,
  readCsv,
  type TableSequences,
} from '../src/index.ts';
import { dataError } from './data-error.ts';

const letters = 'abcdefgh';

/** Two series with gaps in numbers, labels and targets. */
function csv(rows: number): string {
  const line = (i: number): string =>
    [
      i % 2,
      i + (i % 3) * 0.25,
      i % 5 === 0 ? '' : (Math.sin(i) * 3).toFixed(3),
      letters[(i * i) % 8],
      i % 7 === 0 ? '' : (i * 0.5).toFixed(2),
    ].join(',');
  return `g,t,x,c,y\n${Array.from({ length: rows }, (_, i) => line(i)).join('\n')}\n`;
}

const base: PrepareOptions = { task: 'regression', time: 't', group: 'g', target: 'y' };

function arraysOf(data: TableSequences, indices: Int32Array) {
  const { steps: T, features: F, targetFeatures: K, at } = data;
  const part = (from: ArrayLike<number>, width: number): number[] =>
    Array.from(indices).flatMap((n) => Array.from({ length: width }, (_, i) => from[n * width + i] ?? Number.NaN));
  const lengths = Array.from(indices, (n) => data.lengths?.[n] ?? T);
  return {
    values: Float32Array.from(part(data.values, T * F)),
    dt: Float32Array.from(part(data.dt, T)),
    targets: Float32Array.from(part(data.targets, (at === 'step' ? T : 1) * K)),
    mask: Uint8Array.from(lengths.flatMap((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)))),
  };
}

it('gathers any sequences in any order as the arrays hold them, over whatever the buffers held', async () => {
  const table = await readCsv(csv(90));
  let padded = 0;
  fc.assert(
    fc.property(
      fc.record({ steps: fc.integer({ min: 1, max: 50 }), stride: fc.integer({ min: 1, max: 7 }) }),
      fc.constantFrom('step' as const, 'end' as const),
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 9 }),
      (window, at, picks) => {
        const { train, validation } = fitPreparation(table, { ...base, window, at, split: { test: 0 } });
        for (const data of [train, validation]) {
          if (data === undefined) throw new Error('no validation part');
          const indices = Int32Array.from(picks, (pick) => pick % data.count);
          const expected = arraysOf(data, indices);
          const into = {
            values: expected.values.map(() => 7),
            dt: expected.dt.map(() => 7),
            targets: expected.targets.map(() => 7),
            mask: expected.mask.map(() => 7),
          };
          data.gather(indices, into);
          expect(into).toEqual(expected);
          expect(data.padded).toBe(data.lengths !== undefined);
          if (data.padded) padded++;
        }
      },
    ),
  );
  expect(padded).toBeGreaterThan(10);
});

it('keeps rows once: overlapping windows add four bytes each', async () => {
  const table = await readCsv(csv(600));
  const held = (stride: number): { readonly words: number; readonly count: number } => {
    const options: PrepareOptions = { ...base, window: { steps: 64, stride }, split: { validation: 0, test: 0 } };
    const { train } = fitPreparation(table, options);
    const words = Array.from(train.contents() as Iterable<Float32Array>).reduce((sum, part) => sum + part.length, 0);
    return { words, count: train.count };
  };
  const [dense, sparse] = [held(1), held(64)];
  expect(dense.count).toBeGreaterThan(300);
  expect(dense.words - dense.count).toBe(sparse.words - sparse.count);
});

it('is a source itself, but no copy of it is', async () => {
  const { train } = fitPreparation(await readCsv(csv(90)), base);
  expect(isSequenceSource(train)).toBe(true);
  // A copy may have other arrays, which gathering would pass by.
  expect(isSequenceSource({ ...train, values: train.values.map((value) => 2 * value) })).toBe(false);
  expect(structuredClone(train).values).toEqual(train.values);
});

it('names a sequence that there is not', async () => {
  const { train } = fitPreparation(await readCsv(csv(90)), base);
  const into = { values: train.values.slice(), dt: train.dt.slice(), targets: train.targets.slice() };
  for (const wrong of [-1, train.count]) {
    const error = dataError(() => train.gather(Int32Array.of(wrong), into));
    expect(error.code).toBe('argument');
    expect(error.message).toContain(`no sequence ${wrong}`);
  }
});

it('tells contents apart: other rows, other windows, other targets', async () => {
  const contents = async (text: string, changes: Partial<PrepareOptions> = {}): Promise<string> => {
    const split = { validation: 0, test: 0 };
    const { train } = fitPreparation(await readCsv(text), { ...base, window: { steps: 8 }, split, ...changes });
    return JSON.stringify(Array.from(train.contents() as Iterable<Float32Array>, (part) => Array.from(part)));
  };
  const first = await contents(csv(90));
  expect(await contents(csv(90))).toBe(first);
  expect(await contents(csv(91))).not.toBe(first);
  expect(await contents(csv(90), { window: { steps: 8, stride: 3 } })).not.toBe(first);
  expect(await contents(csv(90), { at: 'end' })).not.toBe(first);
  expect(await contents(csv(90), { timeScale: 3 })).not.toBe(first);
});

it('refuses the arrays of all windows where no engine would give them', async () => {
  const rows = Array.from({ length: 10 }, (_, i) => `${i},${i},${i},a,${i}`);
  const table = await readCsv(`g,t,x,c,y\n${rows.join('\n')}`);
  const split = { validation: 0, test: 0 };
  const { preparation } = fitPreparation(table, { ...base, group: [], features: ['x'], split });
  const { data } = prepare(table, { ...preparation, group: ['g'], window: { steps: 200_000_000, stride: 1 } });
  expect(data.count).toBe(10);
  expect(dataError(() => data.values).message).toContain('10 sequences of 200000000 steps of 1 channels');
});
