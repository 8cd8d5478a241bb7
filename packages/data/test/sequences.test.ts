import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSequences, elapsedFromTimes, type SequenceData } from '../src/index.ts';
import { dataError } from './data-error.ts';

/** Three sequences of four steps, two features and one target, all in order. */
const good: SequenceData = {
  values: Float32Array.from({ length: 24 }, (_, i) => i),
  dt: new Float32Array(12).fill(1),
  targets: new Float32Array(12),
  count: 3,
  steps: 4,
  features: 2,
  targetFeatures: 1,
};
const edited = <A extends Float32Array | Uint8Array>(array: A, at: number, value: number): A => {
  const copy = array.slice() as A;
  copy[at] = value;
  return copy;
};
const ones = new Uint8Array(12).fill(1);

describe('checkSequences', () => {
  it('passes good data, with elapsed times of zero, mask and lengths', () => {
    checkSequences(good);
    const dt = edited(good.dt, 0, 0);
    checkSequences({ ...good, dt, mask: edited(ones, 3, 0), lengths: Int32Array.of(3, 4, 4) });
  });

  it.each<[string, Partial<SequenceData>, object]>([
    [
      'NaN',
      { values: edited(good.values, 13, Number.NaN) },
      { code: 'value', tensor: 'values', row: 1, step: 2, feature: 1 },
    ],
    [
      'infinity',
      { targets: edited(good.targets, 11, -Infinity) },
      { code: 'value', tensor: 'targets', row: 2, step: 3, feature: 0 },
    ],
    ['time that runs backwards', { dt: edited(good.dt, 6, -0.5) }, { code: 'value', tensor: 'dt', row: 1, step: 2 }],
    [
      'time that is no number',
      { dt: edited(good.dt, 1, Number.NaN) },
      { code: 'value', tensor: 'dt', row: 0, step: 1 },
    ],
    ['values of another size', { values: new Float32Array(23) }, { code: 'shape', tensor: 'values' }],
    ['times of another size', { dt: new Float32Array(24) }, { code: 'shape', tensor: 'dt' }],
    ['targets of another size', { targetFeatures: 2 }, { code: 'shape', tensor: 'targets' }],
    ['a mask of another size', { mask: new Uint8Array(4) }, { code: 'shape', tensor: 'mask' }],
    ['lengths of another size', { lengths: new Int32Array(4) }, { code: 'shape', tensor: 'lengths' }],
    ['a mask value', { mask: edited(ones, 9, 2) }, { code: 'value', tensor: 'mask', row: 2, step: 1 }],
    ['a length too long', { lengths: Int32Array.of(4, 5, 0) }, { code: 'value', tensor: 'lengths', row: 1 }],
    ['a negative length', { lengths: Int32Array.of(4, 4, -1) }, { code: 'value', tensor: 'lengths', row: 2 }],
    [
      'mask and lengths that disagree',
      { mask: ones, lengths: Int32Array.of(4, 3, 4) },
      { code: 'value', tensor: 'mask', row: 1, step: 3 },
    ],
    [
      'no sequence',
      { count: 0, values: new Float32Array(), dt: new Float32Array(), targets: new Float32Array() },
      { code: 'value' },
    ],
    ['no feature', { features: 0, values: new Float32Array() }, { code: 'value' }],
    ['a count that is no number', { count: Number.NaN }, { code: 'argument' }],
    ['a broken number of steps', { steps: 1.5 }, { code: 'argument' }],
  ])('refuses %s', (_, change, expected) => {
    const error = dataError(() => checkSequences({ ...good, ...change }, 'my.csv'));
    expect({ code: error.code, ...error.details }).toMatchObject({ ...expected, file: 'my.csv' });
    expect(error.message).toContain('my.csv');
  });

  it('says row, step and feature in words', () => {
    const values = edited(good.values, 13, Number.NaN);
    expect(dataError(() => checkSequences({ ...good, values })).message).toContain(
      'values, row 1, step 2, feature 1: NaN',
    );
  });
});

describe('elapsedFromTimes', () => {
  it('gives differences within each sequence', () => {
    expect(elapsedFromTimes([10, 10.5, 13, 3, 3, 4], { steps: 3 })).toEqual(Float32Array.of(0, 0.5, 2.5, 0, 0, 1));
    expect(elapsedFromTimes([5, 7], { first: 1 })).toEqual(Float32Array.of(1, 2));
    expect(elapsedFromTimes([])).toEqual(new Float32Array());
  });

  it('keeps the precision of stamps that float32 could not tell apart', () => {
    const start = 1_700_000_000;
    expect(elapsedFromTimes(Float64Array.of(start, start + 0.25, start + 0.375))).toEqual(
      Float32Array.of(0, 0.25, 0.125),
    );
  });

  it('gives back the steps that made the stamps', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1 }), (steps) => {
        let now = 0;
        const times = steps.map((step) => (now += step));
        expect(Array.from(elapsedFromTimes(times, { first: steps[0] ?? 0 }))).toEqual(steps);
      }),
    );
  });

  it.each<[string, number[], object, object]>([
    ['time that runs backwards', [0, 1, 5, 4], { steps: 2 }, { code: 'value', row: 1, step: 1 }],
    ['NaN', [0, 1, Number.NaN, 4], { steps: 2 }, { code: 'value', row: 1, step: 0 }],
    ['infinity', [0, Infinity], {}, { code: 'value', row: 0, step: 1 }],
    ['a leap beyond float32', [0, 1e300], {}, { code: 'value', row: 0, step: 1 }],
    ['a part of a sequence', [0, 1, 2], { steps: 2 }, { code: 'shape' }],
    ['no steps', [0], { steps: 0 }, { code: 'shape' }],
    ['a negative first step', [0], { first: -1 }, { code: 'argument' }],
  ])('refuses %s', (_, times, options, expected) => {
    const error = dataError(() => elapsedFromTimes(times, options));
    expect({ code: error.code, ...error.details }).toMatchObject(expected);
  });
});
