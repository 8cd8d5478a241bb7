import { accuracy, f1Score, mae, mse, predictedClasses, r2Score, rocAuc } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import fixture from './fixtures/metrics.json' with { type: 'json' };

const { scores, binary, labels, classes, logits, truth, found } = fixture;

describe.each([
  ['all items', fixture.all, undefined],
  ['a mask', fixture.masked, fixture.mask],
] as const)('metrics equal scikit-learn on %s', (_, wanted, mask) => {
  /** Where the mask is 0 the numbers are made useless. */
  const hidden = (numbers: readonly number[], width = 1): number[] =>
    numbers.map((value, i) => (mask === undefined || mask[Math.floor(i / width)] ? value : Number.NaN));

  it('accuracy', () => {
    expect(accuracy(hidden(classes), labels, { mask })).toBeCloseTo(wanted.accuracy, 12);
    expect(accuracy(predictedClasses(logits, 4), labels, { mask })).toBeCloseTo(wanted.accuracyOfLogits, 12);
  });

  it('area under the curve, with many equal scores', () => {
    expect(rocAuc(hidden(scores), hidden(binary), { mask })).toBeCloseTo(wanted.rocAuc, 12);
  });

  it('F1', () => {
    expect(f1Score(predictedClasses(scores, 1, 0.5), binary, { mask })).toBeCloseTo(wanted.f1.binary, 12);
    for (const average of ['macro', 'micro', 'weighted'] as const) {
      expect(f1Score(hidden(classes), hidden(labels), { mask, average })).toBeCloseTo(wanted.f1[average], 12);
    }
  });

  it('errors and R²', () => {
    const two = { mask, features: 2 };
    expect(mse(hidden(found, 2), hidden(truth, 2), two)).toBeCloseTo(wanted.mse, 12);
    expect(mae(hidden(found, 2), hidden(truth, 2), two)).toBeCloseTo(wanted.mae, 12);
    expect(r2Score(hidden(found, 2), hidden(truth, 2), two)).toBeCloseTo(wanted.r2, 12);
    const first = (numbers: readonly number[]): Float64Array =>
      Float64Array.from(numbers.filter((_, i) => i % 2 === 0));
    expect(r2Score(first(found), first(truth), { mask })).toBeCloseTo(wanted.r2OfFirst, 12);
  });
});

describe('metrics at the edges', () => {
  it('R² of equal targets is 1 when all is right and 0 otherwise', () => {
    expect(r2Score([2, 2], [2, 2])).toBe(1);
    expect(r2Score([2, 3], [2, 2])).toBe(0);
  });

  it('F1 of a class that is nowhere is 0', () => {
    expect(f1Score([0, 0], [0, 0])).toBe(0);
    expect(f1Score([2, 0], [2, 1], { positive: 2 })).toBe(1);
  });

  it('classes are the first of the largest, and of one logit its sign', () => {
    expect([...predictedClasses([1, 1, 0, -3, -2, -2], 3)]).toEqual([0, 1]);
    expect([...predictedClasses([-0.1, 0, 0.1], 1)]).toEqual([0, 0, 1]);
  });

  it('a boolean mask is a mask', () => {
    expect(accuracy([1, 2], [1, 1], { mask: [true, false] })).toBe(1);
  });

  it.each([
    [() => mse([1], [1, 2]), 'shape', /mse: 1 and 2 numbers/],
    [() => mae([1, 2, 3], [1, 2, 3], { features: 2 }), 'shape', /2 per item/],
    [() => r2Score([1, 2], [1, 2], { mask: [1] }), 'shape', /mask has 1 entries for 2 items/],
    [() => accuracy([], []), 'value', /no item counts/],
    [() => accuracy([1], [1], { mask: [0] }), 'value', /no item counts/],
    [() => rocAuc([0.1, 0.2], [1, 1]), 'value', /all labels are 1/],
    [() => rocAuc([0.1, 0.2], [0, 2]), 'value', /label 2 of item 1/],
    [() => rocAuc([0.1, Number.NaN], [0, 1]), 'value', /score of item 1 is NaN/],
    [() => predictedClasses([1, 2, 3], 2), 'shape', /3 outputs are not 2 for each item/],
  ] as const)('refuse what cannot be measured: %#', (measure, code, message) => {
    expect(measure).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
