/** The state of a training in a file: it goes on from there to the same bits, and what is no such file is refused. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasm } from '@rheo/backend-wasm';
import type { Parameter } from '@rheo/core';
import { mapTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { readSafetensors, writeSafetensors } from '@rheo/data';
import type { Layer } from '@rheo/layers';
import { autoNcp, cfc, dropout, initialise, linear, ltc, modelFromDescription, sequential } from '@rheo/layers';
import type { TrainingState, TrainOptions } from '@rheo/train';
import {
  adam,
  createFitted,
  exponential,
  fromCheckpoint,
  fromTrainingCheckpoint,
  huber,
  l2,
  rmsprop,
  saveTrainingCheckpoint,
  sgd,
  TrainingStopped,
  toTrainingCheckpoint,
  train,
} from '@rheo/train';
import { afterAll, describe, expect, it } from 'vitest';
import { sineData } from './sine-data.ts';

const model = sequential([cfc({ units: 4, backboneUnits: 8, backboneDropout: 0.2 }), dropout(0.1), linear(1)]);
const folder = mkdtempSync(join(tmpdir(), 'rheo-training-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: TrainOptions = {
  data: sineData(10, 5),
  validation: sineData(6, 5, 0.3),
  loss: huber({ delta: 0.5 }),
  optimizer: adam({ learningRate: 0.02, clipNorm: 1, decay: exponential({ rate: 0.95 }) }),
  penalty: l2(1e-6),
  epochs: 4,
  batchSize: 4,
  seed: 7,
  backend: await wasm(),
};

/** Trains until step 2 of epoch 2 is done. */
async function stoppedState(given: TrainOptions, layer: Layer = model): Promise<TrainingState> {
  const controller = new AbortController();
  const onStep = ({ epoch, step }: { epoch: number; step: number }): void => {
    if (epoch === 2 && step === 2) controller.abort();
  };
  const error: unknown = await train(layer, { ...given, onStep, signal: controller.signal }).catch((e: unknown) => e);
  if (error instanceof TrainingStopped) return error.state;
  throw error;
}

describe('a training checkpoint', () => {
  it.each([adam({ learningRate: 0.02 }), rmsprop({ momentum: 0.5, centered: true }), sgd()])(
    'of $name brings back the state, and the bits of a training that never stopped',
    async (optimizer) => {
      const given = { ...options, optimizer };
      const state = await stoppedState(given);
      const path = join(folder, 'checkpoint.safetensors');
      await saveTrainingCheckpoint(path, state);
      const read = fromTrainingCheckpoint(readFileSync(path));
      expect(read).toEqual(state);
      expect(toTrainingCheckpoint(read)).toEqual(toTrainingCheckpoint(state));
      const resumed = await train(model, { ...given, backend: await wasm(), resume: read });
      expect(resumed.toBytes()).toEqual((await train(model, given)).toBytes());
    },
  );

  it('knows which parameters were frozen, and builds the model again', async () => {
    const layer = ltc({ wiring: autoNcp(8, 1) });
    const freeze = (leaf: Parameter, path: string): Parameter => ({ ...leaf, trainable: !/sensory/.test(path) });
    const parameters = mapTree(freeze, initialise(layer, { features: 1, seed: 3 }));
    const given = { ...options, penalty: undefined, parameters };
    const read = fromTrainingCheckpoint(toTrainingCheckpoint(await stoppedState(given, layer)));
    const again = modelFromDescription(read.model);
    const resumed = await train(again, { ...given, parameters: undefined, resume: read });
    expect(resumed.toBytes()).toEqual((await train(layer, given)).toBytes());
  });

  it('is enough to predict with', async () => {
    const state = await stoppedState(options);
    const read = fromTrainingCheckpoint(toTrainingCheckpoint(state));
    const fitted = createFitted({ ...read, model: modelFromDescription(read.model), backend: await wasm() });
    const { outputs } = await fitted.predict(options.data);
    expect(outputs.shape).toEqual([10, 5, 1]);
  });

  it('leaves the model file as small as it was', async () => {
    const fitted = await train(model, options);
    expect([...readSafetensors(fitted.toBytes()).tensors.keys()].filter((name) => /optimizer/.test(name))).toEqual([]);
  });

  it('is written whole or not at all, over an older one', async () => {
    const path = join(folder, 'kept.safetensors');
    const state = await stoppedState(options);
    await saveTrainingCheckpoint(path, state);
    const later = (await train(model, { ...options, resume: state })).state ?? state;
    await saveTrainingCheckpoint(path, later);
    expect(fromTrainingCheckpoint(readFileSync(path))).toEqual(later);
    await expect(saveTrainingCheckpoint(join(folder, 'none', 'x'), state)).rejects.toMatchObject({ code: 'file' });
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('a damaged or hostile training checkpoint is refused', async () => {
  const state = await stoppedState(options);
  const bytes = toTrainingCheckpoint(state);
  const { tensors, metadata } = readSafetensors(bytes);
  const f32 = (shape: number[], data: Float32Array): NdArray => ({ dtype: 'f32', shape, data });
  const change = (name: string, tensor: NdArray | undefined): Uint8Array => {
    const changed = new Map(tensors);
    if (tensor === undefined) changed.delete(name);
    else changed.set(name, tensor);
    return writeSafetensors(changed, metadata);
  };
  const say = (changes: Record<string, unknown>): Uint8Array => {
    const texts = Object.entries({ ...metadata, ...changes }).filter(([, text]) => text !== undefined);
    const written = texts.map(([key, text]) => [key, typeof text === 'string' ? text : JSON.stringify(text)]);
    return writeSafetensors(tensors, Object.fromEntries(written) as Record<string, string>);
  };
  const slot = 'optimizer/v/2/kernel';
  const many = Array.from({ length: 1000 }, (_, index) => `slot ${index}`);
  const wide = JSON.stringify(state.model).replace('"units":4', '"units":1000000000');

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /0 bytes/],
    ['cut off', bytes.subarray(0, bytes.length - 3), /ends at byte/],
    ['any safetensors file', writeSafetensors(tensors), /no training checkpoint/],
    ['a later version', say({ version: '2' }), /version 2/],
    ['no model', say({ model: undefined }), /model/],
    ['an unknown layer', say({ model: JSON.stringify(state.model).replace('"cfc"', '"cfg"') }), /cfg/],
    ['a huge layer', say({ model: wide }), /more than the file has numbers/],
    ['no features', say({ features: '0' }), /features/],
    [
      'a missing parameter',
      change('parameters/2/kernel', undefined),
      /the parameter is missing .*parameters\/2\/kernel/,
    ],
    ['a missing slot', change(slot, undefined), /the slot is missing .*optimizer\/v\/2\/kernel/],
    ['a foreign tensor', change('optimizer/w/2/kernel', f32([1], new Float32Array(1))), /no such tensor/],
    ['a slot of another shape', change(slot, f32([1, 4], new Float32Array(4))), /the slot is \[1,4\], not \[4,1\]/],
    ['a slot of doubles', change(slot, { dtype: 'f64', shape: [4, 1], data: new Float64Array(4) }), /f64, not f32/],
    ['NaN in a slot', change(slot, f32([4, 1], Float32Array.of(0, 0, Number.NaN, 0))), /element 2 is NaN/],
    ['trained what is not there', say({ trained: ['2/kernels'] }), /no parameter 2\/kernels/],
    ['trained twice', say({ trained: ['2/kernel', '2/kernel'] }), /no list of names .*trained/],
    ['slots that are no names', say({ slots: { m: 1 } }), /no list of names .*slots/],
    ['a slot that has no tensors', say({ slots: ['m', 'w'] }), /no such tensor/],
    ['more slots than tensors', say({ slots: many }), /1000 slots are more than/],
    ['an order that is none', say({ shuffle: 'null' }), /neither true nor false .*shuffle/],
    ['no mark of the data', say({ data: undefined }), /missing from the metadata .*data/],
    ['a mark that is none', say({ data: { count: 10, fingerprint: 'beef' } }), /mark of the data is wrong/],
    ['a count that is none', say({ data: { ...state.data, count: -1 } }), /mark of the data is wrong/],
    ['no steps under way', say({ under_way: { steps: 0.5, loss_sum: 0 } }), /no steps and no sum/],
    ['null under way', say({ under_way: null }), /no steps and no sum/],
    ['no record', say({ training: undefined }), /missing from the metadata .*training/],
    ['a record without history', say({ training: { ...state.training, history: 1 } }), /history/],
    ['negative steps', say({ training: { ...state.training, steps: -1 } }), /training\.steps/],
  ])('%s', (_, file, message) => {
    expect(() => fromTrainingCheckpoint(file, { file: 'some.safetensors' })).toThrow(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(message) }),
    );
    expect(() => fromTrainingCheckpoint(file, { file: 'some.safetensors' })).toThrow(/some\.safetensors/);
  });

  it('either kind of file says what the other is for', async () => {
    expect(() => fromCheckpoint(bytes)).toThrow(
      /state of a training and no model file.*resume: fromTrainingCheckpoint/,
    );
    const fitted = await train(model, { ...options, epochs: 1 });
    expect(() => fromTrainingCheckpoint(fitted.toBytes())).toThrow(/model file and holds no training/);
  });

  it('train refuses a record that does not add up', async () => {
    const read = fromTrainingCheckpoint(say({ under_way: { steps: 1e9, loss_sum: 0 } }));
    await expect(train(model, { ...options, resume: read })).rejects.toMatchObject({ code: 'argument' });
  });
});
