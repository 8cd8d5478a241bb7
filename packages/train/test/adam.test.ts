import type { Tensor } from '@rheo/core';
import type { AdamwOptions, Optimizer } from '@rheo/train';
import { adam, adamw, exponential } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { evaluateTraced } from './evaluate-traced.ts';

const shapes = [[2, 3], [3]];
const start = [
  [0.5, -0.25, 1, 2, -3, 0.125],
  [0.1, -0.2, 0.3],
];

/** Deterministic gradients of very different sizes, one list per tensor. */
function gradientAt(step: number): number[][] {
  return start.map((values, tensor) => values.map((_, i) => Math.sin(1 + 3 * step + 7 * tensor + i) * 10 ** (i - 3)));
}

/** Runs the optimiser for some steps, its state fed back. */
function run(optimizer: Optimizer, steps: number, stepsPerEpoch = 1, precision: 'double' | 'single' = 'double') {
  let state = [...start, ...start.map((x) => x.map(() => 0)), ...start.map((x) => x.map(() => 0))];
  for (let step = 0; step < steps; step++) {
    const inputs = [...state, ...gradientAt(step)].map((data, i) => ({ data, shape: shapes[i % 2] ?? [] }));
    state = evaluateTraced(
      (index: Tensor, ...tensors: Tensor[]) => {
        const { parameters, slots } = optimizer.update({
          parameters: tensors.slice(0, 2),
          slots: [tensors.slice(2, 4), tensors.slice(4, 6)],
          gradients: tensors.slice(6, 8),
          roles: ['kernel', 'bias'],
          step: index,
          stepsPerEpoch,
        });
        return [parameters, slots];
      },
      [{ data: [step], shape: [] }, ...inputs],
      precision,
    );
  }
  return state;
}

/** The same from the frameworks' documentation, with plain numbers and powers. */
function expected(options: AdamwOptions, steps: number, stepsPerEpoch: number, rate?: { decay: number; per?: number }) {
  const keras = options.variant !== 'pytorch';
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, weightDecay = 0 } = options;
  const epsilon = options.epsilon ?? (keras ? 1e-7 : 1e-8);
  const p = start.map((x) => [...x]);
  const m = start.map((x) => x.map(() => 0));
  const v = start.map((x) => x.map(() => 0));
  for (let step = 0; step < steps; step++) {
    const g = gradientAt(step);
    const norms = g.map((x) => Math.hypot(...x));
    const total = Math.hypot(...norms);
    const t = step + 1;
    const lr = rate === undefined ? learningRate : learningRate * rate.decay ** (step / (rate.per ?? stepsPerEpoch));
    p.forEach((values, k) => {
      values.forEach((value, i) => {
        let x = g[k]?.[i] ?? 0;
        const norm = norms[k] ?? 0;
        if (options.clipNorm !== undefined && norm > options.clipNorm) x *= options.clipNorm / norm;
        if (options.clipGlobalNorm !== undefined && total > options.clipGlobalNorm) x *= options.clipGlobalNorm / total;
        const m1 = beta1 * (m[k]?.[i] ?? 0) + (1 - beta1) * x;
        const v1 = beta2 * (v[k]?.[i] ?? 0) + (1 - beta2) * x * x;
        (m[k] as number[])[i] = m1;
        (v[k] as number[])[i] = v1;
        const decayed = value - lr * weightDecay * value;
        values[i] = keras
          ? decayed - ((lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)) * (m1 / (Math.sqrt(v1) + epsilon))
          : decayed - (lr * (m1 / (1 - beta1 ** t))) / (Math.sqrt(v1 / (1 - beta2 ** t)) + epsilon);
      });
    });
  }
  return [...p, ...m, ...v];
}

function expectClose(found: number[][], wanted: number[][], tolerance: number): void {
  expect(found.map((list) => list.length)).toEqual(wanted.map((list) => list.length));
  found.flat().forEach((value, i) => {
    const want = wanted.flat()[i] ?? Number.NaN;
    expect(Math.abs(value - want)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(want), 1e-12));
  });
}

describe('adam', () => {
  const cases: readonly AdamwOptions[] = [
    {},
    { variant: 'pytorch' },
    { learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-3 },
    { learningRate: 0.02, epsilon: 1e-2, variant: 'pytorch' },
    { learningRate: 0.1, clipNorm: 1 },
    { learningRate: 0.1, clipGlobalNorm: 0.5 },
  ];
  it.each(cases.map((options) => [JSON.stringify(options), options] as const))(
    'equals its formula: %s',
    (_, options) => {
      expectClose(run(adam(options), 5), expected(options, 5, 1), 1e-9);
    },
  );

  it('adamw takes weights away by rate times decay', () => {
    for (const variant of ['keras', 'pytorch'] as const) {
      const options = { learningRate: 0.1, weightDecay: 0.05, variant };
      expectClose(run(adamw(options), 4), expected(options, 4, 1), 1e-9);
    }
    expect(adamw().config['weightDecay']).toBe(0.004);
    expect(adamw({ variant: 'pytorch' }).config['weightDecay']).toBe(0.01);
  });

  it('moves by the learning rate against the sign of the gradient at the first step', () => {
    const [kernel = []] = run(adam({ learningRate: 0.25, epsilon: 1e-300 }), 1);
    kernel.forEach((value, i) => {
      const before = start[0]?.[i] ?? 0;
      expect(value - before).toBeCloseTo(-0.25 * Math.sign(gradientAt(0)[0]?.[i] ?? 0), 12);
    });
  });

  it('decays continuously, by the epoch or by a number of steps', () => {
    const options = { learningRate: 0.5 };
    const byEpoch = adam({ ...options, decay: exponential({ rate: 0.9 }) });
    expectClose(run(byEpoch, 6, 4), expected(options, 6, 4, { decay: 0.9 }), 1e-9);
    const bySteps = adam({ ...options, decay: exponential({ rate: 0.5, steps: 10 }) });
    expectClose(run(bySteps, 6, 4), expected(options, 6, 4, { decay: 0.5, per: 10 }), 1e-9);
  });

  it('keeps the bias corrections exact in float32', () => {
    expectClose(
      run(adam({ epsilon: 1e-30 }), 1, 1, 'single').slice(0, 2),
      expected({ epsilon: 1e-30 }, 1, 1).slice(0, 2),
      3e-7,
    );
  });

  it('leaves short gradients as they are, and survives gradients of zero', () => {
    const short = adam({ clipNorm: 1e6 });
    expectClose(run(short, 2), expected({}, 2, 1), 1e-9);
    const zero = evaluateTraced(
      (p: Tensor, g: Tensor) => {
        const optimizer = adam({ clipNorm: 1 });
        const made = optimizer.update({
          parameters: [p],
          gradients: [g],
          slots: [[g], [g]],
          roles: ['kernel'],
          step: g,
          stepsPerEpoch: 1,
        });
        return made.parameters as Tensor[];
      },
      [
        { data: [2], shape: [] },
        { data: [0], shape: [] },
      ],
    );
    expect(zero).toEqual([[2]]);
  });
});

describe('options out of range', () => {
  it.each([
    [() => adam({ learningRate: -1 }), /learningRate is -1/],
    [() => adam({ learningRate: Number.NaN }), /learningRate is NaN/],
    [() => adam({ beta1: 1 }), /beta1 is 1/],
    [() => adam({ beta2: 0 }), /beta2 is 0/],
    [() => adam({ epsilon: 0 }), /epsilon is 0/],
    [() => adam({ clipNorm: 0 }), /clipNorm is 0/],
    [() => adam({ clipNorm: 1, clipGlobalNorm: 1 }), /both set/],
    [() => adam({ variant: 'tf' as never }), /variant is tf/],
    [() => adam({ learningrate: 1 } as never), /no option "learningrate"/],
    [() => adam({ weightDecay: 1 } as never), /no option "weightDecay"/],
    [() => adamw({ weightDecay: -1 }), /weightDecay is -1/],
    [() => exponential({ rate: 0 }), /rate of exponential is 0/],
    [() => exponential({ rate: 0.9, steps: 0 }), /steps of exponential is 0/],
  ])('%#', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'argument', message: expect.stringMatching(message) }));
  });
});
