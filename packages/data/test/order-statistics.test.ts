/** The k-th smallest of numbers that are passed over is that of the sorted array. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderStatistics } from '../src/node/order-statistics.ts';

it('finds what sorting finds, for numbers of every size and sign, ties and both zeros', async () => {
  const number = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(0, -0, 1, -1, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, Number.POSITIVE_INFINITY),
    fc.integer({ min: -3, max: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(number, { maxLength: 80 }), fc.integer({ min: 1, max: 9 }), async (numbers, size) => {
      const pass = async function* () {
        for (let at = 0; at < numbers.length; at += size) yield Float64Array.from(numbers.slice(at, at + size));
      };
      const sorted = Float64Array.from(numbers).sort();
      const ranks = [0, sorted.length >> 1, sorted.length - 1, sorted.length].filter((rank) => rank >= 0);
      const expected = ranks.map((rank) => sorted[rank] ?? Number.POSITIVE_INFINITY);
      expect(await orderStatistics(pass, ranks)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});
