/**
 * Checkpoints that the Python originals wrote, and their outputs: every kind of file, with the configuration of its owner.
 */

import { flattenTree } from '@rheo/core';
import { readZip, writeSafetensors } from '@rheo/data';
import { fromCheckpoint, toCheckpoint } from '@rheo/train';
import { describe, expect, test } from 'vitest';
import { importNcps } from '../src/index.ts';
import { array, difference, fixture, sidecar, vector } from './fixture.ts';
import type { Hdf5Tree } from './hdf5-writer.ts';
import { writeHdf5 } from './hdf5-writer.ts';

const files = [
  ['torch_cfc_default', '.pt', 'pytorch'],
  ['torch_cfc_mixed', '.safetensors', 'safetensors'],
  ['torch_ltc_autoncp', '.pt', 'pytorch'],
  ['keras_ltc_autoncp', '.keras', 'keras'],
] as const;

describe('files of the originals', () => {
  test.each(files)('%s%s reproduces its outputs', async (name, ending, format) => {
    const side = sidecar(name);
    const imported = importNcps({ name: `${name}${ending}`, bytes: fixture(`${name}${ending}`) }, side);
    expect(imported.report).toMatchObject({ format, features: 5, notes: [] });
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('.weights.h5 is what lies in .keras', async () => {
    const side = sidecar('keras_ltc_autoncp');
    const inner = readZip(fixture('keras_ltc_autoncp.keras')).find(({ name }) => name.endsWith('.h5'));
    const imported = importNcps({ name: 'x.weights.h5', bytes: inner?.data ?? new Uint8Array() }, side);
    expect(imported.report.format).toBe('keras-weights');
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('.keras needs no configuration', async () => {
    const imported = importNcps({ name: 'x.keras', bytes: fixture('keras_ltc_autoncp.keras') });
    expect(await difference(imported, sidecar('keras_ltc_autoncp'))).toBeLessThan(1e-5);
  });

  test('an imported model becomes a checkpoint of Rheo and comes back', () => {
    const imported = importNcps({ name: 'x', bytes: fixture('torch_ltc_autoncp.pt') }, sidecar('torch_ltc_autoncp'));
    const back = fromCheckpoint(toCheckpoint(imported));
    expect(back.parameters).toEqual(imported.parameters);
    expect(back.model.config).toEqual(imported.model.config);
  });

  test('masks in the file win over a wiring of another seed, and need none', async () => {
    const side = sidecar('torch_ltc_autoncp');
    const bytes = fixture('torch_ltc_autoncp.pt');
    const other = { class: 'AutoNCP', args: { units: 19, output_size: 4, seed: 8 } };
    const imported = importNcps({ name: 'x', bytes }, { ...side, wiring: other });
    expect(imported.report.notes).toHaveLength(1);
    expect(await difference(imported, side)).toBeLessThan(1e-5);
    const { wiring: _, ...without } = side;
    expect(await difference(importNcps({ name: 'x', bytes }, without), side)).toBeLessThan(1e-5);
  });
});

describe('vectors as state dictionaries', () => {
  const bytesOf = (name: string, prefix = ''): Uint8Array =>
    writeSafetensors(
      new Map(
        Object.entries(vector(name).state_dict).map(([key, value]) => [
          `${prefix}${key}`,
          { dtype: 'f32', ...array([value].flat(1)), shape: array(value).shape },
        ]),
      ),
    );

  test.each([
    'cfc_pure_bb1_gelu',
    'cfc_no_gate_bb2_silu',
    'cfc_wired_fc_out_quirk',
    'cfc_proj_last',
    'ltc_last',
    'ltc_map_none_linear',
  ])('%s of ncps.torch', async (name) => {
    const side = { ...vector(name), framework: 'ncps.torch' };
    expect(await difference(importNcps({ name, bytes: bytesOf(name) }, side), side)).toBeLessThan(1e-5);
  });

  test.each(['official_default', 'official_ltc'])('%s of the authors’ torch_cfc.py', async (name) => {
    const side = { ...vector(name), framework: 'official.torch' };
    const imported = importNcps({ name, bytes: bytesOf(name) }, side);
    expect(imported.report.family).toBe('official-torch');
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('a wired CfC without its wiring: layers and synapses come from the masks', async () => {
    const { wiring: _, ...side } = { ...vector('cfc_wired_fc_out_quirk'), framework: 'ncps.torch' };
    const imported = importNcps({ name: 'x', bytes: bytesOf('cfc_wired_fc_out_quirk') }, side);
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('an LTC whose synapses all exist gets the short description of its wiring', async () => {
    const side = { ...vector('ltc_last'), framework: 'ncps.torch' };
    const { wiring: _, ...without } = side;
    const { leaves } = flattenTree(importNcps({ name: 'x', bytes: bytesOf('ltc_last') }, side).parameters);
    const imported = importNcps({ name: 'x', bytes: bytesOf('ltc_last') }, without);
    expect(flattenTree(imported.parameters).leaves).toEqual(leaves);
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('a part of a larger model is found by its prefix', async () => {
    const side = { ...vector('cfc_pure_bb1_gelu'), framework: 'ncps.torch' };
    const imported = importNcps({ name: 'x', bytes: bytesOf('cfc_pure_bb1_gelu', 'model.rnn.') }, side);
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });
});

describe('Keras layouts', () => {
  const weights = (name: string): Map<string, { shape: number[]; data: Float32Array }> =>
    new Map(vector(name).weights.map(({ name: key, value }) => [key, array(value)]));
  const group = (found: ReturnType<typeof weights>, names: readonly string[]): Hdf5Tree => ({
    vars: Object.fromEntries(
      names.flatMap((name, at) => (found.has(name) ? [[String(at), found.get(name) as never]] : [])),
    ),
  });
  const cellOf = (found: ReturnType<typeof weights>): Hdf5Tree => ({
    ...group(found, ['ff1_weight', 'ff1_bias', ...(found.has('A') ? ['w_tau', 'A'] : ['ff2_weight', 'ff2_bias'])]),
    ...(found.has('time_a/kernel')
      ? {
          time_a: group(found, ['time_a/kernel', 'time_a/bias']),
          time_b: group(found, ['time_b/kernel', 'time_b/bias']),
        }
      : {}),
    ...(found.has('backbone0/kernel')
      ? { backbone_fn: { layers: { dense: group(found, ['backbone0/kernel', 'backbone0/bias']) } } }
      : {}),
  });

  test('mixed memory stands before the input', async () => {
    const found = weights('keras_cfc_mixed');
    const cell = { ...group(found, ['input_kernel', 'recurrent_kernel', 'bias']), rnn_cell: cellOf(found) };
    const side = { ...vector('keras_cfc_mixed'), framework: 'ncps.keras' };
    const imported = importNcps({ name: 'x', bytes: writeHdf5({ layers: { cf_c: { cell } } }) }, side);
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('the pure mode has no gate in time', async () => {
    const side = { ...vector('keras_cfc_pure_bb0'), framework: 'ncps.keras' };
    const bytes = writeHdf5({ layers: { cf_c: { cell: cellOf(weights('keras_cfc_pure_bb0')) } } });
    expect(await difference(importNcps({ name: 'x', bytes }, side), side)).toBeLessThan(1e-5);
  });

  test('the older form names its weights', async () => {
    const tree: Record<string, Record<string, unknown>> = {};
    for (const [path, value] of weights('keras_cfc_mixed')) {
      const parts = path.split('/');
      const part = parts.length === 1 ? tree : (tree[parts[0] ?? ''] ?? {});
      part[`${parts.at(-1)}:0`] = value as never;
      if (parts.length > 1) tree[parts[0] ?? ''] = part;
    }
    const side = { ...vector('keras_cfc_mixed'), framework: 'ncps.tf' };
    const imported = importNcps({ name: 'x.h5', bytes: writeHdf5({ cf_c: { cf_c: tree as never } }) }, side);
    expect(imported.report.family).toBe('ncps-tf');
    expect(await difference(imported, side)).toBeLessThan(1e-5);
  });

  test('the authors’ tf_cfc.py has heads without names: they follow the backbone', () => {
    const of = (rows: number, columns: number, value: number): Hdf5Tree => ({
      'kernel:0': { shape: [rows, columns], data: new Float32Array(rows * columns).fill(value) },
      'bias:0': { shape: [columns], data: new Float32Array(columns) },
    });
    const cell = {
      dense: of(5, 4, 1),
      dense_1: of(4, 2, 2),
      dense_2: of(4, 2, 3),
      dense_3: of(4, 2, 4),
      dense_4: of(4, 2, 5),
    };
    const config = { framework: 'official.tf', hparams: { backbone_activation: 'lecun' } };
    const imported = importNcps({ name: 'x.h5', bytes: writeHdf5({ rnn: { rnn: { cfc_cell: cell } } }) }, config);
    const { paths, leaves } = flattenTree(imported.parameters);
    const first = (path: string): number | undefined => leaves[paths.indexOf(path)]?.data[0];
    expect(imported.features).toBe(3);
    expect(['backbone/0', 'ff1', 'ff2', 'time_a', 'time_b'].map((part) => first(`0/${part}/kernel`))).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});
