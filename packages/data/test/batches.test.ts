import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, batchCount, batches, epochOrder, type SequenceData } from '../src/index.ts';
import { dataError } from './data-error.ts';

/** Every number says where it comes from: row, step, feature as digits. */
function numbered(count: number, steps: number, features: number, targetFeatures: number): SequenceData {
  const fill = (width: number): Float32Array =>
    Float32Array.from({ length: count * steps * width }, (_, i) => {
      return Math.floor(i / (steps * width)) * 100 + (Math.floor(i / width) % steps) * 10 + (i % width);
    });
  return { values: fill(features), dt: fill(1), targets: fill(targetFeatures), count, steps, features, targetFeatures };
}
const data = numbered(5, 3, 2, 1);
const rows = (list: Iterable<Batch>): number[] => [...list].flatMap((batch) => Array.from(batch.index));

describe('batches', () => {
  it('keeps the last partial batch, as Keras does', () => {
    const list = [...batches(data, { batchSize: 2, shuffle: false })];
    expect(list.map(({ size, index }) => [size, Array.from(index)])).toEqual([
      [2, [0, 1]],
      [2, [2, 3]],
      [1, [4]],
    ]);
    expect(Array.from(list[1]?.values ?? [])).toEqual([200, 201, 210, 211, 220, 221, 300, 301, 310, 311, 320, 321]);
    expect(Array.from(list[2]?.dt ?? [])).toEqual([400, 410, 420]);
    expect(list[0]).not.toHaveProperty('mask');
  });

  it('drops it when told to', () => {
    expect(rows(batches(data, { batchSize: 2, shuffle: false, dropLast: true }))).toEqual([0, 1, 2, 3]);
    expect([batchCount(5, 2), batchCount(5, 2, true), batchCount(4, 2), batchCount(4, 2, true)]).toEqual([3, 2, 2, 2]);
  });

  it('writes time first when asked', () => {
    const [first] = batches(data, { batchSize: 2, shuffle: false, layout: 'time-major' });
    expect(Array.from(first?.values ?? [])).toEqual([0, 1, 100, 101, 10, 11, 110, 111, 20, 21, 120, 121]);
    expect(Array.from(first?.dt ?? [])).toEqual([0, 100, 10, 110, 20, 120]);
  });

  it('gives the mask, or makes it from lengths', () => {
    const lengths = Int32Array.of(1, 3, 0, 2, 3);
    const mask = Uint8Array.of(1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1);
    for (const layout of ['batch-major', 'time-major'] as const) {
      const options = { batchSize: 3, shuffle: 4, layout } as const;
      const made = [...batches({ ...data, lengths }, options)].map((batch) => Array.from(batch.mask ?? []));
      expect(made).toEqual([...batches({ ...data, mask }, options)].map((batch) => Array.from(batch.mask ?? [])));
      expect(made.flat().reduce((a, b) => a + b)).toBe(9);
    }
  });

  it('reuses its buffers when asked, with the same numbers', () => {
    for (const layout of ['batch-major', 'time-major'] as const) {
      const options = { batchSize: 2, shuffle: 3, layout } as const;
      const fresh = [...batches(data, options)];
      const buffers = new Set<ArrayBufferLike>();
      let b = 0;
      for (const batch of batches(data, { ...options, reuse: true })) {
        expect(batch).toEqual(fresh[b++]);
        buffers.add(batch.values.buffer).add(batch.dt.buffer).add(batch.targets.buffer);
      }
      expect([b, buffers.size]).toEqual([3, 3]);
    }
  });

  it('visits each sequence once, whole, in an order of seed and epoch', () => {
    const nat = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        nat(20),
        nat(4),
        nat(3),
        nat(25),
        fc.nat(),
        fc.nat(9),
        fc.boolean(),
        (n, t, f, batchSize, shuffle, epoch, timeMajor) => {
          const set = numbered(n, t, f, 2);
          const layout = timeMajor ? 'time-major' : 'batch-major';
          const list = [...batches(set, { batchSize, shuffle, epoch, layout })];
          expect(rows(list)).toEqual(Array.from(epochOrder(n, shuffle, epoch)));
          expect(rows(list).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
          for (const { values, targets, dt, index, size } of list) {
            index.forEach((row, b) => {
              for (let step = 0; step < t; step++) {
                const cell = timeMajor ? step * size + b : b * t + step;
                expect(dt[cell]).toBe(row * 100 + step * 10);
                expect(values[cell * f + f - 1]).toBe(row * 100 + step * 10 + f - 1);
                expect(targets[cell * 2 + 1]).toBe(row * 100 + step * 10 + 1);
              }
            });
          }
        },
      ),
    );
  });

  it('gives every epoch its own order', () => {
    const orders = Array.from({ length: 20 }, (_, epoch) => epochOrder(50, 7, epoch).join());
    expect(new Set(orders).size).toBe(20);
    expect(epochOrder(50, 7, 3)).toEqual(epochOrder(50, 7, 3));
    expect(epochOrder(50, 8, 3)).not.toEqual(epochOrder(50, 7, 3));
  });

  it.each<[string, SequenceData, object, string]>([
    ['batchSize 0', data, { batchSize: 0 }, 'argument'],
    ['a broken batchSize', data, { batchSize: 1.5 }, 'argument'],
    ['a seed that is none', data, { shuffle: -1 }, 'argument'],
    ['an epoch that is none', data, { epoch: -1 }, 'argument'],
    ['only a partial batch, dropped', data, { batchSize: 6, dropLast: true }, 'value'],
    ['no data', numbered(0, 3, 2, 1), {}, 'value'],
    ['sizes that disagree', { ...data, values: new Float32Array(7) }, {}, 'shape'],
  ])('refuses %s at the call', (_, set, options, code) => {
    expect(dataError(() => batches(set, { batchSize: 2, shuffle: 1, ...options })).code).toBe(code);
  });
});
