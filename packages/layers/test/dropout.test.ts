/** Dropout: fresh for each step and row, the same for the same key, absent outside of training. */
import { key } from '@rheo/core';
import { describe, expect, it } from 'vitest';
import { cfc, dropout, linear, sequential } from '../src/index.ts';
import { numbers, run, someParameters } from './run-model.ts';

const batch = 20;
const time = 10;
const ones = { shape: [batch, time, 8], data: new Array<number>(batch * time * 8).fill(1) };
const training = { training: true };

describe('dropout', () => {
  it('drops at its rate and scales the rest', () => {
    const { outputs } = run(dropout(0.25), [], { values: ones, key: key(1) }, training);
    expect([...new Set(outputs.map((x) => x.toFixed(12)))].sort()).toEqual(['0.000000000000', (4 / 3).toFixed(12)]);
    const dropped = outputs.filter((x) => x === 0).length / outputs.length;
    // Three standard deviations of 1600 draws.
    expect(Math.abs(dropped - 0.25)).toBeLessThan(3 * Math.sqrt((0.25 * 0.75) / 1600));
  });

  it('draws anew for each row and step', () => {
    const { outputs } = run(dropout(0.5), [], { values: ones, key: key(1) }, training);
    const groups = Array.from({ length: batch * time }, (_, index) => outputs.slice(index * 8, index * 8 + 8).join());
    // 200 draws of 256 patterns: many differ; one mask for all would give one.
    expect(new Set(groups).size).toBeGreaterThan(100);
  });

  it('is the same for the same key and another for another', () => {
    const draw = (seed: number) => run(dropout(0.5), [], { values: ones, key: key(seed) }, training).outputs;
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('does nothing outside of training', () => {
    expect(run(dropout(0.5), [], { values: ones, key: key(1) }).outputs).toEqual(ones.data);
    expect(run(dropout(0), [], { values: ones }, training).outputs).toEqual(ones.data);
  });

  it('draws the same inside a loop and outside of one', () => {
    // Between two recurrent layers it runs inside the scan; after the last, outside.
    const options = { units: 3, backboneLayers: 0 } as const;
    const inside = sequential([
      cfc(options),
      dropout(0.5),
      cfc({ ...options, mode: 'no_gate', headActivation: 'linear' }),
    ]);
    const outside = sequential([cfc(options), dropout(0.5)]);
    const weights = someParameters(inside, 8);
    // The second cell passes its input on: ff1 is the identity on x, its bias and all else are zero.
    const second = weights.length / 2;
    for (let index = second; index < weights.length; index++) weights[index]?.fill(0);
    const ff1 = weights[second];
    for (let unit = 0; unit < 3; unit++) if (ff1 !== undefined) ff1[unit * 3 + unit] = 1;
    const values = { shape: [batch, time, 8], data: numbers(batch * time * 8, 3) };
    const a = run(inside, weights, { values, key: key(5) }, training).outputs;
    const b = run(outside, weights.slice(0, second), { values, key: key(5) }, training).outputs;
    expect(a).toEqual(b);
  });
});

describe('backbone dropout', () => {
  const zeros = (model: ReturnType<typeof cfc>): number => {
    const weights = someParameters(model, 8);
    const off = run(model, weights, { values: ones }).outputs;
    const on = run(model, weights, { values: ones, key: key(3) }, training).outputs;
    return on.filter((x, index) => x !== off[index]).length;
  };

  it('stands after the second and later layers in torch, after every layer in keras', () => {
    expect(zeros(cfc({ units: 3, backboneUnits: 4, backboneDropout: 0.5 }))).toBe(0);
    expect(zeros(cfc({ units: 3, backboneUnits: 4, backboneLayers: 2, backboneDropout: 0.5 }))).toBeGreaterThan(100);
    expect(zeros(cfc({ units: 3, backboneUnits: 4, backboneDropout: 0.5, variant: 'ncps-keras' }))).toBeGreaterThan(
      100,
    );
  });

  it('asks for a key', () => {
    const model = sequential([linear(2), cfc({ units: 3, backboneLayers: 2, backboneDropout: 0.5 })]);
    expect(() => run(model, someParameters(model, 8), { values: ones }, training)).toThrow(
      '@rheo/layers: layer 1: dropout in training needs a random key',
    );
  });
});
