import { flattenTree } from '@rheo/core';
import { cfc, initialise, linear, sequential } from '@rheo/layers';
import { l2 } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { parameterList } from '../src/fitted.ts';
import { isPenalised, l2Penalty } from '../src/l2.ts';
import { evaluateTraced } from './evaluate-traced.ts';

const model = sequential([cfc({ units: 3, backboneUnits: 4, backboneLayers: 2, mixedMemory: true }), linear(2)]);
const parameters = initialise(model, { features: 2, seed: 1 });
const { about } = parameterList(parameters);

describe('l2', () => {
  it('counts the kernels of backbone and heads: not biases, not the memory, not the read-out', () => {
    const counted = about.filter((parameter) => isPenalised(l2(1), parameter)).map(({ path }) => path);
    expect(counted).toEqual([
      '0/backbone/0/kernel',
      '0/backbone/1/kernel',
      '0/ff1/kernel',
      '0/ff2/kernel',
      '0/time_a/kernel',
      '0/time_b/kernel',
    ]);
    const all = about.filter((parameter) => isPenalised(l2(1, { parts: 'all' }), parameter)).map(({ path }) => path);
    expect(all).toEqual([...counted, '0/lstm/input/kernel', '1/kernel']);
    expect(isPenalised(l2(1), { path: '0/ff1/kernel', role: 'kernel', trainable: false })).toBe(false);
  });

  it('is the rate times the sum of squares', () => {
    const { leaves, paths } = flattenTree(parameters);
    const inputs = leaves.map(({ type, data }) => ({ shape: type.shape as number[], data: Array.from(data) }));
    const [[penalty] = []] = evaluateTraced((...tensors) => l2Penalty(l2(0.25), tensors, about), inputs);
    let sum = 0;
    leaves.forEach(({ data }, index) => {
      if (!/(backbone|ff1|ff2|time_a|time_b).*kernel/.test(paths[index] ?? '')) return;
      for (const value of data) sum += value * value;
    });
    expect(sum).toBeGreaterThan(1);
    expect(penalty).toBeCloseTo(0.25 * sum, 10);
  });

  it('is zero where nothing counts', () => {
    expect(evaluateTraced((x) => l2Penalty(l2(1), [x], []), [{ shape: [1], data: [3] }])).toEqual([[0]]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the rate %d', (rate) => {
    expect(() => l2(rate)).toThrow(expect.objectContaining({ code: 'argument' }));
  });
});
