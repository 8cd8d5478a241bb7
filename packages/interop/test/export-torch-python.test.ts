/**
 * Exported files before PyTorch itself: its own reader, the strict one, finds the tensors of the original's files, and of
 * models of Rheo the numbers that NumPy finds in their parameters.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { flattenTree, unflattenTree } from '@rheo/core';
import { writeNpy } from '@rheo/data';
import type { Layer } from '@rheo/layers';
import { cfc, initialise, linear, ltc, sequential } from '@rheo/layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTorch, importNcps } from '../src/index.ts';
import { findPython } from './find-python.ts';
import { fixture, sidecar } from './fixture.ts';

const python = await findPython('torch, numpy');
const script = fileURLToPath(new URL('../../../tooling/torch/check-state-dicts.py', import.meta.url));
const run = promisify(execFile);
const features = 3;

/** Names of PyTorch in the order of its files, with the paths of Rheo. */
const written: readonly (readonly [string, Layer, readonly (readonly [name: string, path: string])[]])[] = [
  [
    'cfc',
    sequential([cfc({ units: 4, backboneUnits: 5, backboneLayers: 2, mixedMemory: true }), linear(2)]),
    [
      ...['backbone.0', 'backbone.2', 'ff1', 'ff2', 'time_a', 'time_b'].flatMap((part): [string, string][] => {
        const path = `0/${part.replace('backbone.2', 'backbone/1').replace('.', '/')}`;
        return [
          [`rnn_cell.${part}.weight`, `${path}/kernel`],
          [`rnn_cell.${part}.bias`, `${path}/bias`],
        ];
      }),
      ['lstm.input_map.weight', '0/lstm/input/kernel'],
      ['lstm.input_map.bias', '0/lstm/input/bias'],
      ['lstm.recurrent_map.weight', '0/lstm/recurrent/kernel'],
      ['fc.weight', '1/kernel'],
      ['fc.bias', '1/bias'],
    ],
  ],
  [
    'official-ltc',
    sequential([ltc({ units: 4, variant: 'official-torch' }), linear(2)]),
    [
      ...['gleak', 'vleak', 'cm', 'sigma', 'mu', 'w', 'erev'].map((name): [string, string] => [name, name]),
      ...['sigma', 'mu', 'w', 'erev'].map((name): [string, string] => [`sensory_${name}`, `sensory_${name}`]),
      ...['input_w', 'input_b'].map((name): [string, string] => [name, name]),
    ]
      .map(([name, path]): [string, string] => [`rnn_cell.${name}`, `0/${path}`])
      .concat([
        ['fc.weight', '1/kernel'],
        ['fc.bias', '1/bias'],
      ]),
  ],
];

const originals = ['torch_cfc_default', 'torch_cfc_autoncp', 'torch_ltc_autoncp'];

describe.skipIf(python === undefined)(
  python === undefined ? 'PyTorch (no Python with torch and numpy; RHEO_PYTHON names one)' : `PyTorch of ${python}`,
  () => {
    let folder: string;
    const put = (name: string, data: Uint8Array | string): Promise<void> => writeFile(join(folder, name), data);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rheo-torch-'));
      const cases: unknown[] = [];
      for (const name of originals) {
        const bytes = fixture(`${name}.pt`);
        const { model, parameters, features } = importNcps({ name, bytes }, sidecar(name));
        await put(`${name}.original.pt`, bytes);
        await put(`${name}.pt`, exportTorch(model, parameters, { features }).bytes);
        cases.push({ file: `${name}.pt`, like: `${name}.original.pt` });
      }
      for (const [name, model, names] of written) {
        const parameters = initialise(model, { features, seed: 5 });
        await put(`${name}.pt`, exportTorch(model, parameters, { features }).bytes);
        const tensors = [];
        const { paths, leaves } = flattenTree(parameters);
        for (const [at, [tensor, path]] of names.entries()) {
          const leaf = leaves[paths.indexOf(path)];
          const shape = leaf?.type.shape as readonly number[];
          await put(`${name}.${at}.npy`, writeNpy({ dtype: 'f32', shape, data: leaf?.data ?? new Float32Array(0) }));
          tensors.push({ name: tensor, array: `${name}.${at}.npy`, transposed: path.endsWith('kernel') });
        }
        expect(tensors).toHaveLength(paths.length);
        cases.push({ file: `${name}.pt`, tensors });
      }
      await put('cases.json', JSON.stringify(cases));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('loads every file and finds every tensor equal, in order', async () => {
      const { stdout } = await run(python ?? '', [script, folder]);
      expect(stdout).toBe('5 files, 86 tensors equal\n');
    }, 120_000);

    it('tells other numbers, other keys, and another order', async () => {
      const bytes = fixture('torch_cfc_default.pt');
      const { model, parameters, features } = importNcps({ name: 'x', bytes }, sidecar('torch_cfc_default'));
      const { structure, leaves } = flattenTree(parameters);
      const changed = leaves.map((leaf, at) =>
        at === 0 ? { ...leaf, data: leaf.data.map((x, i) => (i === 0 ? -x : x)) } : leaf,
      );
      const other = join(folder, 'other');
      await mkdir(other);
      await writeFile(join(other, 'original.pt'), bytes);
      const file = exportTorch(model, unflattenTree(structure, changed), { features });
      await writeFile(join(other, 'changed.pt'), file.bytes);
      await writeFile(join(other, 'zero.npy'), writeNpy({ dtype: 'f32', shape: [1], data: Float32Array.of(0) }));
      const reversed = file.tensors.toReversed().map(({ name }) => ({ name, array: 'zero.npy', transposed: false }));
      const cases = [
        { file: 'changed.pt', like: 'original.pt' },
        { file: 'changed.pt', tensors: reversed },
      ];
      await writeFile(join(other, 'cases.json'), JSON.stringify(cases));
      const stderr = await run(python ?? '', [script, other]).then(
        () => 'it passed',
        (error: unknown) => String(Object(error).stderr),
      );
      expect(stderr).toMatch(/^changed\.pt: rnn_cell\.\S+ has other numbers\nchanged\.pt: its keys are/);
    }, 120_000);
  },
);
