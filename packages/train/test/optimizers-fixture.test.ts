import type { Tensor } from '@rheo/core';
import type { Optimizer } from '@rheo/train';
import { adam, cosine, optimizerByName, rmsprop, sgd, warmUp } from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { evaluateTraced } from './evaluate-traced.ts';
import keras from './fixtures/optimizers-keras.json' with { type: 'json' };
import pytorch from './fixtures/optimizers-pytorch.json' with { type: 'json' };

type Tensors = readonly (readonly number[])[];

/** The parameters after each step, the state fed back. */
function run(optimizer: Optimizer, { start, shapes, gradients }: typeof pytorch): Tensors[] {
  let state: Tensors = [start, ...optimizer.slots.map(() => start.map((x) => x.map(() => 0)))].flat();
  return gradients.map((gradient, step) => {
    const inputs = [...state, ...gradient].map((data, i) => ({ data, shape: shapes[i % 2] ?? [] }));
    state = evaluateTraced(
      (index: Tensor, ...tensors: Tensor[]) => {
        const { parameters, slots } = optimizer.update({
          parameters: tensors.slice(0, 2),
          slots: optimizer.slots.map((_, slot) => tensors.slice(2 + 2 * slot, 4 + 2 * slot)),
          gradients: tensors.slice(-2),
          roles: ['kernel', 'bias'],
          step: index,
          stepsPerEpoch: 1,
        });
        return [parameters, slots];
      },
      [{ data: [step], shape: [] }, ...inputs],
    );
    return state.slice(0, 2);
  });
}

describe.each([
  ['Keras', keras],
  ['PyTorch', pytorch],
] as const)('optimisers equal %s at every step', (_, fixture) => {
  const cases = fixture.cases as unknown as {
    optimizer: string;
    options: object;
    parameters: number[][][];
    tolerance?: number;
  }[];
  it.each(cases.map((wanted) => [`${wanted.optimizer} ${JSON.stringify(wanted.options)}`, wanted] as const))(
    '%s',
    (_, wanted) => {
      const optimizer = optimizerByName(wanted.optimizer, wanted.options as never);
      if (optimizer === undefined) throw new Error(wanted.optimizer);
      const found = run(optimizer, fixture as typeof pytorch).flat(2);
      const want = wanted.parameters.flat(2);
      expect(found).toHaveLength(want.length);
      const off = found.map(
        (value, i) => Math.abs(value - (want[i] ?? Number.NaN)) / Math.max(1, Math.abs(want[i] ?? 0)),
      );
      expect(Math.max(...off)).toBeLessThanOrEqual(wanted.tolerance ?? 1e-9);
    },
  );
});

describe('optimisers by name', () => {
  it.each(
    [
      sgd({ momentum: 0.9, nesterov: true, decay: warmUp({ steps: 3, next: cosine({ epochs: 4 }) }) }),
      rmsprop({ variant: 'pytorch', clipGlobalNorm: 1, centered: true }),
      adam({ clipValue: 0.01, decay: warmUp({ steps: 3 }) }),
      sgd(),
    ].map((optimizer) => [optimizer.name, optimizer] as const),
  )('%s comes back from its record', (name, optimizer) => {
    const again = optimizerByName(name, JSON.parse(JSON.stringify(optimizer.config)));
    expect(again?.config).toEqual(optimizer.config);
    expect(again?.slots).toEqual(optimizer.slots);
    expect(run(again as Optimizer, pytorch)).toEqual(run(optimizer, pytorch));
  });

  it('is undefined for one of another maker', () => {
    expect(optimizerByName('lion', {})).toBeUndefined();
    expect(optimizerByName('constructor', {})).toBeUndefined();
    expect(optimizerByName('sgd', { decay: { name: 'mine' } })).toBeUndefined();
  });
});

describe('options out of range', () => {
  it.each([
    [() => sgd({ learningRate: -1 }), /sgd: learningRate is -1/],
    [() => sgd({ momentum: 1 }), /momentum is 1/],
    [() => sgd({ nesterov: true }), /nesterov without momentum/],
    [() => sgd({ clipNorm: 1, clipGlobalNorm: 1 }), /both set/],
    [() => sgd({ clipNorm: 1, clipValue: 1 }), /clipNorm and clipValue are both set/],
    [() => rmsprop({ clipNorm: 1, clipGlobalNorm: 1, clipValue: 1 }), /are all set/],
    [() => sgd({ clipValue: 0 }), /clipValue is 0/],
    [() => sgd({ momentun: 0.9 } as never), /no option "momentun".*momentum/s],
    [() => rmsprop({ rho: 1 }), /rho is 1/],
    [() => rmsprop({ epsilon: 0 }), /epsilon is 0/],
    [() => rmsprop({ centered: 1 as never }), /centered is 1/],
    [() => rmsprop({ variant: 'tf' as never }), /variant is tf.*"keras" or "pytorch"/s],
    [() => rmsprop({ weightDecay: Number.NaN }), /weightDecay is NaN/],
  ])('%#', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'argument', message: expect.stringMatching(message) }));
  });
});
