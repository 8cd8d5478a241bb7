/** Gradients added up over the parts of a batch, held to the batch in one piece. */
import { wasm } from '@rheo/backend-wasm';
import { div, flattenTree, reduceMean, square, sub } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { cfc, dropout, initialise, linear, sequential } from '@rheo/layers';
import type { Fitted, Loss, TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  exponential,
  fromTrainingCheckpoint,
  l2,
  load,
  meanSquaredError,
  sgd,
  TrainingStopped,
  toTrainingCheckpoint,
  train,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { parameterList } from '../src/fitted.ts';
import { stepProgram } from '../src/programs.ts';
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8 }), linear(1)]);
const plain = sineData(12, 5);
const lengths = Int32Array.from(plain.targets.subarray(0, 12), (_, row) => 1 + ((row * 3) % 5));

function options(changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    data: plain,
    validation: sineData(6, 5, 0.3),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.9 }) }),
    penalty: l2(1e-3, { parts: 'all' }),
    epochs: 4,
    seed: 7,
    backend: referenceBackend(),
    ...changes,
  };
}

function distance(a: Fitted, b: Fitted): number {
  const numbers = ({ parameters, history }: Fitted): number[] => [
    ...flattenTree(parameters).leaves.flatMap(({ data }) => [...data]),
    ...history.flatMap(({ loss, validationLoss }) => [loss, validationLoss ?? 0]),
  ];
  const other = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
}

describe('is the batch in one piece, to rounding', () => {
  it.each<[string, Partial<TrainOptions>, number, number]>([
    ['batches that divide the data', {}, 2, 3],
    ['a last batch that is not full', { data: sineData(11, 5) }, 2, 2],
    ['a last batch of a single sequence', { data: sineData(9, 5) }, 2, 4],
    ['less data than a batch, and no multiple of the parts', { data: sineData(5, 5) }, 4, 3],
    ['fewer sequences than parts', { data: sineData(2, 5) }, 1, 5],
    ['steps that do not count, unlike in each part', { data: { ...plain, lengths } }, 2, 3],
    ['clipping of all gradients together', { optimizer: sgd({ learningRate: 0.5, clipGlobalNorm: 0.1 }) }, 3, 4],
    ['no penalty, in the order of the data', { penalty: undefined, shuffle: false }, 1, 4],
  ])('%s', async (_, changes, batchSize, accumulate) => {
    const parts = await train(model, options({ ...changes, batchSize, accumulate }));
    const whole = await train(model, options({ ...changes, batchSize: batchSize * accumulate }));
    expect(parts.training?.steps).toBe(whole.training?.steps);
    // Parameters are kept in float32, in which rounding differs by an ulp now and then.
    expect(distance(parts, whole)).toBeLessThan(1e-6);
    const small = await train(model, options({ ...changes, batchSize }));
    if (batchSize < (changes.data ?? plain).count) expect(distance(small, whole)).toBeGreaterThan(1e-4);
  });

  it('on wasm too', async () => {
    const parts = await train(model, options({ batchSize: 2, accumulate: 3, backend: await wasm() }));
    const whole = await train(model, options({ batchSize: 6, backend: await wasm() }));
    expect(distance(parts, whole)).toBeLessThan(1e-5);
  });
});

it('needs the memory of a part', async () => {
  const backend = await wasm();
  const parameters = parameterList(initialise(model, { features: 1, seed: 1 }));
  const [rows, steps] = [64, 32];
  const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
  const batch = { values: f32(rows, steps, 1), dt: f32(rows, steps), targets: f32(rows, steps, 1) };
  const workspace = async (parts: number): Promise<number> => {
    const objective = { model, loss: meanSquaredError, penalty: undefined, parameters };
    // Tiles of rows save memory in their own way.
    const passes = { tile: false };
    const program = stepProgram(objective, sgd(), batch, { stepsPerEpoch: 1, parts });
    const executable = await backend.compile(program, { passes });
    return executable.workspaceBytes;
  };
  expect(await workspace(8)).toBeLessThan((await workspace(1)) / 3);
});

it('draws dropout anew in each part', async () => {
  const noisy = sequential([dropout(0.5), linear(1)]);
  // Each output is that of one input and one mask: with equal masks in all parts, equal rows would have equal losses.
  const row = sineData(1, 40);
  const repeat = (numbers: Float32Array): Float32Array =>
    Float32Array.from({ length: 80 }, (_, i) => numbers[i % 40] ?? 0);
  const data = { ...row, count: 2, values: repeat(row.values), dt: repeat(row.dt), targets: repeat(row.targets) };
  const still = options({
    data,
    validation: undefined,
    optimizer: sgd({ learningRate: 0 }),
    epochs: 1,
    penalty: undefined,
  });
  const losses = async (accumulate: number, count: number): Promise<number> => {
    const cut = { ...data, count, values: data.values.subarray(0, 40 * count), dt: data.dt.subarray(0, 40 * count) };
    const given = {
      ...still,
      data: { ...cut, targets: data.targets.subarray(0, 40 * count) },
      batchSize: 1,
      accumulate,
    };
    return (await train(noisy, given)).history[0]?.loss ?? Number.NaN;
  };
  // The first part of two has the mask of the only part of a batch of one part and a row of weight 0.
  const [first, both] = [await losses(2, 1), await losses(2, 2)];
  expect(Math.abs(both - first)).toBeGreaterThan(1e-6);
});

describe('and the rest of training', () => {
  const exact = referenceBackend({ precision: 'single' });
  const given = options({ data: sineData(11, 5), batchSize: 2, accumulate: 2, backend: exact });
  const noisy = sequential([cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.2 }), linear(1)]);

  it('resumes to the same bits, through a file', async () => {
    const controller = new AbortController();
    const onStep = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 2 && step === 2) controller.abort();
    };
    const error: unknown = await train(noisy, { ...given, onStep, signal: controller.signal }).catch((e: unknown) => e);
    if (!(error instanceof TrainingStopped)) throw error;
    const state: TrainingState = fromTrainingCheckpoint(toTrainingCheckpoint(error.state));
    const whole = await train(noisy, given);
    expect((await train(noisy, { ...given, resume: state })).toBytes()).toEqual(whole.toBytes());
    expect(load(whole.toBytes(), { backend: given.backend }).training?.accumulate).toBe(2);
    await expect(train(noisy, { ...given, accumulate: 1, resume: state })).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringMatching(/accumulate is 1, that of the state 2/),
    });
  });

  it('a file with another number of parts than there can be is refused', async () => {
    const { state } = await train(model, given);
    if (state === undefined) throw new Error('a training has a state');
    for (const accumulate of [1, 2.5, '2']) {
      const file = toTrainingCheckpoint({
        ...state,
        training: { ...state.training, accumulate: accumulate as number },
      });
      expect(() => fromTrainingCheckpoint(file)).toThrow(/training\.accumulate/);
    }
  });

  it('repeats sequences where a part has none, not zeros', async () => {
    const data = sineData(3, 5);
    data.targets.forEach((target, i) => {
      data.targets[i] = target + 2;
    });
    const each: Loss['each'] = (outputs, targets) => reduceMean(square(sub(div(outputs, targets), 1)), -1);
    const relative: Loss = { name: 'relative', each };
    const fitted = await train(
      model,
      options({ data, validation: undefined, loss: relative, batchSize: 1, accumulate: 4 }),
    );
    expect(fitted.history).toHaveLength(4);
  });

  it.each([0, 1.5, -2])('refuses %d parts', async (accumulate) => {
    await expect(train(model, options({ accumulate }))).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringContaining('accumulate is'),
    });
  });
});
