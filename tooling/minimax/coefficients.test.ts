import { describe, expect, it } from 'vitest';
import * as committed from '../../packages/compiler/src/coefficients.ts';
import { coefficients } from './coefficients.ts';

const values = (terms: ReadonlyMap<number, number>, constant: number): number[] =>
  Array.from({ length: Math.max(...terms.keys()) + 1 }, (_, power) => terms.get(power) ?? constant);
const rounded = (list: readonly number[]): number[] => list.map(Math.fround);

describe('committed coefficients come from the fit', () => {
  it('polynomial: expOfR', () => {
    const { numerator, error } = coefficients('expOfR');
    expect(values(numerator, 1)).toEqual(rounded(committed.expOfR));
    expect(error).toBeLessThan(1.6);
  });

  it('rational: tanh', () => {
    const { numerator, denominator, error } = coefficients('tanh');
    expect(values(numerator, 1)).toEqual(rounded(committed.tanhNumerator));
    expect(values(denominator, Math.fround(committed.tanhDenominator[0] ?? 0))).toEqual(
      rounded(committed.tanhDenominator),
    );
    expect(error).toBeLessThan(0.2);
  });

  it('names the fits there are', () => {
    expect(() => coefficients('cosh')).toThrow(/expHalf/);
  });
});
