/** The LTC layer with any solver: all of them approach one solution, with gradients, in the order that each has. */
import { describe, expect, it } from 'vitest';
import type { LtcOptions } from '../../src/index.ts';
import { autoNcp, describe as describeModel, ltc, modelFromDescription } from '../../src/index.ts';
import { expectGradients } from '../expect-gradients.ts';
import { distance, filled, run, someParameters } from '../run-model.ts';

const features = 2;
const values = filled([2, 3, features], 1);
const dt = { shape: [2, 3], data: [0.3, 0, 1.2, 0.7, 0.1, 0.4] };
const base: LtcOptions = { units: 4 };
const weights = someParameters(ltc(base), features);
const solution = (options: LtcOptions): number[] => run(ltc({ ...base, ...options }), weights, { values, dt }).outputs;
const tight: LtcOptions = { solver: 'dormand-prince', rtol: 1e-10, atol: 1e-11, maxSteps: 100 };
const wanted = solution(tight);

describe('an LTC', () => {
  it.each([
    ['semi-implicit', 1],
    ['euler', 1],
    ['heun', 2],
    ['midpoint', 2],
    ['rk4', 4],
  ] as const)('by %s has order %d', (solver, order) => {
    const error = (odeUnfolds: number): number => distance(solution({ solver, odeUnfolds, epsilon: 0 }), wanted);
    const found = Math.log2(error(32) / error(64));
    expect(found).toBeGreaterThan(order - 0.2);
    expect(found).toBeLessThan(order + 0.3);
  });

  it.each(['rk4', 'dormand-prince'] as const)('by %s has gradients, a wiring, memory and a description', (solver) => {
    const model = ltc({ wiring: autoNcp(5, 2), solver, rtol: 1e-6, atol: 1e-8, maxSteps: 20, mixedMemory: true });
    const loose = solver === 'rk4' ? {} : { tolerance: 2e-5, step: 1e-4 };
    const one = { values: filled([1, 2, features], 1), dt: { shape: [1, 2], data: [0.3, 0.7] } };
    expectGradients(model, one, loose);
    expect(describeModel(modelFromDescription(describeModel(model)))).toEqual(describeModel(model));
  });

  const near: LtcOptions = { solver: 'dormand-prince', rtol: 1e-6, atol: 1e-8, maxSteps: 150 };

  it('keeps the time offset of its variant, and refuses what is no solver', () => {
    const late = ltc({ ...base, variant: 'official-torch', ...near });
    const own = someParameters(late, features).map((data) => data.map((x) => Math.abs(x) + 0.2));
    const moved = run(ltc({ ...base, variant: 'official-torch', elapsedOffset: 0, ...near }), own, {
      values,
      dt: { shape: [2, 3], data: dt.data.map((d) => d + 1) },
    });
    expect(distance(run(late, own, { values, dt }).outputs, moved.outputs)).toBeLessThan(1e-9);
    expect(() => ltc({ ...base, solver: 'rk45' as never })).toThrow(/solver is "rk45".*"rk4"/);
  });
});
