/** The whole road against NumPy: fixtures/make-table.py. */
import { expect, it } from 'vitest';
import { fitPreparation, readCsv } from '../src/index.ts';
import truth from './fixtures/table.json' with { type: 'json' };

/** Largest difference of two lists of the same length. */
function distance(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? Number.NaN))), 0);
}

it('a forecast over three mixed series with gaps is what NumPy makes of it', async () => {
  const { preparation, ...parts } = fitPreparation(await readCsv(truth.csv), {
    task: 'forecast',
    time: 'time',
    group: 'series',
    target: 'y',
    horizon: { steps: truth.ahead },
    window: { steps: truth.steps, stride: truth.stride },
    calendar: ['day'],
    split: { by: 'time', validation: 0.2, test: 0.2 },
  });
  expect(preparation.timeScale).toBe(truth.timeScale);
  const fitted = preparation.features.flatMap((one) => (one.kind === 'number' ? [one.center, one.scale] : []));
  expect(distance(fitted, [...truth.x, ...truth.y])).toBeLessThan(1e-10);
  for (const name of ['train', 'validation', 'test'] as const) {
    const part = parts[name];
    if (part === undefined) throw new Error(name);
    const expected = truth.parts[name];
    expect(Array.from(part.lengths ?? Int32Array.from(expected.lengths, () => truth.steps))).toEqual(expected.lengths);
    expect(Array.from(part.rows)).toEqual(expected.rows.flat());
    // Half a unit in the last place of float32 at the sizes that occur (values below 8, elapsed times below 64).
    expect(distance(part.values, expected.values.flat(2))).toBeLessThan(2.5e-7);
    expect(distance(part.targets, expected.targets.flat())).toBeLessThan(2.5e-7);
    expect(distance(part.dt, expected.dt.flat())).toBeLessThan(2e-6);
  }
});
