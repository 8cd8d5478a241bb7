import type { Tensor } from '@rheo/core';
import { valueAndGrad } from '@rheo/core';
import { crossEntropy, meanSquaredError, weightedSum } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { evaluateTraced } from './evaluate-traced.ts';

const outputs = { shape: [2, 3, 2], data: [1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6] };
const targets = { shape: [2, 3, 2], data: [0, 0, 3, 5, 5, 5, 0, 0, 0, 0, 1, 1] };
/** Mean over the two features of each step, by hand. */
const squares = [2.5, 0.5, 0.5, 2.5, 12.5, 42.5];

describe('mean squared error', () => {
  it('is the mean over features of each step', () => {
    const [each] = evaluateTraced((o, t) => meanSquaredError.each(o, t), [outputs, targets]);
    expect(each).toEqual(squares);
  });

  it('counts only steps of the mask and sequences by their weight', () => {
    const mask = { shape: [2, 3], data: [1, 0, 1, 0, 1, 1], dtype: 'bool' as const };
    const weights = { shape: [2], data: [1, 0] };
    const sums = (...extra: (typeof mask | typeof weights)[]) =>
      evaluateTraced(
        (o, t, ...more) => {
          const { sum, weight } = weightedSum(
            meanSquaredError.each(o, t),
            more.find(({ dtype }) => dtype === 'bool'),
            more.find(({ dtype }) => dtype === 'f32'),
          );
          return [sum, weight];
        },
        [outputs, targets, ...extra],
      );
    expect(sums()).toEqual([[61], [6]]);
    expect(sums(mask)).toEqual([[58], [4]]);
    expect(sums(weights)).toEqual([[3.5], [3]]);
    expect(sums(mask, weights)).toEqual([[3], [2]]);
  });

  it('wants as many target features as outputs', () => {
    expect(() => meanSquaredError.prepareTargets?.(new Float32Array(4), 2, 3)).toThrow(
      expect.objectContaining({ code: 'shape', message: expect.stringContaining('linear(2)') }),
    );
  });
});

describe('cross entropy', () => {
  const logits = { shape: [3, 4], data: [1, 2, 0.5, -1, 1e4, 0, -1e4, 5, -700, -701, -702, -703] };
  const labels = [1, 1, 3];
  const byHand = labels.map((label, row) => {
    const x = logits.data.slice(row * 4, row * 4 + 4);
    const top = Math.max(...x);
    return top + Math.log(x.reduce((sum, value) => sum + Math.exp(value - top), 0)) - (x[label] as number);
  });

  it('takes labels, and stays finite for logits of any size', () => {
    const [each = []] = evaluateTraced(
      (o, t) => crossEntropy.each(o, t),
      [logits, { shape: [3], data: labels, dtype: 'i32' }],
    );
    each.forEach((value, row) => {
      expect(value).toBeCloseTo(byHand[row] as number, 9);
    });
    expect(each[1]).toBe(1e4);
  });

  it('takes one-hot targets to the same values', () => {
    const oneHot = labels.flatMap((label) => [0, 1, 2, 3].map((c) => (c === label ? 1 : 0)));
    const [each = []] = evaluateTraced((o, t) => crossEntropy.each(o, t), [logits, { shape: [3, 4], data: oneHot }]);
    each.forEach((value, row) => {
      expect(value).toBeCloseTo(byHand[row] as number, 9);
    });
  });

  it('has the gradient softmax − one-hot', () => {
    const x = [0.3, -1, 2];
    const [gradient = []] = evaluateTraced(
      (o, t) => valueAndGrad((logit: Tensor) => weightedSum(crossEntropy.each(logit, t)).sum)(o).gradient,
      [
        { shape: [1, 3], data: x },
        { shape: [1], data: [2], dtype: 'i32' },
      ],
    );
    const total = x.reduce((sum, value) => sum + Math.exp(value), 0);
    gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(Math.exp(x[i] as number) / total - (i === 2 ? 1 : 0), 12);
    });
  });

  it('reads labels from integers and from whole floats, and refuses others', () => {
    const prepared = crossEntropy.prepareTargets?.(Float32Array.of(0, 2, 1), 1, 3);
    expect(prepared).toEqual({ dtype: 'i32', itemShape: [], data: Int32Array.of(0, 2, 1) });
    expect(crossEntropy.prepareTargets?.(new Float32Array(6), 3, 3).itemShape).toEqual([3]);
    for (const label of [3, -1, 0.5]) {
      expect(() => crossEntropy.prepareTargets?.(Float32Array.of(0, label), 1, 3)).toThrow(
        expect.objectContaining({ code: 'value', message: expect.stringContaining(`label ${label} of item 1`) }),
      );
    }
    expect(() => crossEntropy.prepareTargets?.(new Float32Array(4), 1, 1)).toThrow(/one output per class/);
    expect(() => crossEntropy.prepareTargets?.(new Float32Array(4), 2, 3)).toThrow(/3 outputs with 2 target/);
  });
});
