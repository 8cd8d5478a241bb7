/** Early stopping and the best epoch, held to a training that runs to its end. */
import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { readSafetensors, writeSafetensors } from '@rheo/data';
import { cfc, linear, sequential } from '@rheo/layers';
import type { EpochRecord, TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  fromCheckpoint,
  fromTrainingCheckpoint,
  load,
  meanSquaredError,
  TrainingStopped,
  toTrainingCheckpoint,
  train,
} from '@rheo/train';
import { beforeAll, describe, expect, it } from 'vitest';
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8 }), linear(1)]);
const backend = await wasm();
// Steps so large that the validation loss goes up and down.
const options: TrainOptions = {
  data: sineData(10, 5),
  validation: sineData(6, 5, 0.3),
  loss: meanSquaredError,
  optimizer: adam({ learningRate: 0.15 }),
  epochs: 30,
  batchSize: 4,
  seed: 7,
  backend,
};

const numbers = (parameters: Tree<Parameter>) => flattenTree(parameters).leaves.map(({ data }) => data);

/** The loop of Keras' EarlyStopping: the epochs that run, and the best of them. */
function keras(history: readonly EpochRecord[], patience: number): { ran: number; best: number } {
  let [lowest, best, wait] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { epoch, validationLoss = Number.NaN } of history) {
    wait += 1;
    if (validationLoss < lowest) [lowest, best, wait] = [validationLoss, epoch, 0];
    if (wait >= patience) return { ran: epoch, best };
  }
  return { ran: history.length, best };
}

let history: readonly EpochRecord[];
/** Parameters after each epoch. */
const after: Tree<Parameter>[] = [];

beforeAll(async () => {
  const onEpoch: TrainOptions['onEpoch'] = ({ fitted }) => void after.push(fitted.parameters);
  ({ history } = await train(model, { ...options, onEpoch }));
});

describe('as Keras has it', () => {
  it('the data of this test tell epochs apart', () => {
    const cases = [1, 2, 3, 5, 30].map((patience) => keras(history, patience));
    expect(new Set(cases.map(({ ran }) => ran)).size).toBeGreaterThanOrEqual(3);
    expect(new Set(cases.map(({ best }) => best)).size).toBeGreaterThanOrEqual(2);
    expect(cases.at(-1)?.ran).toBe(30);
  });

  it.each([1, 2, 3, 5, 30])('patience %d', async (patience) => {
    const { ran, best } = keras(history, patience);
    const last = await train(model, { ...options, patience });
    expect(last.history).toEqual(history.slice(0, ran));
    expect(numbers(last.parameters)).toEqual(numbers(after[ran - 1] ?? {}));
    expect(last.training).not.toHaveProperty('bestEpoch');

    const kept = await train(model, { ...options, patience, keep: 'best' });
    expect(kept.history).toEqual(history.slice(0, ran));
    expect(kept.training?.bestEpoch).toBe(best);
    expect(numbers(kept.parameters)).toEqual(numbers(after[best - 1] ?? {}));
    expect(numbers(kept.state?.parameters ?? {})).toEqual(numbers(after[ran - 1] ?? {}));
  });

  it('the model is the best by its own measure, also from its file', async () => {
    const kept = await train(model, { ...options, keep: 'best' });
    const again = load(kept.toBytes(), { backend });
    const lowest = Math.min(...history.map(({ validationLoss = Number.NaN }) => validationLoss));
    expect((await again.evaluate(options.validation ?? options.data)).loss).toBeCloseTo(lowest, 6);
    expect(again.training?.bestEpoch).toBe(kept.training?.bestEpoch);
  });

  it('an equal loss is no better one', async () => {
    const still = { ...options, optimizer: adam({ learningRate: 0 }), patience: 4, keep: 'best' } as const;
    const fitted = await train(model, still);
    expect(fitted.history).toHaveLength(5);
    expect(fitted.training?.bestEpoch).toBe(1);
  });
});

describe('across interruptions', () => {
  const given: TrainOptions = { ...options, patience: 5, keep: 'best' };

  it('to the same bits from the end of every epoch, through a file', async () => {
    const files: Uint8Array[] = [];
    const whole = await train(model, {
      ...given,
      onEpoch: ({ state }) => void files.push(toTrainingCheckpoint(state)),
    });
    expect(files).toHaveLength(whole.history.length);
    for (const file of files) {
      const resumed = await train(model, { ...given, resume: fromTrainingCheckpoint(file) });
      expect(resumed.toBytes()).toEqual(whole.toBytes());
      expect(resumed.state).toEqual(whole.state);
    }
  });

  it('from within an epoch; the model of the error is the best so far', async () => {
    const controller = new AbortController();
    const onStep = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 4 && step === 2) controller.abort();
    };
    const error: unknown = await train(model, { ...given, onStep, signal: controller.signal }).catch((e: unknown) => e);
    if (!(error instanceof TrainingStopped)) throw error;
    const { best } = keras(history.slice(0, 3), 99);
    expect(numbers(error.fitted.parameters)).toEqual(numbers(after[best - 1] ?? {}));
    expect(error.state.underWay.steps).toBe(2);
    const resumed = await train(model, { ...given, resume: error.state });
    expect(resumed.toBytes()).toEqual((await train(model, given)).toBytes());
  });

  it('more patience goes on where less gave up', async () => {
    const short = await train(model, { ...given, patience: 1 });
    const long = await train(model, { ...given, patience: 30, resume: short.state });
    expect(long.history).toEqual(history);
    expect(long.training?.bestEpoch).toBe(keras(history, 30).best);
  });

  it('the best is dropped where the last is asked for', async () => {
    const short = await train(model, { ...given, epochs: 4 });
    const last = await train(model, { ...options, resume: short.state });
    expect(last.state?.best).toBeUndefined();
    expect(numbers(last.parameters)).toEqual(numbers(after[29] ?? {}));
  });
});

describe('is refused', () => {
  const state = async (changes: Partial<TrainOptions>): Promise<TrainingState> => {
    const { state: found } = await train(model, { ...options, epochs: 2, ...changes });
    if (found === undefined) throw new Error('a training has a state');
    return found;
  };

  it.each<[string, Partial<TrainOptions>, RegExp]>([
    ['patience without validation', { patience: 3, validation: undefined }, /validation is undefined.*need it/],
    ['the best without validation', { keep: 'best', validation: undefined }, /validation is undefined.*need it/],
    ['no patience at all', { patience: 0 }, /patience is 0/],
    ['half an epoch of it', { patience: 1.5 }, /patience is 1\.5/],
    ['another word', { keep: 'first' as never }, /keep is string.*"last" or "best"/],
  ])('%s', async (_, changes, message) => {
    await expect(train(model, { ...options, ...changes })).rejects.toMatchObject({
      code: 'argument',
      message: expect.stringMatching(message),
    });
  });

  it('a state that was not measured, or has no best parameters', async () => {
    const unmeasured = await state({ validation: undefined });
    const refused = (resume: TrainingState): Promise<unknown> => train(model, { ...options, keep: 'best', resume });
    await expect(refused(unmeasured)).rejects.toThrow(/epoch 1 of the state has no validation loss/);
    await expect(refused(await state({}))).rejects.toThrow(/no parameters of its best epoch.*keep: 'best'/);
  });

  it('a file whose best epoch is none, or whose parameters are missing', async () => {
    const { tensors, metadata } = readSafetensors(toTrainingCheckpoint(await state({ keep: 'best' })));
    for (const epoch of ['0', '3', '1.5', '"1"', 'null']) {
      const file = writeSafetensors(tensors, { ...metadata, best_epoch: epoch });
      expect(() => fromTrainingCheckpoint(file)).toThrow(/no epoch of the history .*best_epoch/);
    }
    const without = new Map(tensors);
    without.delete('best/1/kernel');
    expect(() => fromTrainingCheckpoint(writeSafetensors(without, metadata))).toThrow(/missing .*best\/1\/kernel/);
    const { best_epoch: _, ...rest } = metadata;
    expect(() => fromTrainingCheckpoint(writeSafetensors(tensors, rest))).toThrow(/no such tensor .*best/);

    const model1 = readSafetensors((await train(model, { ...options, epochs: 2, keep: 'best' })).toBytes());
    const facts = { ...JSON.parse(model1.metadata['training'] ?? ''), bestEpoch: 3 };
    const wrong = writeSafetensors(model1.tensors, { ...model1.metadata, training: JSON.stringify(facts) });
    expect(() => fromCheckpoint(wrong)).toThrow(/training\.bestEpoch/);
  });
});
