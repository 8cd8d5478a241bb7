import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenTree } from '@rheo/core';
import type { NdArray } from '@rheo/data';
import { readSafetensors, writeSafetensors } from '@rheo/data';
import { referenceBackend } from '@rheo/ir';
import { cfc, initialise, linear, sequential } from '@rheo/layers';
import {
  adamw,
  crossEntropyWith,
  fromCheckpoint,
  huber,
  l2,
  load,
  meanSquaredError,
  optimizerByName,
  sgd,
  stepped,
  toCheckpoint,
  train,
} from '@rheo/train';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { sineData } from './sine-data.ts';

const backend = referenceBackend();
const model = sequential([cfc({ units: 3, backboneUnits: 4 }), linear(1)]);
const data = sineData(5, 4);
const fitted = await train(model, {
  data,
  validation: sineData(2, 4, 0.5),
  loss: meanSquaredError,
  optimizer: adamw({ learningRate: 0.01 }),
  penalty: l2(0.01, { parts: 'all' }),
  epochs: 2,
  seed: 11,
  backend,
});
const bytes = fitted.toBytes();
const folder = mkdtempSync(join(tmpdir(), 'rheo-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a checkpoint', () => {
  it('gives back model, parameters and record', () => {
    const read = fromCheckpoint(bytes);
    expect(read.features).toBe(1);
    expect(read.model.config).toEqual(model.config);
    expect(read.parameters).toEqual(fitted.parameters);
    expect(read.training).toEqual(JSON.parse(JSON.stringify(fitted.training)));
    expect(read.training?.history).toHaveLength(2);
    expect(read.extra).toEqual({});
    expect(toCheckpoint(read)).toEqual(bytes);
  });

  it('is enough to predict and to evaluate as before, penalty included', async () => {
    const again = load(bytes, { backend });
    expect(await again.predict(data)).toEqual(await fitted.predict(data));
    const evaluation = await again.evaluate(data);
    expect(evaluation).toEqual(await fitted.evaluate(data));
    expect(evaluation.penalty).toBeGreaterThan(0);
    expect(again.history).toEqual(fitted.history);
    again.dispose();
    fitted.dispose();
    expect(backend.liveTensors).toBe(0);
  });

  it('streams what it predicts', async () => {
    const live = await load(bytes, { backend }).stream();
    const { outputs } = await fitted.predict(data);
    for (let step = 0; step < data.steps; step++) {
      const [y = Number.NaN] = live.step([data.values[step] ?? 0], data.dt[step]);
      expect(y).toBeCloseTo(outputs.data[step] ?? 0, 5);
    }
    live.dispose();
  });

  it('carries what the writer adds, and weights that were never trained', () => {
    const extra = { names: ['height'], normalisation: { mean: [0.5], deviation: [2] } };
    const parameters = initialise(model, { features: 1, seed: 3 });
    const read = fromCheckpoint(toCheckpoint({ model, features: 1, parameters }, extra));
    expect(read.extra).toEqual(extra);
    expect(read.training).toBeUndefined();
  });

  it('wants a loss where none is known by name', async () => {
    const parameters = initialise(model, { features: 1, seed: 3 });
    const untrained = load(toCheckpoint({ model, features: 1, parameters }), { backend });
    await expect(untrained.evaluate(data)).rejects.toThrow(/evaluate\(data, \{ loss/);
    expect((await untrained.evaluate(data, { loss: meanSquaredError })).items).toBe(20);
  });

  it('brings losses and optimisers back with their options', async () => {
    const classes = sequential([cfc({ units: 3, backboneUnits: 4 }), linear(3)]);
    const labels = Int32Array.from(data.targets, (_, i) => i % 3);
    const cases = [
      { model, data, loss: huber({ delta: 0.25 }) },
      { model: classes, data: { ...data, targets: labels }, loss: crossEntropyWith({ classWeights: [1, 0.5, 4] }) },
    ];
    const optimizer = sgd({ learningRate: 0.05, decay: stepped({ rate: 0.5, epochs: 2 }) });
    for (const one of cases) {
      const trained = await train(one.model, { ...one, optimizer, epochs: 3, backend });
      const again = load(trained.toBytes(), { backend });
      expect(await again.evaluate(one.data)).toEqual(await trained.evaluate(one.data));
      expect(again.training?.lossConfig).toEqual(one.loss.config);
      expect(again.history.at(-1)?.loss).toBeLessThan(again.history[0]?.loss ?? 0);
      const { name = '', config } = again.training?.optimizer ?? {};
      expect(optimizerByName(name, config as never)?.config).toEqual(optimizer.config);
      again.dispose();
      trained.dispose();
    }
  });

  it('is written whole or not at all', async () => {
    const path = join(folder, 'model.safetensors');
    await fitted.save(path);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
    await expect(fitted.save(join(folder, 'none', 'model.safetensors'))).rejects.toMatchObject({ code: 'file' });
    await expect(fitted.save(folder)).rejects.toMatchObject({ code: 'file' });
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('says what to do where there is no file system', async () => {
    vi.stubGlobal('process', undefined);
    const saving = fitted.save('model.safetensors').catch((error: unknown) => error);
    vi.unstubAllGlobals();
    expect(await saving).toMatchObject({ code: 'capability', message: expect.stringContaining('toBytes()') });
  });
});

describe('a damaged or hostile checkpoint is refused', () => {
  const { tensors, metadata } = readSafetensors(bytes);
  const texts = { ...metadata };
  const f32 = (shape: number[], data: Float32Array): NdArray => ({ dtype: 'f32', shape, data });
  const change = (name: string, tensor: NdArray | undefined): Uint8Array => {
    const changed = new Map(tensors);
    if (tensor === undefined) changed.delete(name);
    else changed.set(name, tensor);
    return writeSafetensors(changed, texts);
  };
  const say = (changes: Record<string, string | undefined>): Uint8Array => {
    const all = Object.entries({ ...texts, ...changes }).filter(([, text]) => text !== undefined);
    return writeSafetensors(tensors, Object.fromEntries(all) as Record<string, string>);
  };
  const describing = (change: (config: Record<string, unknown>) => void): Uint8Array => {
    const description = JSON.parse(texts['model'] ?? '');
    change(description.config.layers[0].config);
    return say({ model: JSON.stringify(description) });
  };
  const kernel = '1/kernel';
  const nested = `${'{"config":'.repeat(80)}1${'}'.repeat(80)}`;
  const history = (entry: unknown): Uint8Array =>
    say({ training: JSON.stringify({ ...fitted.training, history: [entry] }) });
  const losing = (lossConfig: unknown): Uint8Array =>
    say({ training: JSON.stringify({ ...fitted.training, loss: 'huber', lossConfig }) });

  it('options that the loss does not take', () => {
    expect(() => load(losing({ delta: -1 }), { backend, file: 'some.safetensors' })).toThrow(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(/delta is -1 .*some\.safetensors/) }),
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /0 bytes/],
    ['cut off', bytes.subarray(0, bytes.length - 3), /ends at byte/],
    ['no Rheo file', writeSafetensors(tensors), /no Rheo checkpoint/],
    ['a later version', say({ version: '2' }), /version 2/],
    ['no features', say({ features: '-1' }), /features/],
    ['other features', say({ features: '2' }), /\[4,4\], not \[5,4\]/],
    ['no model', say({ model: undefined }), /model/],
    ['a model that is no JSON', say({ model: '{' }), /no JSON/],
    ['a model that is no object', say({ model: '[]' }), /description/],
    ['an unknown layer', say({ model: texts['model']?.replace('"cfc"', '"cfg"') }), /cfg/],
    ['an unknown option', describing((config) => Object.assign(config, { unitz: 3 })), /unitz/],
    ['a wrong option', describing((config) => Object.assign(config, { units: -3 })), /units is -3/],
    ['a huge layer', describing((config) => Object.assign(config, { units: 1e9 })), /more than the file has numbers/],
    ['a huge depth', describing((config) => Object.assign(config, { backboneLayers: 1e9 })), /more than the file/],
    ['endless nesting', say({ model: nested }), /nested too deep/],
    ['a missing tensor', change(kernel, undefined), /the parameter is missing \(some\.safetensors: 1\/kernel\)/],
    ['a foreign tensor', change('1/kernels', f32([1], new Float32Array(1))), /no such parameter/],
    ['a wrong shape', change(kernel, f32([1, 3], new Float32Array(3))), /\[1,3\], not \[3,1\]/],
    ['a wrong dtype', change(kernel, { dtype: 'f64', shape: [3, 1], data: new Float64Array(3) }), /f64, not f32/],
    ['NaN', change(kernel, f32([3, 1], Float32Array.of(0, Number.NaN, 0))), /element 1 is NaN/],
    ['infinity', change(kernel, f32([3, 1], Float32Array.of(0, 0, -Infinity))), /element 2 is -Infinity/],
    ['a record that is none', say({ training: '3' }), /training\.loss/],
    ['a record without history', say({ training: JSON.stringify({ ...fitted.training, history: 1 }) }), /history/],
    ['a broken epoch', history({ epoch: 1, loss: 'low' }), /history\[0\]/],
    ['a broken penalty', say({ training: JSON.stringify({ ...fitted.training, penalty: { rate: -1 } }) }), /penalty/],
    ['options of the loss that are no object', losing(3), /training\.lossConfig/],
    ['extras that are no object', say({ extra: '[]' }), /extra/],
  ])('%s', (_, file, message) => {
    expect(() => fromCheckpoint(file, { file: 'some.safetensors' })).toThrow(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(message) }),
    );
    expect(() => fromCheckpoint(file, { file: 'some.safetensors' })).toThrow(/some\.safetensors/);
  });

  it('names the tensor', () => {
    for (const file of [change(kernel, undefined), change(kernel, f32([3, 1], new Float32Array(3).fill(Number.NaN)))]) {
      expect(() => fromCheckpoint(file)).toThrow(/1\/kernel/);
    }
    expect(flattenTree(fromCheckpoint(bytes).parameters).paths).toContain(kernel);
  });
});
