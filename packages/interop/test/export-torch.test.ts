/**
 * State dictionaries out: the inverse of the import on every file and vector of the originals, and models that none of
 * their classes computes.
 */

import type { Parameter, Tree } from '@rheo/core';
import { flattenTree } from '@rheo/core';
import { readZip, writeSafetensors } from '@rheo/data';
import type { RheoError } from '@rheo/ir';
import { isRheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import * as layers from '@rheo/layers';
import { autoNcp, cfc, fullyConnected, initialise, layeredWiring, linear, ltc, ncp, sequential } from '@rheo/layers';
import { describe, expect, test } from 'vitest';
import type { FileTensor } from '../src/file-tensor.ts';
import { failer } from '../src/import-error.ts';
import type { ImportConfig } from '../src/index.ts';
import { exportTorch, importNcps } from '../src/index.ts';
import { readTorchFile } from '../src/torch-file.ts';
import { models, observing, sequencesOnly } from './every-model.ts';
import { array, fixture, sidecar, vector } from './fixture.ts';

const read = (bytes: Uint8Array): FileTensor[] => readTorchFile(bytes, 'model.pt', failer('model.pt'));
const contents = (tensors: readonly FileTensor[]): unknown[] =>
  tensors.map(({ name, shape, dtype, read }) => ({ name, shape, dtype, data: [...read().data] }));

/** Exports what was imported: the same file, and with its configuration the same model again. */
function roundTrip(bytes: Uint8Array, config: ImportConfig): { tensors: FileTensor[]; config: ImportConfig } {
  const imported = importNcps({ name: 'original', bytes }, config);
  const exported = exportTorch(imported.model, imported.parameters, imported);
  // Through JSON, because the configuration is written beside the file.
  const again = importNcps({ name: 'model.pt', bytes: exported.bytes }, JSON.parse(JSON.stringify(exported.config)));
  expect(layers.describe(again.model)).toEqual(layers.describe(imported.model));
  expect(again.parameters).toEqual(imported.parameters);
  expect(again.report).toMatchObject({ family: imported.report.family, notes: [] });
  const tensors = read(exported.bytes);
  expect(exported.tensors).toEqual(tensors.map(({ name, shape }) => ({ name, shape })));
  return { tensors, config: exported.config };
}

describe('files of ncps.torch', () => {
  test.each(['torch_cfc_default', 'torch_cfc_autoncp', 'torch_ltc_autoncp'])(
    '%s.pt: same names, order, shapes, types and numbers',
    (name) => {
      const original = fixture(`${name}.pt`);
      const { tensors, config } = roundTrip(original, sidecar(name));
      expect(contents(tensors)).toEqual(contents(read(original)));
      expect(config).toMatchObject({ framework: 'ncps.torch', class: sidecar(name).class });
      expect(config.args).toMatchObject(sidecar(name).args ?? {});
      if (sidecar(name).wiring) expect(config.wiring).toMatchObject(sidecar(name).wiring ?? {});
    },
  );
});

describe('vectors of the originals', () => {
  test.each([
    ['cfc_default_mixed', 'ncps.torch'],
    ['cfc_no_gate_bb2_silu', 'ncps.torch'],
    ['cfc_proj_last', 'ncps.torch'],
    ['cfc_pure_bb1_gelu', 'ncps.torch'],
    ['cfc_wired_autoncp12_pure', 'ncps.torch'],
    ['cfc_wired_fc_out_quirk', 'ncps.torch'],
    ['cfc_wired_mixed', 'ncps.torch'],
    ['ltc_explicit_timespans', 'ncps.torch'],
    ['ltc_last', 'ncps.torch'],
    ['ltc_map_none_linear', 'ncps.torch'],
    ['ltc_mixed', 'ncps.torch'],
    ['ltc_ncp_timespans', 'ncps.torch'],
    ['official_default', 'official.torch'],
    ['official_ltc', 'official.torch'],
    ['official_mask_2x_mixed', 'official.torch'],
  ])('%s: the state dictionary of %s in its order', (name, framework) => {
    const original = Object.entries(vector(name).state_dict).map(([key, value]) => {
      const { shape } = array(value);
      return { name: key, shape, dtype: 'float32', data: [...array([value].flat(1)).data] };
    });
    const bytes = writeSafetensors(
      new Map(
        original.map(({ name: key, shape, data }) => [key, { dtype: 'f32', shape, data: Float32Array.from(data) }]),
      ),
    );
    const { tensors, config } = roundTrip(bytes, { ...vector(name), framework });
    expect(contents(tensors)).toEqual(original);
    expect(config.framework).toBe(framework);
  });
});

describe('models of Rheo', () => {
  const names = (model: Layer, features = 3): string[] =>
    exportTorch(model, initialise(model, { features, seed: 1 }), { features }).tensors.map(({ name }) => name);
  const configOf = (model: Layer): ImportConfig =>
    exportTorch(model, initialise(model, { features: 3, seed: 1 }), { features: 3 }).config;

  test('dropout in the backbone moves the names of its later layers', () => {
    const model = (backboneDropout: number): Layer =>
      cfc({ units: 2, backboneUnits: 4, backboneLayers: 4, backboneDropout });
    const weights = (dropout: number): string[] =>
      names(model(dropout)).filter((name) => /backbone.*weight/.test(name));
    expect(weights(0)).toEqual([0, 2, 4, 6].map((at) => `rnn_cell.backbone.${at}.weight`));
    expect(weights(0.1)).toEqual([0, 2, 5, 8].map((at) => `rnn_cell.backbone.${at}.weight`));
  });

  test('a bare cell and a chain within a chain are the same as a chain', () => {
    const cell = cfc({ units: 2, backboneLayers: 0 });
    const flat = names(sequential([cell, linear(1)]));
    expect(flat.slice(-2)).toEqual(['fc.weight', 'fc.bias']);
    expect(names(cell)).toEqual(flat.slice(0, -2));
    expect(names(sequential([sequential([cell]), linear(1)]))).toEqual(flat);
  });

  test('the variant of the authors is theirs where their class can be it, else that of ncps, which computes the same', () => {
    const cell = cfc({
      units: 2,
      variant: 'official-torch',
      backboneDropout: 0.5,
      mode: 'pure',
      backboneActivation: 'gelu',
    });
    expect(configOf(sequential([cell, linear(1)]))).toMatchObject({
      framework: 'official.torch',
      args: { in_features: 3, hidden_size: 2, out_feature: 1 },
      hparams: { backbone_activation: 'gelu', backbone_layers: 1, backbone_dr: 0.5, minimal: true },
    });
    expect(configOf(cell)).toMatchObject({ framework: 'ncps.torch', class: 'CfC', args: { mode: 'pure' } });
  });

  test('a Keras variant whose formulas are those of PyTorch', () => {
    expect(configOf(cfc({ units: 2, variant: 'ncps-keras', mode: 'pure' }))).toMatchObject({ args: { mode: 'pure' } });
    expect(configOf(ltc({ units: 2, variant: 'ncps-keras' }))).toMatchObject({
      args: { implicit_param_constraints: false },
    });
  });

  test('wirings: the class of ncps that makes them, else matrices and layers', () => {
    const circuit = { interNeurons: 3, commandNeurons: 2, motorNeurons: 1, sensoryFanout: 2, interFanout: 1 };
    const wiring = ncp({ ...circuit, recurrentCommandSynapses: 2, motorFanin: 1 });
    expect(configOf(ltc({ wiring })).wiring).toMatchObject({ class: 'NCP', args: { motor_fanin: 1, seed: 22222 } });
    const own = layeredWiring({
      layers: [
        { name: 'a', units: 2 },
        { name: 'b', units: 1 },
      ],
    });
    for (const cell of [ltc({ wiring: own }), cfc({ wiring: own, variant: 'ncps-torch' })]) {
      const parameters = initialise(cell, { features: 3, seed: 1 });
      const { bytes, config } = exportTorch(cell, parameters, { features: 3 });
      expect(config.wiring).toMatchObject({ kind: 'layered', output_dim: 1 });
      expect(Object(config.wiring).sensory_adjacency_matrix).toHaveLength(3);
      const again = importNcps({ name: 'x', bytes }, config);
      expect(again.report.notes).toEqual([]);
      expect(layers.describe(again.model)).toEqual(layers.describe(sequential([cell])));
    }
    const seeded = fullyConnected(2, { seed: '36893488147419103232' });
    expect(configOf(ltc({ wiring: seeded })).wiring).toMatchObject({ kind: 'fully-connected', output_dim: 2 });
  });

  test('entries are stored at multiples of 64 bytes, and equal models give equal files', () => {
    const model = cfc({ units: 3, backboneUnits: 5 });
    const parameters = initialise(model, { features: 2, seed: 1 });
    const { bytes, tensors } = exportTorch(model, parameters, { features: 2 });
    expect(readZip(bytes).map(({ name }) => name)).toEqual([
      'archive/data.pkl',
      'archive/byteorder',
      ...tensors.map((_, index) => `archive/data/${index}`),
      'archive/version',
    ]);
    expect(exportTorch(model, parameters, { features: 2 }).bytes).toEqual(bytes);
    const [bias] = flattenTree(parameters).leaves.filter(({ data }) => data.length === 5);
    const needle = Buffer.from(bias?.data.slice().buffer ?? new ArrayBuffer(0));
    expect(Buffer.from(bytes).indexOf(needle) % 64).toBe(0);
  });
});

describe('models that the originals cannot be', () => {
  const refusal = (model: Layer, parameters?: Tree<Parameter>): RheoError => {
    try {
      exportTorch(model, parameters ?? initialise(model, { features: 3, seed: 1 }), { features: 3 });
    } catch (error) {
      if (isRheoError(error)) return error;
      throw error;
    }
    throw new Error('the model was exported');
  };
  const cell = cfc({ units: 4 });
  const narrow = fullyConnected(4, { outputs: 2 });

  test.each<[string, Layer, string]>([
    ['a baseline', sequential([layers.gru({ units: 4 }), linear(1)]), 'layer model/0/gru'],
    ['an LSTM', layers.lstm({ units: 4 }), 'layer model/lstm'],
    ['dropout', sequential([cell, layers.dropout(0.1), linear(1)]), 'layer model/1/dropout'],
    ['forward fill', sequential([layers.forwardFill(), cell]), 'layer model/0/forward-fill'],
    ['two directions', layers.bidirectional(cell), 'layer model/bidirectional'],
    ['two recurrent layers', sequential([cell, ltc({ units: 2 })]), 'layer model/1/ltc'],
    ['two linear layers', sequential([cell, linear(2), sequential([linear(1)])]), 'layer model/2/0/linear'],
    ['a linear layer in front', sequential([linear(2), cell]), 'layer model/0/linear'],
    ['a linear layer behind an LTC', sequential([ltc({ units: 4 }), linear(1)]), 'layer model/1/linear'],
    ['linear heads', sequential([cfc({ units: 4, variant: 'ncps-keras' })]), 'headActivation is "linear"'],
    ['heads of tf_cfc.py', cfc({ units: 4, variant: 'official-tf' }), 'headActivation is "lecun_tanh"'],
    ['the other sign of the gate', cfc({ units: 4, gateSign: '-' }), 'gateSign is "-"'],
    ['memory before the input', cfc({ units: 4, mixedMemory: 'before-input' }), 'mixedMemory is "before-input"'],
    ['memory of an LTC before the input', ltc({ units: 4, mixedMemory: 'before-input' }), 'mixedMemory is'],
    ['another forget bias', cfc({ units: 4, mixedMemory: true, forgetBias: 2 }), 'forgetBias is 2'],
    ['no time by default', cfc({ units: 4, mixedMemory: true, memoryElapsed: 0 }), 'memoryElapsed is 0'],
    ['backwards', cfc({ units: 4, goBackwards: true }), 'goBackwards is true'],
    [
      'dropout elsewhere',
      cfc({ units: 4, backboneDropout: 0.1, dropoutPlacement: 'after_every' }),
      'dropoutPlacement is',
    ],
    ['an activation', cfc({ units: 4, backboneActivation: 'softplus' }), 'backboneActivation is "softplus"'],
    ['fewer outputs', cfc({ wiring: narrow }), 'ncps.torch returns all'],
    [
      'a projection of fewer outputs',
      sequential([cfc({ wiring: narrow, variant: 'ncps-torch' }), linear(1)]),
      'ncps.torch fails',
    ],
    ['signed masks', cfc({ wiring: autoNcp(8, 2), maskSign: 'signed' }), 'maskSign is "signed"'],
    ['another solver', ltc({ units: 4, solver: 'rk4' }), 'solver is "rk4"'],
    ['a shift of time', ltc({ units: 4, variant: 'official-tf' }), 'elapsedOffset is 0.001'],
    [
      'an LTC of the authors without a linear layer',
      ltc({ units: 4, variant: 'official-torch' }),
      'Put linear(n) behind it',
    ],
    [
      'an LTC of the authors with a wiring',
      sequential([ltc({ wiring: autoNcp(8, 2), variant: 'official-torch' }), linear(1)]),
      'which has no wirings',
    ],
    [
      'other unfolds than those of the authors',
      sequential([ltc({ units: 4, variant: 'official-torch', odeUnfolds: 3 }), linear(1)]),
      'odeUnfolds is 3',
    ],
  ])('%s', (_, model, text) => {
    const { code, message } = refusal(model);
    expect(code).toBe('capability');
    expect(message).toContain(text);
    expect(message).toContain('export it as ONNX or C');
  });

  // The models that a class of the originals computes; all others are refused.
  const expressible = [
    ...['default', 'no_gate', 'pure'].flatMap((mode) =>
      ['ncps-torch', 'official-torch'].map((v) => `cfc ${v} ${mode}`),
    ),
    'cfc ncps-keras pure',
    'cfc official-tf pure',
    'cfc, memory before the state',
    'cfc, no backbone',
    'cfc, last output',
    'wired cfc ncps-torch',
    'wired cfc official-torch',
    'wired cfc, mixed memory',
    'ltc ncps-torch',
    'ltc ncps-keras',
    'ltc, wired, dense',
    'ltc, wired, edges',
    'ltc, memory before the state',
  ];

  test.each(Object.entries({ ...models, ...observing, ...sequencesOnly }))('%s: exported or refused', (name, model) => {
    const parameters = initialise(model, { features: 3, seed: 1 });
    if (!expressible.includes(name)) return expect(refusal(model, parameters).code).toBe('capability');
    const { bytes, config } = exportTorch(model, parameters, { features: 3 });
    const again = importNcps({ name: 'x', bytes }, config);
    expect(flattenTree(again.parameters).leaves.map(({ data }) => data)).toEqual(
      flattenTree(parameters).leaves.map(({ data }) => data),
    );
  });

  test('parameters of another model', () => {
    expect(refusal(cell, initialise(cfc({ units: 5 }), { features: 3, seed: 1 })).code).toBe('shape');
  });
});
