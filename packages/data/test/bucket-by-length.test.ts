import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucketByLength, type SequenceData } from '../src/index.ts';
import { dataError } from './data-error.ts';

/** Every number says where it comes from: sequence, step, feature. */
function padded(lengths: readonly number[], steps: number): SequenceData {
  const fill = (width: number): Float32Array =>
    Float32Array.from({ length: lengths.length * steps * width }, (_, i) => {
      const [n, t] = [Math.floor(i / (steps * width)), Math.floor(i / width) % steps];
      return t < (lengths[n] ?? 0) ? 1 + n * 100 + t * 10 + (i % width) : 0;
    });
  const sizes = { count: lengths.length, steps, features: 2, targetFeatures: 1 };
  return { values: fill(2), dt: fill(1), targets: fill(1), lengths: Int32Array.from(lengths), ...sizes };
}

it('keeps every number of every sequence, in buckets no longer than their longest', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 5 }), (list, count) => {
      const data = padded(list, 9);
      const buckets = bucketByLength(data, count);
      expect(buckets.flatMap(({ index }) => [...index]).sort((a, b) => a - b)).toEqual(list.map((_, n) => n));
      let shortest = 0;
      for (const { data: bucket, index } of buckets) {
        const own = Array.from(index, (n) => list[n] ?? 0);
        expect(bucket.steps).toBe(Math.max(...own));
        expect(Math.min(...own)).toBeGreaterThanOrEqual(shortest);
        shortest = Math.max(...own);
        const { lengths: given = Int32Array.from(own), ...rest } = bucket;
        expect(Array.from(given)).toEqual(own);
        index.forEach((n, row) => {
          const all = padded(list, bucket.steps);
          const { steps } = bucket;
          expect(rest.values.slice(row * steps * 2, (row + 1) * steps * 2)).toEqual(
            all.values.slice(n * steps * 2, (n + 1) * steps * 2),
          );
          expect(rest.dt.slice(row * steps, (row + 1) * steps)).toEqual(all.dt.slice(n * steps, (n + 1) * steps));
        });
      }
    }),
  );
});

it('refuses what it cannot divide', () => {
  const data = padded([2, 3], 3);
  expect(dataError(() => bucketByLength(data, 0)).code).toBe('argument');
  expect(dataError(() => bucketByLength({ ...data, lengths: Int32Array.of(0, 3) }, 2)).details.row).toBe(0);
  const { lengths: _, ...rest } = data;
  expect(dataError(() => bucketByLength({ ...rest, mask: new Uint8Array(6).fill(1) }, 2)).code).toBe('argument');
  expect(bucketByLength(rest, 1)[0]?.data).toEqual(rest);
});
