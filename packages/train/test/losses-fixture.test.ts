import type { Tensor } from '@rheo/core';
import { valueAndGrad } from '@rheo/core';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWith,
  crossEntropyWith,
  huber,
  lossByName,
  meanAbsoluteError,
  weightedSum,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { evaluateTraced } from './evaluate-traced.ts';
import fixture from './fixtures/losses.json' with { type: 'json' };

const { shape, outputs, targets, mask, weights } = fixture;
const items = shape.slice(0, 2);

describe('losses equal PyTorch, item by item, masked, weighted, and in their gradients', () => {
  it.each(
    fixture.cases.map(
      (wanted) => [JSON.stringify([wanted.loss, wanted.config ?? {}, wanted.targets]), wanted] as const,
    ),
  )('%s', (_, { loss: name, config, targets: kind, ...wanted }) => {
    const loss = lossByName(name, config);
    if (loss === undefined) throw new Error(name);
    const labels = kind === 'labels';
    const data = targets[kind as keyof typeof targets];
    const [each = [], sum = [], weight = [], gradient = []] = evaluateTraced(
      (o, t, m, w) => {
        const summed = valueAndGrad((x: Tensor) => weightedSum(loss.each(x, t), m, w).sum)(o);
        return [loss.each(o, t), summed.value, weightedSum(loss.each(o, t), m, w).weight, summed.gradient as Tensor];
      },
      [
        { shape, data: outputs },
        labels ? { shape: items, data, dtype: 'i32' } : { shape, data },
        { shape: items, data: mask, dtype: 'bool' },
        { shape: [2], data: weights },
      ],
    );
    const total = weight[0] ?? Number.NaN;
    expectClose(each, wanted.each);
    expectClose([(sum[0] ?? Number.NaN) / total], [wanted.mean]);
    expectClose(
      gradient.map((value) => value / total),
      wanted.gradient,
    );
  });
});

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => {
    const want = wanted[i] ?? Number.NaN;
    expect(Math.abs(value - want)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(want)));
  });
}

describe('bad options and targets', () => {
  it.each([
    [() => huber({ delta: 0 }), 'argument', /huber: delta is 0/],
    [() => huber({ dleta: 1 } as never), 'argument', /no option "dleta"/],
    [() => binaryCrossEntropyWith({ positiveWeight: -1 }), 'argument', /positiveWeight is -1/],
    [() => crossEntropyWith({ labelSmoothing: 1.5 }), 'argument', /labelSmoothing is 1.5/],
    [() => crossEntropyWith({ classWeights: [1, Number.NaN] }), 'argument', /classWeights are \[1,NaN\]/],
    [() => crossEntropyWith({ classWeights: [0, 0] }), 'argument', /not all 0/],
    [
      () => crossEntropyWith({ classWeights: [1, 2] }).prepareTargets?.(new Float32Array(4), 1, 3),
      'argument',
      /2 classWeights for 3 outputs/,
    ],
    [() => crossEntropyWith({}).prepareTargets?.(Float32Array.of(7), 1, 3), 'value', /label 7 of item 0/],
    [() => binaryCrossEntropy.prepareTargets?.(Float32Array.of(0, 1, 2), 1, 1), 'value', /target 2 of item 2/],
    [() => binaryCrossEntropy.prepareTargets?.(Float32Array.of(0, Number.NaN), 2, 2), 'value', /target NaN of item 0/],
    [() => meanAbsoluteError.prepareTargets?.(new Float32Array(4), 2, 3), 'shape', /linear\(2\)/],
    [() => huber().prepareTargets?.(new Float32Array(4), 2, 3), 'shape', /linear\(2\)/],
  ] as const)('%#', (make, code, message) => {
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('names no loss that is not there', () => {
    expect(lossByName('hinge')).toBeUndefined();
    expect(lossByName('toString', {})).toBeUndefined();
    expect(() => lossByName('huber', { delta: 'wide' })).toThrow(/delta is wide/);
  });
});
