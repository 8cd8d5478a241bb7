/** Parameters: their names, shapes and roles, and how each family starts them. */
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import { cfc, initialise, linear, sequential } from '../src/index.ts';

const all = (model: Layer, features = 5): ReadonlyMap<string, Parameter> => {
  const { leaves, paths } = flattenTree(initialise(model, { features, seed: 1 }) as Tree<Parameter>);
  return new Map(paths.map((path, index) => [path, leaves[index] as Parameter]));
};
const listed = (model: Layer): string[] =>
  [...all(model)].map(([path, { type, role }]) => `${path} [${type.shape.join()}] ${role}`);
const largest = (parameter: Parameter | undefined): number =>
  (parameter?.data ?? new Float32Array()).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe('parameter paths', () => {
  it('of a cell with memory and an output layer', () => {
    expect(
      listed(sequential([cfc({ units: 6, backboneUnits: 8, backboneLayers: 2, mixedMemory: true }), linear(2)])),
    ).toEqual([
      '0/backbone/0/kernel [11,8] kernel',
      '0/backbone/0/bias [8] bias',
      '0/backbone/1/kernel [8,8] kernel',
      '0/backbone/1/bias [8] bias',
      '0/ff1/kernel [8,6] kernel',
      '0/ff1/bias [6] bias',
      '0/ff2/kernel [8,6] kernel',
      '0/ff2/bias [6] bias',
      '0/time_a/kernel [8,6] kernel',
      '0/time_a/bias [6] bias',
      '0/time_b/kernel [8,6] kernel',
      '0/time_b/bias [6] bias',
      '0/lstm/input/kernel [5,24] kernel',
      '0/lstm/input/bias [24] bias',
      '0/lstm/recurrent/kernel [6,24] recurrent',
      '1/kernel [6,2] kernel',
      '1/bias [2] bias',
    ]);
  });

  it('of a pure cell without backbone', () => {
    expect(listed(cfc({ units: 6, mode: 'pure', backboneLayers: 0 }))).toEqual([
      'ff1/kernel [11,6] kernel',
      'ff1/bias [6] bias',
      'w_tau [6] time',
      'A [6] scale',
    ]);
  });

  it('before-input memory gives the cell as many inputs as it has units', () => {
    const found = all(cfc({ units: 6, backboneUnits: 8, variant: 'ncps-keras', mixedMemory: true }));
    expect(found.get('backbone/0/kernel')?.type.shape).toEqual([12, 8]);
    expect(found.get('lstm/input/kernel')?.type.shape).toEqual([5, 24]);
  });
});

describe('first values', () => {
  // Enough draws that the largest lies within 2 % of the limit.
  const near = (parameter: Parameter | undefined, limit: number): void => {
    expect(largest(parameter)).toBeLessThanOrEqual(limit);
    expect(largest(parameter)).toBeGreaterThan(0.9 * limit);
  };

  it('ncps-torch: Xavier kernels, A and w_tau; biases by fan-in', () => {
    const found = all(cfc({ units: 64, mode: 'pure', mixedMemory: true }));
    near(found.get('backbone/0/kernel'), Math.sqrt(6 / (69 + 128)));
    near(found.get('backbone/0/bias'), 1 / Math.sqrt(69));
    near(found.get('w_tau'), Math.sqrt(6 / 65));
    near(found.get('A'), Math.sqrt(6 / 65));
    near(found.get('lstm/input/kernel'), Math.sqrt(6 / (5 + 256)));
    near(found.get('lstm/input/bias'), 0.1);
  });

  it.each(['ncps-keras', 'official-tf'] as const)('%s: Glorot kernels, zero biases, A = 1, w_tau = 0', (variant) => {
    const found = all(cfc({ units: 64, mode: 'pure', mixedMemory: true, variant }));
    near(found.get('backbone/0/kernel'), Math.sqrt(6 / (128 + 128)));
    expect(largest(found.get('backbone/0/bias'))).toBe(0);
    expect(largest(found.get('lstm/input/bias'))).toBe(0);
    expect(new Set(found.get('A')?.data)).toEqual(new Set([1]));
    expect(new Set(found.get('w_tau')?.data)).toEqual(new Set([0]));
  });

  it('official-torch: by fan-in, or Xavier times a gain', () => {
    near(all(cfc({ units: 64, variant: 'official-torch' })).get('backbone/0/kernel'), 1 / Math.sqrt(69));
    const gained = cfc({ units: 64, variant: 'official-torch', weightInit: 'xavier', initGain: 0.5 });
    near(all(gained).get('backbone/0/kernel'), 0.5 * Math.sqrt(6 / (69 + 128)));
  });

  it('the recurrent kernel of memory has orthonormal rows', () => {
    const data = all(cfc({ units: 3, mixedMemory: true })).get('lstm/recurrent/kernel')?.data ?? new Float32Array();
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        let inner = 0;
        for (let i = 0; i < 12; i++) inner += Number(data[a * 12 + i]) * Number(data[b * 12 + i]);
        expect(inner).toBeCloseTo(a === b ? 1 : 0, 6);
      }
    }
  });

  it('depend on the seed alone, and no two parameters start alike', () => {
    const model = cfc({ units: 4 });
    const again = all(model);
    for (const [path, { data }] of all(model)) expect(data, path).toEqual(again.get(path)?.data);
    expect(again.get('ff1/kernel')?.data).not.toEqual(again.get('ff2/kernel')?.data);
    const other = flattenTree(initialise(model, { features: 5, seed: 2 })).leaves[0];
    expect(other?.data).not.toEqual(again.get('backbone/0/kernel')?.data);
  });
});
