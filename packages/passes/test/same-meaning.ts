/**
 * Asserts that two Programs compute the same on random inputs, in double, up to the order of sums.
 */

import type { Program } from '@rheo/ir';
import { evaluate, resultTypes, verify } from '@rheo/ir';
import { expect } from 'vitest';
import { dims, inputsFor } from './random-program.ts';

/** Fails unless `after` verifies, has the types of `before`, and gives the same results for three inputs. */
export function expectSameMeaning(
  before: Program,
  after: Program,
  bound: Readonly<Record<string, number>> = dims,
  tolerance: number = 1e-9,
): void {
  verify(after);
  expect(after.params.map(({ type }) => type)).toEqual(before.params.map(({ type }) => type));
  expect(resultTypes(after)).toEqual(resultTypes(before));
  for (const seed of [1, 2, 3]) {
    const inputs = inputsFor(before, seed, bound);
    const wanted = evaluate(before, inputs, { dims: bound });
    const found = evaluate(after, inputs, { dims: bound });
    wanted.forEach((data, index) => {
      const other = found[index] as ArrayLike<number>;
      expect(other.length).toBe(data.length);
      for (let i = 0; i < data.length; i++) {
        const [p, q] = [data[i] as number, other[i] as number];
        if (Number.isNaN(p) && Number.isNaN(q)) continue;
        if (p === q) continue;
        const distance = Math.abs(p - q) / Math.max(1, Math.abs(p));
        if (!(distance <= tolerance)) expect.fail(`result ${index}[${i}]: ${p} became ${q} (inputs of seed ${seed})`);
      }
    });
  }
}
