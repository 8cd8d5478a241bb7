/** Every model leaves as safetensors: its parameters under their paths, bit for bit, and its description. */
import { flattenTree } from '@rheo/core';
import { readSafetensors } from '@rheo/data';
import { cfc, initialise, linear, modelFromDescription, sequential } from '@rheo/layers';
import { expect, test } from 'vitest';
import { exportSafetensors } from '../src/index.ts';
import { models, observing, sequencesOnly } from './every-model.ts';

const every = Object.entries({ ...models, ...observing, ...sequencesOnly });
const features = 4;

test.each(every)('%s', (_, model) => {
  const parameters = initialise(model, { features, seed: 3 });
  const { tensors, metadata } = readSafetensors(exportSafetensors(model, parameters, { features }));
  const { paths, leaves } = flattenTree(parameters);
  expect([...tensors.keys()].sort()).toEqual([...paths].sort());
  paths.forEach((path, index) => {
    expect(tensors.get(path)).toEqual({ dtype: 'f32', shape: leaves[index]?.type.shape, data: leaves[index]?.data });
  });
  expect(metadata).toMatchObject({ format: 'pt', generator: 'rheo', features: '4', kernels: '[inputs, outputs]' });
  const { kind, config } = modelFromDescription(JSON.parse(metadata['model'] ?? ''));
  expect({ kind, config }).toEqual(JSON.parse(JSON.stringify({ kind: model.kind, config: model.config })));
});

test('kernels are [inputs, outputs], and equal models give equal bytes', () => {
  const model = sequential([cfc({ units: 3, backboneUnits: 5 }), linear(2)]);
  const parameters = initialise(model, { features, seed: 3 });
  const bytes = exportSafetensors(model, parameters, { features });
  const { tensors } = readSafetensors(bytes);
  expect(tensors.get('0/backbone/0/kernel')?.shape).toEqual([4 + 3, 5]);
  expect(tensors.get('1/kernel')?.shape).toEqual([3, 2]);
  expect(exportSafetensors(model, parameters, { features })).toEqual(bytes);
});

test('parameters of another model are refused', () => {
  const parameters = initialise(linear(3), { features, seed: 3 });
  expect(() => exportSafetensors(linear(2), parameters, { features })).toThrow(/parameter kernel/);
});
