/** Truncated backpropagation through time, held to PyTorch, to differences of the loss, and to whole sequences. */
import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tensor, Tree } from '@rheo/core';
import { flattenTree, mapTree } from '@rheo/core';
import { referenceBackend } from '@rheo/ir';
import { bidirectional, build, cfc, dropout, gru, initialise, linear, lstm, rnn, sequential } from '@rheo/layers';
import type { TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  exponential,
  fromTrainingCheckpoint,
  l2,
  load,
  meanSquaredError,
  optimizerByName,
  sgd,
  TrainingStopped,
  toTrainingCheckpoint,
  train,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { parameterList } from '../src/fitted.ts';
import { lossAndGradient } from '../src/loss-and-gradient.ts';
import { stepProgram } from '../src/programs.ts';
import { evaluateTraced } from './evaluate-traced.ts';
import fixture from './fixtures/truncated.json' with { type: 'json' };
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8 }), linear(1)]);
const lengths = Int32Array.from({ length: 11 }, (_, row) => 1 + ((row * 5) % 12));

function options(changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    data: sineData(11, 12),
    validation: sineData(6, 5, 0.3),
    loss: meanSquaredError,
    optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.9 }) }),
    penalty: l2(1e-3, { parts: 'all' }),
    epochs: 3,
    batchSize: 4,
    seed: 7,
    backend: referenceBackend({ precision: 'single' }),
    ...changes,
  };
}

describe('equals the loop of PyTorch, its state detached between chunks', () => {
  const [count = 0, steps = 0, features = 0] = fixture.shape;
  const data = {
    values: Float32Array.from(fixture.values),
    targets: Float32Array.from(fixture.targets),
    ...{ count, steps, features, targetFeatures: 1 },
  };
  const plain = sequential([rnn({ units: fixture.units }), linear(1)]);
  const start = mapTree(
    (parameter: Parameter, path) => ({
      ...parameter,
      data: Float32Array.from(fixture.start[path as keyof typeof fixture.start]),
    }),
    initialise(plain, { features, seed: 0 }),
  );

  it.each(
    fixture.cases.map((wanted) => [`chunks of ${wanted.truncate}, ${JSON.stringify(wanted.options)}`, wanted] as const),
  )('%s', async (_, { truncate, masked, optimizer: name, options: given, epochs }) => {
    const optimizer = optimizerByName(name, given as never);
    if (optimizer === undefined) throw new Error(name);
    const found: Tree<Parameter>[] = [];
    await train(plain, {
      data: masked ? { ...data, lengths: Int32Array.from(fixture.lengths) } : data,
      ...{ loss: meanSquaredError, optimizer, parameters: start, truncate, epochs: 3, batchSize: 2, shuffle: false },
      backend: referenceBackend(),
      onEpoch: ({ fitted }) => void found.push(fitted.parameters),
    });
    found.forEach((parameters, epoch) => {
      const { leaves, paths } = flattenTree(parameters);
      leaves.forEach(({ data: numbers }, index) => {
        const wanted: number[] = (epochs[epoch] as Record<string, number[]>)[paths[index] ?? ''] ?? [];
        expect(numbers.length).toBe(wanted.length);
        numbers.forEach((value, at) => {
          expect(Math.abs(value - (wanted[at] ?? Number.NaN))).toBeLessThanOrEqual(1e-6);
        });
      });
    });
  });
});

describe('the gradient of one chunk', () => {
  const small = sequential([cfc({ units: 2, backboneUnits: 3 }), lstm({ units: 2 }), linear(1)]);
  const parameters = initialise(small, { features: 1, seed: 3 });
  const { leaves } = flattenTree(parameters);
  const { values, dt, targets } = sineData(2, 3);
  const types = leaves.map(({ type, data }) => ({ shape: type.shape as number[], data: [...data] }));
  const state = [
    [0.3, -0.2, 0.1, 0.5],
    [-0.4, 0.2, 0.6, -0.1],
    [0.2, 0.7, -0.3, 0.4],
  ];
  const objective = {
    ...{ model: small, loss: meanSquaredError, penalty: l2(0.01, { parts: 'all' }) },
    parameters: parameterList(parameters),
  };
  /** Loss, then its gradient by each parameter, from a state that is not zero. */
  const run = (inputs: typeof types): number[][] =>
    evaluateTraced(
      (v: Tensor, d: Tensor, t: Tensor, h: Tensor, h2: Tensor, c2: Tensor, ...trained: Tensor[]) => {
        const batch = { values: v, dt: d, targets: t };
        const given = { objective, trained, frozen: [], batch, parts: 1, stepKey: undefined as never };
        const found = lossAndGradient({ ...given, state: [{ h }, { h: h2, c: c2 }, {}] });
        return [found.value, found.gradient] as Tree<Tensor>;
      },
      [
        { shape: [2, 3, 1], data: [...values] },
        { shape: [2, 3], data: [...dt] },
        { shape: [2, 3, 1], data: [...targets] },
        ...state.map((data) => ({ shape: [2, 2], data })),
        ...inputs,
      ],
    );

  it('is that of differences of its loss, the state being given', () => {
    const [[loss = 0] = [], ...gradients] = run(types);
    expect(loss).toBeGreaterThan(0.01);
    types.forEach(({ data }, parameter) => {
      for (const at of [0, data.length - 1]) {
        const shifted = (by: number): number => {
          const inputs = types.map((one, i) =>
            i === parameter ? { ...one, data: one.data.map((x, j) => (j === at ? x + by : x)) } : one,
          );
          return run(inputs)[0]?.[0] ?? Number.NaN;
        };
        const difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
        expect(Math.abs(difference - (gradients[parameter]?.[at] ?? Number.NaN))).toBeLessThan(1e-8);
      }
    });
  });
});

describe('chunks as long as the sequences', () => {
  it.each([12, 13, 1000])('%d: the same bits as whole sequences', async (truncate) => {
    const whole = await train(model, options());
    expect((await train(model, options({ truncate }))).toBytes()).toEqual(whole.toBytes());
    expect((await train(model, options({ truncate: 11 }))).toBytes()).not.toEqual(whole.toBytes());
  });
});

describe('and the rest of training', () => {
  it.each<[string, Partial<TrainOptions>]>([
    ['a last chunk that is not full', { truncate: 5 }],
    ['steps that do not count', { truncate: 4, data: { ...sineData(11, 12), lengths } }],
    ['sequences without elapsed times', { truncate: 5, data: withoutTimes() }],
    [
      'weights of steps',
      { truncate: 5, data: { ...sineData(11, 12), weights: Float32Array.from({ length: 132 }, (_, i) => i % 3) } },
    ],
  ])('parts added up are a batch in one piece, to rounding: %s', async (_, changes) => {
    const exact = { ...changes, backend: referenceBackend() };
    const parts = await train(model, options({ ...exact, batchSize: 2, accumulate: 2 }));
    const whole = await train(model, options(exact));
    const numbers = flattenTree(whole.parameters).leaves.flatMap(({ data }) => [...data]);
    const others = flattenTree(parts.parameters).leaves.flatMap(({ data }) => [...data]);
    const off = numbers.map((value, i) => Math.abs(value - (others[i] ?? Number.NaN)));
    expect(Math.max(...off)).toBeLessThan(1e-6);
    expect(parts.history.at(-1)?.loss).toBeCloseTo(whole.history.at(-1)?.loss ?? 0, 6);
  });

  it('resumes to the same bits, through a file, on wasm, with dropout', async () => {
    const noisy = sequential([cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.2 }), dropout(0.1), linear(1)]);
    const given = options({ truncate: 5, backend: await wasm(), data: { ...sineData(11, 12), lengths } });
    const whole = await train(noisy, given);
    const controller = new AbortController();
    const onStep = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 2 && step === 2) controller.abort();
    };
    const error: unknown = await train(noisy, { ...given, onStep, signal: controller.signal }).catch((e: unknown) => e);
    if (!(error instanceof TrainingStopped)) throw error;
    expect(error.state.underWay.steps).toBe(2);
    const state: TrainingState = fromTrainingCheckpoint(toTrainingCheckpoint(error.state));
    const resumed = await train(noisy, { ...given, resume: state });
    expect(resumed.toBytes()).toEqual(whole.toBytes());
    expect(load(whole.toBytes(), { backend: given.backend }).training?.truncate).toBe(5);
    await expect(train(noisy, { ...given, truncate: 4, resume: state })).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringMatching(/truncate is 4, that of the state 5/),
    });
  });

  it('needs the memory of a chunk', async () => {
    const backend = await wasm();
    const parameters = parameterList(initialise(model, { features: 1, seed: 1 }));
    const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
    const batch = { values: f32(4, 512, 1), dt: f32(4, 512), targets: f32(4, 512, 1) };
    const workspace = async (chunk?: number): Promise<number> => {
      const objective = { model, loss: meanSquaredError, penalty: undefined, parameters };
      const form = { stepsPerEpoch: 1, chunk };
      return (await backend.compile(stepProgram(objective, sgd(), batch, form))).workspaceBytes;
    };
    expect(await workspace(32)).toBeLessThan((await workspace()) / 4);
  });

  it('learns across the borders of chunks: the state is carried', async () => {
    // The sign of the first step is asked for at all later ones; chunks of 4 see it in the state alone.
    const [count, steps] = [32, 12];
    const values = new Float32Array(count * steps);
    const targets = new Float32Array(count * steps);
    for (let row = 0; row < count; row++) {
      values[row * steps] = row % 2 === 0 ? 1 : -1;
      targets.fill(values[row * steps] ?? 0, row * steps, (row + 1) * steps);
    }
    const data = { values, targets, count, steps, features: 1, targetFeatures: 1 };
    const found = await train(sequential([gru({ units: 8 }), linear(1)]), {
      ...{ data, loss: meanSquaredError, optimizer: adam({ learningRate: 0.02 }), truncate: 4, epochs: 60, seed: 1 },
      backend: await wasm(),
    });
    expect(found.history.at(-1)?.loss).toBeLessThan(0.05);
  });
});

function withoutTimes() {
  const { dt: _, ...rest } = sineData(11, 12);
  return rest;
}

describe('is refused', () => {
  it.each([
    ['bidirectional', sequential([bidirectional(gru({ units: 3 })), linear(1)]), /bidirectional layer/],
    ['backwards', sequential([gru({ units: 3, goBackwards: true }), linear(1)]), /goes backwards/],
    ['one output', sequential([gru({ units: 3, returnSequences: false }), linear(1)]), /one output at the end/],
  ])('%s', async (_, layer, message) => {
    const given = sineData(4, 12);
    const one = build(layer, 1).outputs === 1 && /one output/.test(message.source);
    const data = one ? { ...given, targets: given.targets.subarray(0, 4) } : given;
    await expect(train(layer, options({ data, validation: undefined, truncate: 4 }))).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringMatching(message),
    });
  });

  it.each([0, 1.5, -1])('chunks of %d steps', async (truncate) => {
    await expect(train(model, options({ truncate }))).rejects.toThrow(/truncate is/);
  });

  it('a file with chunks that cannot be', async () => {
    const { state } = await train(model, options({ truncate: 5, epochs: 1 }));
    if (state === undefined) throw new Error('a training has a state');
    for (const truncate of [0, 2.5, '5']) {
      const training = { ...state.training, truncate: truncate as number };
      expect(() => fromTrainingCheckpoint(toTrainingCheckpoint({ ...state, training }))).toThrow(/training\.truncate/);
    }
  });
});
